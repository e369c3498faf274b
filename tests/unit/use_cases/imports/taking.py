"""Exports that are there already, and imports of them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from pack.imports.records import (
    ImportedPart,
    ImportedRecord,
    ImportKind,
    ReadProgress,
    RecordClass,
    SkippedRecord,
)
from pack.memory import Memory
from pack.provenance import Origin, Source
from pack.use_cases.imports.results import Imported

USER = Origin(Source.USER, "cli")
MAY = datetime(2024, 5, 1, 10, tzinfo=UTC)
A, B = "notes/a.md", "notes/b.md"


@dataclass
class Reader:
    """An export that is there already."""

    given: Iterable[ImportedRecord | SkippedRecord]
    kind: ImportKind = ImportKind.CHATGPT
    progress: ReadProgress = field(default_factory=lambda: ReadProgress(1, 1))

    def records(self, *, transcripts: bool) -> Iterator[ImportedRecord | SkippedRecord]:
        yield from self.given


def note(title: str, text: str, **more) -> ImportedRecord:
    more.setdefault("created", MAY)
    kind = more.pop("kind", RecordClass.NOTE)
    id_ = more.pop("source_id", f"id-{title}")
    return ImportedRecord(kind, id_, title, [ImportedPart(text)], **more)


def file(path: str, content: bytes, **more) -> ImportedRecord:
    folder, _, name = path.rpartition("/")
    given = {"folder": folder, "name": name, "updated": MAY, **more}
    return ImportedRecord(RecordClass.NOTE, path, "", verbatim=content, **given)


def take(memory: Memory, *records: ImportedRecord | SkippedRecord, **how) -> Imported:
    return memory.written_by(USER).importing.take(Reader(records), **how)
