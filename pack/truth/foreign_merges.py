"""Merges that a machine made with git: what they did beside joining two sides.

A merge that PACK makes keeps what both sides have, and a person may settle a conflict as they like.
An agent that merges with git can drop or change anything, so a version of a file that its merge
chose or made is compared with what both sides have together.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from pack.connector import Connector
from pack.history.origins import written_by
from pack.log import ChangeKind, CommitFacts, FileChange
from pack.merge.two_sides import PERSON
from pack.model import BlobId, CommitId, MemoryPath


def is_foreign_merge(commit: CommitFacts) -> bool:
    """Whether a machine made a merge, and not with PACK."""
    if len(commit.parents) <= 1:
        return False
    writer = written_by(commit)
    return not writer.is_ours and writer.level > PERSON


class ForeignMerges:
    """Looks at the merges among the commits that came.

    Args:
        connector: Has them.
        base: A commit that all of them lead back to.
        commits: They, the newest first.
    """

    def __init__(
        self, connector: Connector, base: CommitId, commits: Sequence[CommitFacts]
    ) -> None:
        self._connector = connector
        self._base = base
        self._parents = {one.id: one.parents for one in commits}

    def fork(self, merge: CommitFacts, path: MemoryPath) -> BlobId | None:
        """What a file was before the two sides of a merge went apart."""
        return self._at(path, self._common(*merge.parents[:2]))

    def changes(self, merge: CommitFacts, paths: Collection[MemoryPath]) -> Iterator[FileChange]:
        """What a merge did to files: the log has none of which it took one side's version.

        Args:
            merge: With its files.
            paths: The files that a commit before it changed.
        """
        told = {file.path: file for file in merge.files or ()}
        yield from told.values()
        for path in sorted(set(paths) - told.keys()):
            made = self._at(path, merge.id)
            sides = tuple(self._at(path, parent) for parent in merge.parents)
            changed = set(sides) - {self.fork(merge, path)}
            if len(changed) > 1 or made not in (changed or sides):  # else, it took what is new
                kind = ChangeKind.DELETED if made is None else ChangeKind.EDITED
                yield FileChange(path, kind, None, made, sides)

    def _at(self, path: MemoryPath, commit: CommitId) -> BlobId | None:
        return self._connector.get_committed(path, commit)

    def _common(self, one: CommitId, other: CommitId) -> CommitId:
        """The newest commit that two lead back to."""
        both = self._leading_to(one) & self._leading_to(other)
        return next((commit for commit in self._parents if commit in both), self._base)

    def _leading_to(self, commit: CommitId) -> set[CommitId]:
        found: set[CommitId] = set()
        left = [commit]
        while left:
            one = left.pop()
            if one not in found:
                found.add(one)
                left += self._parents.get(one, ())
        return found
