"""Branches by name: where they are, and moving one that is where it is expected.

A branch is created only if it is new, and removed only if it is where it is expected. One that
exists and goes elsewhere than forward is moved by force; GitHub's REST API has no condition for
that, so it is looked at right before. Two machines that move the same one in that moment do not
both win: the later one stays.

Source: GitHub REST documentation, "Git references".
"""

from __future__ import annotations

from typing import Any, Final

from pack.errors import ConnectorError, StaleBase, Unavailable
from pack.model import CommitId
from pack_connectors.github.http import Answer, Request
from pack_connectors.github.repository import GithubRepository, is_id
from pack_connectors.system.retry import NoAnswer

_HEADS: Final = "heads/"
_ATTEMPTS: Final = 4


class GithubBranches:
    """The branches of one repository."""

    def __init__(self, repository: GithubRepository) -> None:
        self._repository = repository

    def matching(self, prefix: str) -> dict[str, CommitId]:
        """Those whose names begin so; one request, unless the server has pages of them."""
        found: dict[str, CommitId] = {}
        page, has_more = 1, True
        while has_more:
            path = self._repository.path("git", "matching-refs", _HEADS + prefix)
            query = {"page": str(page)} if page > 1 else {}
            answer, rows = self._repository.session.read_json(Request("GET", path, query))
            if answer.status in (404, 409):  # an empty repository
                return found
            if answer.status != 200 or not isinstance(rows, list):
                raise self._repository.refused(answer)
            for row in rows:
                name, commit = _ref(row)
                found[name.removeprefix(f"refs/{_HEADS}")] = commit
            has_more = 'rel="next"' in answer.headers.get("link", "")
            page += 1
        return found

    def at(self, name: str) -> CommitId | None:
        """Where a branch is; `None` if there is none."""
        answer, row = self._repository.session.read_json(Request("GET", self._path("ref", name)))
        if answer.status in (404, 409):
            return None
        if answer.status != 200:
            raise self._repository.refused(answer)
        return _ref(row)[1]

    def swap(
        self, name: str, new: CommitId, expected: CommitId | None, *, is_forward: bool = False
    ) -> None:
        """Have a branch be a commit.

        Args:
            name: Of the branch.
            new: Where it goes.
            expected: Where it is; `None` for nowhere.
            is_forward: Whether `new` descends from `expected`, so that no force is needed.

        Raises:
            StaleBase: It is elsewhere.
            RefusedForSafety: A rule of the repository forbids it.
            ConnectorError: GitHub refuses or cannot be reached.
        """
        if expected is None:
            body: dict[str, Any] = {"ref": f"refs/{_HEADS}{name}", "sha": new}
            request = Request("POST", self._repository.path("git", "refs"), body=body)
            self._send(request, 201, name, None, new)
            return
        if (actual := self.at(name)) != expected:
            raise StaleBase(expected, actual)
        body = {"sha": new, "force": not is_forward}
        self._send(Request("PATCH", self._path("refs", name), body=body), 200, name, expected, new)

    def delete(self, name: str, expected: CommitId) -> None:
        """Remove a branch.

        Raises:
            As `swap`.
        """
        if (actual := self.at(name)) != expected:
            raise StaleBase(expected, actual)
        self._send(Request("DELETE", self._path("refs", name)), 204, name, expected, None)

    def _send(
        self,
        request: Request,
        status: int,
        name: str,
        expected: CommitId | None,
        wanted: CommitId | None,
    ) -> None:
        """Send what moves a branch, again where no answer comes and nothing has happened."""
        may_be_done = wanted is not None  # one that is gone may be somebody else's work
        for _ in self._repository.session.retry.attempts(_ATTEMPTS):
            try:
                answer = self._repository.session.write(request)
            except NoAnswer:
                may_be_done = True
                if self.at(name) == wanted:
                    return
                continue
            if answer.status != status:
                self._refuse(answer, name, expected, wanted if may_be_done else expected)
            return
        raise Unavailable("GitHub cannot be written to: no answer came, and nothing was written")

    def _refuse(
        self, answer: Answer, name: str, expected: CommitId | None, done: CommitId | None
    ) -> None:
        """Raise what a refusal means, unless the branch is where it was to be."""
        actual = self.at(name) if answer.status in (409, 422) else expected
        if actual == expected and b"Reference update failed" in answer.body:
            above = name.partition("/")[0]
            raise ConnectorError(
                f"GitHub cannot make the branch {name}",
                f"If there is a branch `{above}`, give it another name: git has no branch below "
                "another.",
            )
        if actual == expected:
            raise self._repository.refused(answer)
        if actual != done:
            raise StaleBase(expected, actual)

    def _path(self, kind: str, name: str) -> str:
        return self._repository.path("git", kind, _HEADS + name)


def _ref(row: object) -> tuple[str, CommitId]:
    try:
        name, commit = str(row["ref"]), str(row["object"]["sha"])  # type: ignore[index]
    except (KeyError, TypeError) as error:
        raise ConnectorError("GitHub's answer makes no sense: a ref lacks a member") from error
    if not is_id(commit):
        raise ConnectorError("GitHub's answer makes no sense: an id is malformed")
    return name, CommitId(commit)
