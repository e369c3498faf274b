"""`enablePullRequestAutoMerge`: a pull request is merged as soon as the rules of its base are met.

Source: GitHub GraphQL reference; the wording of refusals is that of live answers.
"""

from __future__ import annotations

from typing import Any

from tests.standins.github_call import Call
from tests.standins.github_graphql_reads import GraphQLRefusal, Node, find_repository
from tests.standins.github_protection import required_checks
from tests.standins.github_shapes import read_node_id
from tests.standins.github_state import Permission, Repository
from tests.standins.github_tracker import Pull


def enable_auto_merge(call: Call, **arguments: Any) -> Node:
    """The field `Mutation.enablePullRequestAutoMerge`.

    Raises:
        GraphQLRefusal: The repository does not allow it, or nothing is to be waited for.
    """
    given = arguments["input"]
    repository, pull = _pull(call, given["pullRequestId"])
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
    return _payload(given, pull)


def disable_auto_merge(call: Call, **arguments: Any) -> Node:
    """The field `Mutation.disablePullRequestAutoMerge`.

    Raises:
        GraphQLRefusal: It is not enabled.
    """
    given = arguments["input"]
    _, pull = _pull(call, given["pullRequestId"])
    if pull.auto_merge is None:
        raise GraphQLRefusal("UNPROCESSABLE", "Can't disable auto-merge for this pull request.")
    pull.auto_merge = pull.auto_merge_by = None
    return _payload(given, pull)


def _pull(call: Call, node: str) -> tuple[Repository, Pull]:
    kind, full_name, number = (read_node_id(node) + [""] * 3)[:3]
    if kind != "PullRequest":
        unknown = f"Could not resolve to a node with the global id of '{node}'"
        raise GraphQLRefusal("NOT_FOUND", unknown)
    repository = find_repository(call, full_name, Permission.WRITE)
    pull = repository.tracker.pulls[int(number)]
    call.state.look_at_head(repository, pull)
    return repository, pull


def _payload(given: dict[str, Any], pull: Pull) -> Node:
    shown = {"id": given["pullRequestId"], "number": pull.issue.number}
    return {"clientMutationId": given.get("clientMutationId"), "pullRequest": shown}


def _unprocessable(reason: str) -> GraphQLRefusal:
    return GraphQLRefusal("UNPROCESSABLE", f"Pull request {reason}")
