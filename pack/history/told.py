"""Which of the files that commits changed are memory, so that history tells of them.

Those are the files that a reader could ask for now, and those that once were: what `.pack.yaml`
leaves out, what git ignores and what a filter manages is never told, however old the commit. Nor
are the listings that PACK generates; they follow from the other files.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from pack.catalog.scope import scope_of
from pack.core.core import Core
from pack.errors import PackError
from pack.files.note import Note
from pack.history.line_counts import read_stored
from pack.history.selection import Shown, told_parts
from pack.index.format import is_generated, may_be_generated
from pack.log import CommitFacts, FileChange
from pack.model import BlobId, MemoryPath

_Version = tuple[MemoryPath, BlobId | None]


class _Generated(NamedTuple):
    """A version of a file; the key of whether PACK generated it."""

    path: MemoryPath
    blob: BlobId


class Told:
    """The rule for one answer. It sees the rules of the moment at which it was made."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._connector = core.connector
        self.holds = Shown(core).holds
        self._scope = scope_of(core.connector)

    def changes(self, commit: CommitFacts, *, everything: bool = False) -> tuple[FileChange, ...]:
        """What a commit did to memory files.

        Args:
            commit: The commit, with its files.
            everything: Whether all other files that may be told count too, such as the index.
        """
        holds = self._may_be_told if everything else self.holds
        found = (part for change in commit.files or () for part in told_parts(change, holds))
        if everything:
            return tuple(found)
        generated = self._generated(
            (one.path, one.sha or one.old_sha) for one in commit.files or ()
        )
        return tuple(one for one in found if (one.path, one.sha or one.old_sha) not in generated)

    def look_ahead(self, commits: Iterable[CommitFacts]) -> None:
        """Read at once what `changes` would read commit by commit."""
        changes = (one for commit in commits for one in commit.files or ())
        self._generated((one.path, one.sha or one.old_sha) for one in changes)

    def _may_be_told(self, path: MemoryPath) -> bool:
        if self.holds(path):
            return True
        try:
            if "/" in path:
                self._scope.refuse_left_out(path)
            self._scope.refuse_reading(path)
            return self._connector.exclusion(path) is None
        except PackError:  # a path that no reader could ask for
            return False

    def notes(
        self, found: Iterable[tuple[MemoryPath, BlobId | None]]
    ) -> dict[MemoryPath, BlobId | None]:
        """Of files and their blobs, those that are memory and not generated."""
        ours = [(path, blob) for path, blob in found if self.holds(path)]
        generated = self._generated(ours)
        return {path: blob for path, blob in ours if (path, blob) not in generated}

    def _generated(self, found: Iterable[_Version]) -> frozenset[_Version]:
        """Those of these versions that PACK generated; what is known of one stays true."""
        asked = [
            _Generated(path, blob)
            for path, blob in found
            if blob and may_be_generated(path) and self.holds(path)
        ]
        known = self._core.memo.each(asked, self._find_generated)
        return frozenset((one.path, one.blob) for one, is_so in known.items() if is_so)

    def _find_generated(self, asked: Sequence[_Generated]) -> dict[_Generated, bool]:
        contents = read_stored(self._connector, {one.blob for one in asked})
        return {
            one: one.blob in contents
            and is_generated(
                one.path, Note.stored(one.path, one.blob, contents[one.blob]).head.fields
            )
            for one in asked
        }
