"""The files as they are now, and as they would be after changes that are only planned."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pack.core.core import Core
from pack.errors import RefusedForSafety
from pack.model import BlobId, Change, CommitId, MemoryPath, Put, blob_id


@dataclass(frozen=True, slots=True)
class PresentFiles:
    """What a reader sees, edits by hand included, with planned changes on top.

    Attributes:
        core: The memory.
        known: Blobs that were read before, by their ids; gets those that are read.
    """

    core: Core
    known: dict[BlobId, bytes] = field(default_factory=dict)
    _planned: dict[MemoryPath, bytes | None] = field(default_factory=dict)

    def plan(self, changes: Iterable[Change]) -> None:
        """Go on from the files as these changes would leave them."""
        for change in changes:
            self._planned[change.path] = change.content if isinstance(change, Put) else None

    def content(self, path: MemoryPath) -> bytes | None:
        """The bytes of a file; `None` if there is none.

        Raises:
            LimitExceeded: It is larger than a memory file may be.
        """
        if path in self._planned:
            return self._planned[path]
        found = self.core.reader.find(path)
        return found.content if found is not None else None

    def blob(self, path: MemoryPath) -> BlobId | None:
        """The id of those bytes, by which `read` finds them."""
        content = self.content(path)
        if content is None:
            return None
        found = blob_id(content)
        self.known[found] = content
        return found

    def read(self, blob: BlobId) -> bytes:
        """The bytes of a blob that is committed, or that `blob` has returned.

        Raises:
            NotFound: It is not stored.
        """
        if blob not in self.known:
            ((_, content),) = self.core.connector.read_blobs([blob])
            self.known[blob] = content
        return self.known[blob]

    def changed_since(self, commit: CommitId) -> Mapping[MemoryPath, BlobId | None]:
        """The files that are not as a commit has them; `None` for one that is gone."""
        connector = self.core.connector
        head = connector.head()
        found = dict(connector.changes_between(commit, head) or ()) if head else {}
        for path in connector.edits(head).keys() | self._planned.keys():
            found[path] = self.blob(path)
        return found

    def refuse_blocked(self, path: MemoryPath) -> None:
        """Do nothing, unless a folder has the path of a file, or a file that of its folder.

        Raises:
            RefusedForSafety: It does; the message names it.
        """
        if self.core.reader.list_dir(path):
            raise RefusedForSafety(f"{path} is a folder now", "Move that folder away, try again.")
        parts = path.split("/")
        for depth in range(1, len(parts)):
            above = MemoryPath("/".join(parts[:depth]))
            if self.content(above) is not None:
                raise RefusedForSafety(
                    f"{above} on the way to {path} is a file now", "Move that file away, try again."
                )
