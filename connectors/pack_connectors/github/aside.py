"""Commits beside the branch, as branches below `pack/`: a person sees and compares them there.

How one is moved is said in `branches`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from pack.errors import NotFound, StaleBase
from pack.model import ABSENT, BlobId, Change, CommitId, Identity, Put
from pack_connectors.github.branches import GithubBranches
from pack_connectors.github.commit.draft import CommitDraft
from pack_connectors.github.commit.git_data import GitDataWriter
from pack_connectors.github.repository import CommitRecord, GithubRepository
from pack_connectors.github.snapshots import GithubSnapshots
from pack_connectors.github.trees import EMPTY, Tree

_BRANCHES: Final = "pack/"


class GithubSideRefs:
    """The refs beside the branch of one repository."""

    def __init__(
        self, repository: GithubRepository, snapshots: GithubSnapshots, writer: GitDataWriter
    ) -> None:
        self._repository = repository
        self._branches = GithubBranches(repository)
        self._snapshots = snapshots
        self._writer = writer

    def list(self, folder: str) -> dict[str, CommitId]:
        """See `Connector.side_refs`."""
        prefix = f"{_BRANCHES}{folder}/"
        found = self._branches.matching(prefix)
        return {name.removeprefix(prefix): commit for name, commit in found.items()}

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
        self._branches.swap(_BRANCHES + ref, made.id, expected)
        return made.id

    def move(self, ref: str, new_ref: str | None, expected: CommitId) -> None:
        """See `Connector.move_aside`; for a moment both names exist, never neither.

        Where an earlier attempt got no further than that, this one goes on from there.
        """
        name = _BRANCHES + ref
        if new_ref is not None:
            if (actual := self._branches.at(name)) != expected:
                raise StaleBase(expected, actual)
            self._branches.swap(_BRANCHES + new_ref, expected, None)
        self._branches.delete(name, expected)

    def _record(self, base: CommitId) -> CommitRecord:
        answer, rows = self._repository.commits(start=base, count=1)
        if answer.status != 200 or not rows:
            raise NotFound(f"commit {base}")
        return rows[0]


def _fitting(changes: Sequence[Change], tree: Tree) -> list[Change]:
    """The changes that make a difference to a tree, each expecting what is there."""
    held = {change.path: tree.file(change.path) for change in changes}
    return [
        replace(change, expect=BlobId(item.sha) if (item := held[change.path]) else ABSENT)
        for change in changes
        if isinstance(change, Put) or held[change.path] is not None
    ]
