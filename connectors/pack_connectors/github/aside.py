"""Commits beside the branch, as branches below `pack/`: a person sees and compares them there.

A ref is created only if it is new, and removed only if it is where it is expected. One that exists
is moved by force, since it goes back to another parent; GitHub's REST API has no condition for
that, so it is looked at right before. Two machines that move the same one in that moment do not
both win: the later one stays.

Source: GitHub REST documentation, "Git references".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from pack.errors import ConnectorError, NotFound, StaleBase, Unavailable
from pack.model import ABSENT, BlobId, Change, CommitId, Identity, Put
from pack_connectors.github.commit.draft import CommitDraft
from pack_connectors.github.commit.git_data import GitDataWriter
from pack_connectors.github.http import Answer, Request
from pack_connectors.github.repository import CommitRecord, GithubRepository, is_id
from pack_connectors.github.snapshots import GithubSnapshots
from pack_connectors.github.trees import EMPTY, Tree
from pack_connectors.system.retry import NoAnswer

_BRANCHES: Final = "heads/pack/"
_ATTEMPTS: Final = 4
_IN_THE_WAY: Final = (
    "If there is a branch `pack`, give it another name: git has no branch below another."
)


class GithubSideRefs:
    """The refs beside the branch of one repository."""

    def __init__(
        self, repository: GithubRepository, snapshots: GithubSnapshots, writer: GitDataWriter
    ) -> None:
        self._repository = repository
        self._snapshots = snapshots
        self._writer = writer

    def list(self, folder: str) -> dict[str, CommitId]:
        """See `Connector.side_refs`; one request for each page of them."""
        found: dict[str, CommitId] = {}
        prefix, page, has_more = f"{_BRANCHES}{folder}/", 1, True
        while has_more:
            path = self._repository.path("git", "matching-refs", prefix)
            query = {"page": str(page)} if page > 1 else {}
            answer, rows = self._repository.session.read_json(Request("GET", path, query))
            if answer.status in (404, 409):  # an empty repository
                return found
            if answer.status != 200 or not isinstance(rows, list):
                raise self._repository.refused(answer)
            for row in rows:
                name, commit = _ref(row)
                found[name.removeprefix(f"refs/{prefix}")] = commit
            has_more = 'rel="next"' in answer.headers.get("link", "")
            page += 1
        return found

    def commit(
        self,
        ref: str,
        expected: CommitId | None,
        base: CommitId | None,
        changes: Sequence[Change],
        message: str,
        author: Identity | None,
    ) -> CommitId:
        """See `Connector.commit_aside`: a tree, a commit and the ref, each a request."""
        before = self._snapshots.at(base) if base is not None else EMPTY
        wanted = _fitting(changes, before)
        before.check(wanted)
        after = before.changed(wanted)
        record = self._record(base) if base is not None else None
        draft = CommitDraft(record, wanted, message, author, before, after)
        made = self._writer.make(draft)
        self._snapshots.keep(made.id, after)
        self._swap(ref, made.id, expected)
        return made.id

    def move(self, ref: str, new_ref: str | None, expected: CommitId) -> None:
        """See `Connector.move_aside`; for a moment both names exist, never neither.

        Where an earlier attempt got no further than that, this one goes on from there.
        """
        if (actual := self._at(ref)) != expected:
            raise StaleBase(expected, actual)
        if new_ref is not None:
            self._swap(new_ref, expected, None)
        self._send(Request("DELETE", self._path("refs", ref)), 204, ref, expected, None)

    def _record(self, base: CommitId) -> CommitRecord:
        answer, rows = self._repository.commits(start=base, count=1)
        if answer.status != 200 or not rows:
            raise NotFound(f"commit {base}")
        return rows[0]

    def _swap(self, ref: str, new: CommitId, expected: CommitId | None) -> None:
        if expected is None:
            body: dict[str, Any] = {"ref": f"refs/{_BRANCHES}{ref}", "sha": new}
            request = Request("POST", self._repository.path("git", "refs"), body=body)
            self._send(request, 201, ref, None, new)
            return
        if (actual := self._at(ref)) != expected:
            raise StaleBase(expected, actual)
        body = {"sha": new, "force": True}
        self._send(Request("PATCH", self._path("refs", ref), body=body), 200, ref, expected, new)

    def _send(
        self,
        request: Request,
        status: int,
        ref: str,
        expected: CommitId | None,
        wanted: CommitId | None,
    ) -> None:
        """Send what moves a ref, again where no answer comes and nothing has happened."""
        may_be_done = wanted is not None  # a ref that is gone may be somebody else's work
        for _ in self._repository.session.retry.attempts(_ATTEMPTS):
            try:
                answer = self._repository.session.write(request)
            except NoAnswer:
                may_be_done = True
                if self._at(ref) == wanted:
                    return
                continue
            if answer.status != status:
                self._refuse(answer, ref, expected, wanted if may_be_done else expected)
            return
        raise Unavailable("GitHub cannot be written to: no answer came, and nothing was written")

    def _refuse(
        self, answer: Answer, ref: str, expected: CommitId | None, done: CommitId | None
    ) -> None:
        """Raise what a refusal means, unless the ref is where it was to be."""
        actual = self._at(ref) if answer.status in (409, 422) else expected
        if actual == expected and b"Reference update failed" in answer.body:
            raise ConnectorError(f"GitHub cannot make the branch pack/{ref}", _IN_THE_WAY)
        if actual == expected:
            raise self._repository.refused(answer)
        if actual != done:
            raise StaleBase(expected, actual)

    def _at(self, ref: str) -> CommitId | None:
        answer, row = self._repository.session.read_json(Request("GET", self._path("ref", ref)))
        if answer.status in (404, 409):
            return None
        if answer.status != 200:
            raise self._repository.refused(answer)
        return _ref(row)[1]

    def _path(self, kind: str, ref: str) -> str:
        return self._repository.path("git", kind, _BRANCHES + ref)


def _fitting(changes: Sequence[Change], tree: Tree) -> list[Change]:
    """The changes that make a difference to a tree, each expecting what is there."""
    held = {change.path: tree.file(change.path) for change in changes}
    return [
        replace(change, expect=BlobId(item.sha) if (item := held[change.path]) else ABSENT)
        for change in changes
        if isinstance(change, Put) or held[change.path] is not None
    ]


def _ref(row: object) -> tuple[str, CommitId]:
    try:
        name, commit = str(row["ref"]), str(row["object"]["sha"])  # type: ignore[index]
    except (KeyError, TypeError) as error:
        raise ConnectorError("GitHub's answer makes no sense: a ref lacks a member") from error
    if not is_id(commit):
        raise ConnectorError("GitHub's answer makes no sense: an id is malformed")
    return name, CommitId(commit)
