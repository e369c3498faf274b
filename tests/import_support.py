"""Sources of imports, made up for a test, and what is read from them."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pack_connectors.import_sources.recognising import open_export

from pack.imports.records import ImportedRecord, ImportKind, SkippedRecord

DAY = datetime(2024, 5, 6, tzinfo=UTC)
"""When files were changed, where a test does not say."""
HEX = "0123456789abcdef0123456789abcd"
"""The first 30 of the 32 digits by which Notion knows a page."""


def day(text: str) -> datetime:
    """Midnight of a day."""
    return datetime.fromisoformat(f"{text}T00:00:00+00:00")


def folder_of(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """A folder with files, all changed on `DAY`."""
    for name, content in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        os.utime(file, (DAY.timestamp(), DAY.timestamp()))
    return folder


def zip_of(files: Mapping[str, str | bytes]) -> bytes:
    """A zip with files, all changed on `DAY`."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, DAY.timetuple()[:6]), content)
    return stream.getvalue()


@dataclass(frozen=True)
class Read:
    """What a reader found."""

    kind: ImportKind
    records: list[ImportedRecord]
    skipped: list[SkippedRecord]

    def one(self, title: str) -> ImportedRecord:
        """The only record of this title."""
        (found,) = [record for record in self.records if record.title == title]
        return found

    @property
    def paths(self) -> list[str]:
        """Where records would be, as far as readers say."""
        return sorted(f"{one.folder}/{one.name}".lstrip("/") for one in self.records)

    @property
    def reasons(self) -> dict[str, tuple[str, int]]:
        """Why things were skipped, and how many."""
        return {one.what: (one.why, one.count) for one in self.skipped}


def read(path: Path, kind: str | None = None, *, with_attachments: bool = False) -> Read:
    """All that is in a source."""
    chosen = ImportKind(kind) if kind else None
    with open_export(path, chosen, with_attachments=with_attachments) as reader:
        found = list(reader.records(transcripts=False))
        assert reader.progress.done <= reader.progress.total
    records = [one for one in found if isinstance(one, ImportedRecord)]
    ids = [one.source_id for one in records]
    assert len(ids) == len(set(ids))
    return Read(reader.kind, records, [one for one in found if isinstance(one, SkippedRecord)])


def text_of(record: ImportedRecord) -> str:
    """The text of a record."""
    if record.verbatim is not None:
        return record.verbatim.decode()
    return "".join(part.text for part in record.parts)
