"""Which of the files that commits changed are memory, so that history tells of them.

Those are the files that a reader could ask for now, and those that once were: what `.pack.yaml`
leaves out, what git ignores and what a filter manages is never told, however old the commit. Nor
are the listings that PACK generates; they follow from the other files.
"""

from __future__ import annotations

from collections.abc import Iterable

from pack.catalog.scope import scope_of
from pack.core.core import Core
from pack.errors import NotFound, PackError
from pack.files.note import Note
from pack.history.selection import Shown, told_parts
from pack.index.format import is_generated, may_be_generated
from pack.log import CommitFacts, FileChange
from pack.model import BlobId, MemoryPath


class Told:
    """The rule for one answer. It sees the rules of the moment at which it was made."""

    def __init__(self, core: Core) -> None:
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
        return tuple(
            change
            for change in found
            if everything or not self._is_generated(change.path, change.sha or change.old_sha)
        )

    def _may_be_told(self, path: MemoryPath) -> bool:
        if self.holds(path):
            return True
        try:
            is_out = self._scope.left_out_by(path) or self._connector.exclusion(path)
        except PackError:  # a path that no reader could ask for
            return False
        return not is_out

    def notes(
        self, found: Iterable[tuple[MemoryPath, BlobId | None]]
    ) -> dict[MemoryPath, BlobId | None]:
        """Of files and their blobs, those that are memory and not generated."""
        return {
            path: blob
            for path, blob in found
            if self.holds(path) and not self._is_generated(path, blob)
        }

    def _is_generated(self, path: MemoryPath, blob: BlobId | None) -> bool:
        if blob is None or not may_be_generated(path):
            return False
        try:
            ((_, content),) = self._connector.read_blobs([blob])
        except NotFound:
            return False
        return is_generated(path, Note.stored(path, blob, content).head.fields)
