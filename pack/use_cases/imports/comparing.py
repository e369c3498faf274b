"""Compares a record of an import with what the last import brought of it, and with what is here."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from types import MappingProxyType
from typing import Final

from pack.core.core import Core
from pack.errors import NotFound
from pack.imports.likeness import is_related, is_within
from pack.imports.records import ImportKind
from pack.merge.file import merge_file
from pack.model import ABSENT, BlobId, EntryType, Expectation, MemoryPath, blob_id
from pack.paths import is_memory_file
from pack.use_cases.imports.bases import ImportBase
from pack.use_cases.imports.brought import said_id
from pack.use_cases.imports.taken_back import taken_back

DELETED_HERE: Final = "it was deleted here, and stays so"
YOURS_STAYS: Final = "it was changed here in the same place: what is here stays"


@dataclass(frozen=True, slots=True)
class PlannedRecord:
    """A record as an import would have it.

    Attributes:
        source_id: What identifies it in its source.
        key: What identifies it among all sources; see `pack.imports.ledger`.
        path: Where the import puts it.
        blob: What it would be there.
        before: What the last import brought; `None` for a new one.
        changed: When its source last changed it.
        is_verbatim: Whether it is a file of the source as it is.
        content: Its bytes, where they are not kept beside the branch: on a dry run.
        given: The path that its source gives it, if it is a new one and has another here.
        is_apart: Whether another source has a record of this id, so that it is a note of its own.
    """

    source_id: str
    key: str
    path: MemoryPath
    blob: BlobId
    before: BlobId | None
    changed: datetime | None
    is_verbatim: bool
    content: bytes | None = field(default=None, repr=False)
    given: str | None = None
    is_apart: bool = False


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
        before: What is known beside that of what imports have brought, by path.
    """

    def __init__(
        self,
        core: Core,
        base: ImportBase,
        kind: ImportKind,
        before: Mapping[MemoryPath, BlobId] = MappingProxyType({}),
    ) -> None:
        self._core = core
        self._base = base
        self._kind = kind
        self._brought = {**base.blobs, **before}
        entries = core.reader.tree()
        self._here = {
            one.path: one.sha for one in entries if one.type is EntryType.FILE and one.sha
        }

    def of(self, one: PlannedRecord) -> RecordOutcome:
        """What becomes of a record."""
        path = self._place_of(one)
        here = self._here.get(path) if path is not None else None
        if here != one.blob and self._is_known(one) and one.path in self._taken_back:
            one = replace(one, before=self._before_that(one))
            return self._merged(one, path, here) if path is not None and here else _new(one)
        if path is None or here is None:
            return RecordOutcome(one.path, why=DELETED_HERE) if self._is_known(one) else _new(one)
        if one.blob in (one.before, here):
            is_held = one.key in self._base.ledger.held_back and not self._has_all(path, one.blob)
            return RecordOutcome(path, why=YOURS_STAYS if is_held else None)
        if not self._is_still(one, path, here):
            return RecordOutcome(path, why=YOURS_STAYS)
        return self._merged(one, path, here)

    def _has_all(self, path: MemoryPath, blob: BlobId) -> bool:
        """Whether a note has all lines of a record by now, wherever the person has put them."""
        found = self._core.reader.find(path)
        return found is None or is_within(self._base.read(blob), found.content)

    def _is_known(self, one: PlannedRecord) -> bool:
        return one.before is not None or one.key in self._base.paths

    def _before_that(self, one: PlannedRecord) -> BlobId | None:
        """What there was of a record before the import that an undo has taken back."""
        return self._base.earlier(one.path, one.before) if one.before is not None else None

    def _merged(self, one: PlannedRecord, path: MemoryPath, here: BlobId) -> RecordOutcome:
        if here == one.before:
            return RecordOutcome(path, is_written=True, expect=here)
        found = self._core.reader.find(path)
        if found is None:
            return RecordOutcome(path, why=YOURS_STAYS)
        before = self._base.read(one.before) if one.before is not None else None
        try:
            theirs = one.content if one.content is not None else self._base.read(one.blob)
        except NotFound:  # a dry run that holds no more: what would come of it is not known
            return RecordOutcome(path, is_written=True, expect=here)
        merged = merge_file(before, found.content, theirs)
        why = YOURS_STAYS if merged.kept is not None else None
        if blob_id(merged.content) == here:
            return RecordOutcome(path, why=why)
        return RecordOutcome(path, is_written=True, expect=here, merged=merged.content, why=why)

    # --- where it is ---------------------------------------------------------------------------

    def _place_of(self, one: PlannedRecord) -> MemoryPath | None:
        """Where a record is now; `None` if it is nowhere."""
        here = self._here.get(one.path)
        if here is not None and (here in (one.blob, one.before) or not self._is_known(one)):
            return one.path
        if not self._is_known(one):
            return None
        moved = self._moved_to(one) if here is None or not self._says_so(one, one.path) else None
        return moved or (one.path if here is not None else None)

    def _moved_to(self, one: PlannedRecord) -> MemoryPath | None:
        """Where the person has moved a record: there are its bytes, or a note that has its id."""
        found = self._same_bytes.get(one.before) if one.before is not None else None
        return found or (None if one.is_verbatim else self._by_said_id.get(one.source_id))

    def _is_still(self, one: PlannedRecord, path: MemoryPath, here: BlobId) -> bool:
        """Whether what is at a path is the record, or something else that came there since."""
        if one.before in (None, here) or self._says_so(one, path):
            return True
        found = self._core.reader.find(path)
        if found is None or one.before is None:
            return False
        return is_related(self._base.read(one.before), found.content)

    def _says_so(self, one: PlannedRecord, path: MemoryPath) -> bool:
        return not one.is_verbatim and self._said_id(path) == one.source_id

    @cached_property
    def _taken_back(self) -> Collection[MemoryPath]:
        return taken_back(self._core, self._kind)

    @cached_property
    def _same_bytes(self) -> Mapping[BlobId, MemoryPath]:
        """Where files are that have the bytes of a record, by these; not at paths of records."""
        brought = set(self._brought.values())
        elsewhere = (path for path in sorted(self._here, reverse=True) if self._is_elsewhere(path))
        return {sha: path for path in elsewhere if (sha := self._here[path]) in brought}

    @cached_property
    def _by_said_id(self) -> Mapping[str, MemoryPath]:
        """Where notes are that say which record they were, by its id; not at paths of records."""
        found: dict[str, MemoryPath] = {}
        for path in sorted(self._here):
            said = self._said_id(path) if self._is_elsewhere(path) else None
            if said is not None:
                found.setdefault(said, path)
        return found

    def _is_elsewhere(self, path: MemoryPath) -> bool:
        return path not in self._brought

    def _said_id(self, path: MemoryPath) -> str | None:
        note = self._core.reader.find(path) if is_memory_file(path) else None
        return said_id(note, self._kind) if note is not None else None


def _new(one: PlannedRecord) -> RecordOutcome:
    return RecordOutcome(one.path, is_written=True)
