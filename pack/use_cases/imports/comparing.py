"""Compares a record of an import with what the last import brought of it, and with what is here."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from pack.core.core import Core
from pack.files import frontmatter
from pack.files.note import Note
from pack.imports.records import ImportKind
from pack.imports.rendering import SOURCE, SOURCE_ID
from pack.merge.file import merge_file
from pack.model import ABSENT, BlobId, EntryType, Expectation, MemoryPath, blob_id
from pack.paths import is_memory_file
from pack.use_cases.imports.bases import ImportBase

DELETED_HERE: Final = "it was deleted here, and stays so"
YOURS_STAYS: Final = "it was changed here in the same place: what is here stays"
_HAS_ID: Final = re.compile(rb"^source_id:", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class PlannedRecord:
    """A record as an import would have it.

    Attributes:
        source_id: What identifies it in its source.
        path: Where the import puts it.
        blob: What it would be there.
        before: What the last import brought; `None` for a new one.
        changed: When its source last changed it.
        is_verbatim: Whether it is a file of the source as it is.
        content: Its bytes, where they are not kept beside the branch: on a dry run.
    """

    source_id: str
    path: MemoryPath
    blob: BlobId
    before: BlobId | None
    changed: datetime | None
    is_verbatim: bool
    content: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class RecordOutcome:
    """What becomes of a record.

    Attributes:
        path: Where it is, or would be.
        is_written: Whether it is written there.
        expect: What is there now.
        merged: What is written, if that is not just what the export has.
        why: Why its news do not come, or not all of them.
    """

    path: MemoryPath
    is_written: bool = False
    expect: Expectation = ABSENT
    merged: bytes | None = field(default=None, repr=False)
    why: str | None = None


class Comparing:
    """Says what becomes of records in the memory as it is now.

    Args:
        core: The memory.
        base: What the last import brought.
        kind: Where the records come from.
    """

    def __init__(self, core: Core, base: ImportBase, kind: ImportKind) -> None:
        self._core = core
        self._base = base
        self._kind = kind
        entries = core.reader.tree()
        self._here = {
            one.path: one.sha for one in entries if one.type is EntryType.FILE and one.sha
        }
        self._moved: dict[str, MemoryPath] | None = None

    def of(self, one: PlannedRecord) -> RecordOutcome:
        """What becomes of a record."""
        if one.blob == one.before:
            return RecordOutcome(one.path)
        path = self._place_of(one)
        if path is None:
            if one.before is not None or one.source_id in self._base.paths:
                return RecordOutcome(one.path, why=DELETED_HERE)
            return RecordOutcome(one.path, is_written=True)
        here = self._here[path]
        if here == one.blob:
            return RecordOutcome(path)
        if here == one.before:
            return RecordOutcome(path, is_written=True, expect=here)
        return self._merged(one, path, here)

    def _merged(self, one: PlannedRecord, path: MemoryPath, here: BlobId) -> RecordOutcome:
        found = self._core.reader.find(path)
        if found is None:
            return RecordOutcome(path, why=YOURS_STAYS)
        before = self._base.read(one.before) if one.before is not None else None
        theirs = one.content if one.content is not None else self._base.read(one.blob)
        merged = merge_file(before, found.content, theirs)
        why = YOURS_STAYS if merged.kept is not None else None
        if blob_id(merged.content) == here:
            return RecordOutcome(path, why=why)
        return RecordOutcome(path, is_written=True, expect=here, merged=merged.content, why=why)

    # --- where it is ---------------------------------------------------------------------------

    def _place_of(self, one: PlannedRecord) -> MemoryPath | None:
        """Where a record is now; `None` if it is nowhere."""
        if one.path in self._here:
            return one.path
        if one.source_id not in self._base.paths:
            return None
        if self._moved is None:
            self._moved = self._find_moved()
        return self._moved.get(one.source_id)

    def _find_moved(self) -> dict[str, MemoryPath]:
        """Where files of earlier imports have been moved to, by the ids of their records."""
        ids = {path: source_id for source_id, path in self._base.paths.items()}
        by_blob = {
            blob: ids[path]
            for path, blob in self._base.blobs.items()
            if path in ids and path not in self._here
        }
        found: dict[str, MemoryPath] = {}
        for path, sha in sorted(self._here.items()):
            if path in self._base.blobs:
                continue
            source_id = by_blob.get(sha) or self._said_id(path)
            if source_id is not None:
                found.setdefault(source_id, path)
        return found

    def _said_id(self, path: MemoryPath) -> str | None:
        note = self._core.reader.find(path) if is_memory_file(path) else None
        return said_id(note, self._kind) if note is not None else None


def said_id(note: Note, kind: ImportKind) -> str | None:
    """The id of the record that a note says it was imported from; `None` if it says none."""
    if not _HAS_ID.search(note.content):
        return None
    fields = frontmatter.read(note.text).fields
    said = fields.get(SOURCE_ID)
    return str(said) if fields.get(SOURCE) == kind and said is not None else None
