"""What an import last brought, kept beside the branch: the base of a three-way merge.

`imports/KIND` leads to a commit whose tree has each record as it was rendered, at the path that it
was given, and the ledger. Nothing of the person's is ever in it. While an import is being read, its
files are put there in parts, on a ref of its own, so that no more than one part is held in memory;
only when the memory has them does `imports/KIND` move.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pack.connector import Connector
from pack.imports.ledger import Ledger, is_of_ledger, read_ledger, write_ledger
from pack.imports.records import ImportKind
from pack.log import LogQuery
from pack.model import (
    ABSENT,
    BlobId,
    Change,
    CommitId,
    Delete,
    EntryType,
    Identity,
    MemoryPath,
    Put,
)

BASES: Final = "imports"
_PENDING: Final = "-pending"
_KEEPER: Final = Identity("PACK imports", "imports@pack.invalid")
_PART_BYTES: Final = 16 * 1024 * 1024
_PART_FILES: Final = 2_000


class ImportBase:
    """The base of one kind of import, and what a new import adds to it.

    Args:
        connector: Where the memory is kept.
        kind: Where the records come from.
    """

    def __init__(self, connector: Connector, kind: ImportKind) -> None:
        self._connector = connector
        self._kind = kind
        self._ref = f"{BASES}/{kind}"
        self._pending_ref = f"{BASES}/{kind}{_PENDING}"
        refs = connector.side_refs(BASES)
        self._tip = refs.get(kind)
        self._abandoned = refs.get(f"{kind}{_PENDING}")
        self._pending: CommitId | None = None
        self._part: dict[MemoryPath, bytes | None] = {}
        self._part_bytes = 0
        self.blobs: Mapping[MemoryPath, BlobId] = self._files()
        self.ledger = self._ledger()
        self._paths = dict(self.ledger.paths)

    def _files(self) -> dict[MemoryPath, BlobId]:
        if self._tip is None:
            return {}
        tree = self._connector.get_tree(self._tip)
        return {entry.path: entry.sha for entry in tree if entry.type is EntryType.FILE}

    def _ledger(self) -> Ledger:
        parts = [blob for path, blob in self.blobs.items() if is_of_ledger(path)]
        return read_ledger(map(self.read, parts))

    @property
    def paths(self) -> Mapping[str, MemoryPath]:
        """Where each record is, by its key (`pack.imports.ledger.key_of`)."""
        return self._paths

    def rename(self, former_id: str, source_id: str) -> None:
        """Have a record that is known by a former id known by the one that it has now."""
        if source_id not in self._paths and former_id in self._paths:
            self._paths[source_id] = self._paths.pop(former_id)

    def read(self, blob: BlobId) -> bytes:
        """The bytes of a file that is kept here, or was stored for the import that goes on.

        Raises:
            NotFound: There is none.
        """
        ((_, content),) = self._connector.read_blobs([blob])
        return content

    def earlier(self, path: MemoryPath, blob: BlobId) -> BlobId | None:
        """What an import had brought to a path before one that brought this; `None` for nothing.

        Raises:
            ConnectorError: It cannot be read.
        """
        if self._tip is None:
            return None
        for commit in self._connector.log(LogQuery(self._tip, path=path)):
            found = self._connector.get_committed(path, commit.id)
            if found not in (blob, None):
                return found
        return None

    # --- adding --------------------------------------------------------------------------------

    def add(self, path: MemoryPath, content: bytes) -> None:
        """Have a record here as it was rendered.

        Raises:
            ConnectorError: It cannot be stored.
        """
        self._part[path] = content
        self._part_bytes += len(content)
        if self._part_bytes >= _PART_BYTES or len(self._part) >= _PART_FILES:
            self.store()

    def move(self, path: MemoryPath, new_path: MemoryPath, blob: BlobId) -> None:
        """Have a record that was added and stored at another path instead.

        Raises:
            ConnectorError: It cannot be read.
        """
        self.add(new_path, self.read(blob))
        self._part[path] = None

    def store(self) -> None:
        """Store what was added so far."""
        if self._abandoned is not None:  # an import that was killed
            self._connector.move_aside(self._pending_ref, None, self._abandoned)
            self._abandoned = None
        if not self._part:
            return
        changes: list[Change] = [
            Put(path, text, ABSENT) if text is not None else Delete(path, ABSENT)
            for path, text in self._part.items()
        ]
        self._pending = self._connector.commit_aside(
            self._pending_ref,
            self._pending,
            self._pending or self._tip,
            changes,
            f"{self._kind}: a part of an import",
            author=_KEEPER,
        )
        self._part, self._part_bytes = {}, 0

    def advance(self, ledger: Ledger) -> None:
        """Have `imports/KIND` lead to all that was added, as the memory has it now.

        Args:
            ledger: What is known of each record, those of earlier imports included.

        Raises:
            StaleBase: Another import has been here meanwhile.
            ConnectorError: It cannot be stored.
        """
        self.store()
        if self._pending is None and ledger == self.ledger:
            return
        files = write_ledger(ledger)
        changes: list[Change] = [Put(path, content, ABSENT) for path, content in files.items()]
        gone = (path for path in self.blobs if is_of_ledger(path) and path not in files)
        changes += [Delete(path, ABSENT) for path in gone]
        at = self._pending or self._tip
        said = f"{self._kind}: what was imported"
        self._connector.commit_aside(self._ref, self._tip, at, changes, said, author=_KEEPER)

    def tidy(self) -> None:
        """Remove what only an import that goes on needs."""
        if self._pending is not None:
            self._connector.move_aside(self._pending_ref, None, self._pending)
            self._pending = None
