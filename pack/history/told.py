"""Which of the files that commits changed are memory, so that history tells of them.

Those are the files that a reader could ask for now, and those that once were: what `.pack.yaml`
leaves out, what git ignores and what a filter manages is never told, however old the commit. Nor
are the listings that PACK generates; they follow from the other files.
"""

from __future__ import annotations

from collections.abc import Iterable

from pack.core.core import Core
from pack.errors import NotFound
from pack.files.note import Note
from pack.history.selection import Shown
from pack.index.format import is_generated, may_be_generated
from pack.log import CommitFacts, FileChange
from pack.model import BlobId, MemoryPath


class Told:
    """The rule for one answer. It sees the rules of the moment at which it was made."""

    def __init__(self, core: Core) -> None:
        self._connector = core.connector
        self.holds = Shown(core).holds
        self._holds_any = Shown(core, with_index=True).holds

    def changes(
        self, commit: CommitFacts, *, with_generated: bool = False
    ) -> tuple[FileChange, ...]:
        """What a commit did to memory files.

        Args:
            commit: The commit, with its files.
            with_generated: Whether those that PACK generates count too.
        """
        found = commit.files or ()
        if with_generated:
            return tuple(change for change in found if self._holds_any(change.path))
        return tuple(
            change
            for change in found
            if self.holds(change.path)
            and not self._is_generated(change.path, change.sha or change.old_sha)
        )

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
