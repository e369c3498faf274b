"""Committing by GraphQL: `createCommitOnBranch`, one request for any number of files.

GitHub compares and moves the branch (`expectedHeadOid`). What GraphQL cannot express goes by Git
Data: modes other than that of an ordinary file, and messages that are not a headline and a body.

Source: GitHub GraphQL reference, "createCommitOnBranch", "CommitMessage", "FileChanges".
"""

from __future__ import annotations

import base64
from typing import Any, Final

from pack.errors import ConnectorError
from pack.model import CommitId, Delete
from pack_connectors.github.commit.draft import CommitDraft, LookBack, stale
from pack_connectors.github.commit.method import GithubMethod
from pack_connectors.github.head import GithubHead
from pack_connectors.github.refusals import forbidden, invisible, lock, plain
from pack_connectors.github.repository import CommitRecord, GithubRepository, is_id, parse_time
from pack_connectors.github.session import graphql_errors
from pack_connectors.github.trees import FILE_MODE
from pack_connectors.system.retry import NoAnswer

_MUTATION: Final = """
mutation($input: CreateCommitOnBranchInput!) {
  createCommitOnBranch(input: $input) { commit { oid url committedDate tree { oid } } }
}
"""


class _NoGraphql(Exception):
    """The server has none."""


class GraphqlWriter:
    """Makes commits on a branch by GraphQL."""

    def __init__(
        self,
        repository: GithubRepository,
        head: GithubHead,
        method: GithubMethod,
        look_back: LookBack,
    ) -> None:
        self._repository = repository
        self._head = head
        self._method = method
        self._look_back = look_back

    def write(self, plan: CommitDraft) -> CommitRecord | None:
        """The commit that was made; `None` if the server has no GraphQL.

        Raises:
            StaleBase: The branch is not at the plan's base. Nothing was written.
            OutcomeUnknown: It may have been written, and the branch cannot be looked at.
            ConnectorError: GitHub refuses or cannot be reached. Nothing was written.
        """
        try:
            return self._look_back.send(plan.base, lambda: self._commit(plan), plan.describes)
        except _NoGraphql:
            return None

    def _commit(self, plan: CommitDraft) -> CommitRecord:
        answer, body = self._repository.session.mutate(_MUTATION, {"input": self._input(plan)})
        self._method.note(answer)
        if not self._method.has_graphql:
            raise _NoGraphql
        if answer.status != 200:
            raise self._repository.refused(answer)
        data = body.get("data")
        made = data.get("createCommitOnBranch") if isinstance(data, dict) else None
        if isinstance(made, dict) and isinstance(made.get("commit"), dict):
            return _record(made["commit"], plan)
        raise self._error(plan, body)

    def _input(self, plan: CommitDraft) -> dict[str, Any]:
        headline, _, text = plan.message.partition("\n\n")
        additions = [
            {"path": put.path, "contents": base64.b64encode(put.content).decode("ascii")}
            for put in plan.puts
        ]
        deletions = [{"path": one.path} for one in plan.changes if isinstance(one, Delete)]
        place = self._repository.place
        return {
            "branch": {
                "repositoryNameWithOwner": place.full_name,
                "branchName": self._head.branch_of(plan.base),
            },
            "expectedHeadOid": plan.base.id if plan.base else "",
            "message": {"headline": headline} | ({"body": text} if text else {}),
            "fileChanges": {"additions": additions, "deletions": deletions},
        }

    def _error(self, plan: CommitDraft, body: dict[str, Any]) -> Exception:
        """What an answer without a commit means; `NoAnswer` if it does not say."""
        name = self._repository.place.full_name
        for kind, message in graphql_errors(body):
            if kind == "STALE_DATA" or "Expected branch to point to" in message:
                return stale(plan, self._head)
            if (locked := lock(message, name)) is not None:
                return locked
            if kind in ("FORBIDDEN", "INSUFFICIENT_SCOPES"):
                return forbidden(message, name)
            if kind == "NOT_FOUND":  # the repository, or the commit or a file changed by the plan
                return invisible(name) if "to a Repository" in message else stale(plan, self._head)
            if kind in ("UNPROCESSABLE", "BAD_USER_INPUT", "VALIDATION"):
                return ConnectorError(f"GitHub refused the commit: {plain(message)}")
        return NoAnswer("it did not say whether it made the commit")


def is_expressible(plan: CommitDraft) -> bool:
    """Whether GraphQL can make exactly this commit, with its message byte for byte."""
    headline, gap, text = plan.message.partition("\n\n")
    one_line = "\n" not in headline and "\r" not in plan.message
    trimmed = headline == headline.strip() and text == text.strip() and bool(text) == bool(gap)
    modes = [item.mode for put in plan.puts if (item := plan.before.items.get(put.path))]
    return plan.base is not None and one_line and trimmed and all(m == FILE_MODE for m in modes)


def _record(commit: dict[str, Any], plan: CommitDraft) -> CommitRecord:
    try:
        oid, tree = str(commit["oid"]), str(commit["tree"]["oid"])
        at, url = parse_time(commit["committedDate"]), str(commit["url"])
    except (KeyError, TypeError, ValueError) as error:
        raise NoAnswer("it described the commit wrongly") from error
    if not (is_id(oid) and is_id(tree)):
        raise NoAnswer("it described the commit wrongly")
    parents = (plan.base.id,) if plan.base else ()
    return CommitRecord(CommitId(oid), tree, parents, plan.message, at, url)
