"""`enablePullRequestAutoMerge`: a pull request is merged as soon as the rules of its base are met.

Source: GitHub GraphQL reference; the wording of refusals is that of live answers.
"""

from __future__ import annotations

from typing import Any

from tests.standins.github_call import Call
from tests.standins.github_graphql_reads import GraphQLRefusal, Node, find_repository
from tests.standins.github_protection import required_checks
from tests.standins.github_shapes import read_node_id
from tests.standins.github_state import Permission


def enable_auto_merge(call: Call, **arguments: Any) -> Node:
    """The field `Mutation.enablePullRequestAutoMerge`.

    Raises:
        GraphQLRefusal: The repository does not allow it, or nothing is to be waited for.
    """
    given = arguments["input"]
    kind, full_name, number = (read_node_id(given["pullRequestId"]) + [""] * 3)[:3]
    if kind != "PullRequest":
        unknown = f"Could not resolve to a node with the global id of '{given['pullRequestId']}'"
        raise GraphQLRefusal("NOT_FOUND", unknown)
    repository = find_repository(call, full_name, Permission.WRITE)
    pull = repository.tracker.pulls[int(number)]
    call.state.look_at_head(repository, pull)
    method = str(given["mergeMethod"]).lower()
    if not repository.allows_auto_merge:
        raise _unprocessable("Auto merge is not allowed for this repository")
    if method not in repository.merge_methods:
        raise _unprocessable("Merge method is not allowed for this repository")
    if given.get("expectedHeadOid") not in (None, pull.head):
        raise _unprocessable("Head sha didn't match expected value")
    if pull.issue.state != "open" or not required_checks(repository, pull):
        status = "clean" if pull.issue.state == "open" else "closed"
        raise _unprocessable(f"Pull request is in {status} status")
    pull.auto_merge, pull.auto_merge_by = method, call.token.login
    shown = {"id": given["pullRequestId"], "number": int(number)}
    return {"clientMutationId": given.get("clientMutationId"), "pullRequest": shown}


def _unprocessable(reason: str) -> GraphQLRefusal:
    return GraphQLRefusal("UNPROCESSABLE", f"Pull request {reason}")
