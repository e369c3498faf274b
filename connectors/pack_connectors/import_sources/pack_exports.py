"""What PACK itself has exported, or another memory as it lies in a folder: the same notes again.

Notes are taken byte for byte, at their paths. The index is left out: each memory makes its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from typing import Final

from pack.catalog.imported import RECORDS, Dates, read_record
from pack.errors import LimitExceeded, UnusableInput
from pack.exports.one_text import is_exported, read_markdown
from pack.exports.plain import read_jsonl_line
from pack.exports.values import RestoredNote
from pack.files import frontmatter
from pack.imports.records import ImportedRecord, ImportKind, ReadProgress, SkippedRecord
from pack.index.format import is_generated, may_be_generated, read_head
from pack.limits import MAX_FILE_BYTES
from pack.model import BlobId, blob_id
from pack.paths import INDEX, is_memory_file
from pack.times import format_time
from pack_connectors.import_sources.folders.markdown_files import others_of
from pack_connectors.import_sources.formats import ExportFormat
from pack_connectors.import_sources.json_lines import MOST_LINE_BYTES
from pack_connectors.import_sources.restored import restored
from pack_connectors.import_sources.skips import BROKEN, MADE_BY_PACK, NOT_UTF8, TOO_LARGE
from pack_connectors.import_sources.source import ImportSource, SourceFile

_MOST_TEXT: Final = 512 * 1024 * 1024


def _is_memory(source: ImportSource) -> bool:
    index = source.find(INDEX)
    return index is not None and read_head(_begin(source, index)).is_ours


def _is_lines(source: ImportSource) -> bool:
    if len(source.files) != 1:
        return False
    first = _begin(source, source.files[0]).removeprefix("\ufeff").partition("\n")[0]
    return '"sha"' in first and read_jsonl_line(first) is not None


def _is_text(source: ImportSource) -> bool:
    begin = _begin(source, source.files[0]) if len(source.files) == 1 else ""
    return begin.startswith("# Memory\n") and is_exported(begin)


def _begin(source: ImportSource, file: SourceFile) -> str:
    return source.peek(file, MAX_FILE_BYTES).decode("utf-8", "replace")


class PackExport:
    """Reads one export."""

    kind = ImportKind.PACK

    def __init__(self, source: ImportSource) -> None:
        self._source = source
        source.expect(source.files)

    @property
    def progress(self) -> ReadProgress:
        """See `ExportReader.progress`."""
        return self._source.progress

    def records(self, *, transcripts: bool) -> Iterator[ImportedRecord | SkippedRecord]:
        """See `ExportReader.records`; what an earlier import archived is a note like others."""
        del transcripts
        yield from self._source.left_out
        if _is_lines(self._source):
            yield from self._lines(self._source.files[0])
        elif _is_text(self._source):
            yield from self._text(self._source.files[0])
        else:
            yield from self._files()

    def _files(self) -> Iterator[ImportedRecord | SkippedRecord]:
        dates = self._dates()
        own = [one for one in self._source.files if one.path in (INDEX, *RECORDS)]
        taken = [one for one in self._source.files if one not in own and _is_wanted(one.path)]
        for file in taken:
            try:
                content = self._source.read(file, MAX_FILE_BYTES)
            except LimitExceeded:
                yield SkippedRecord(file.path, TOO_LARGE)
                continue
            except UnusableInput:
                yield SkippedRecord(file.path, BROKEN)
                continue
            if may_be_generated(file.path) and is_generated(file.path, _fields(content)):
                yield SkippedRecord(file.path, MADE_BY_PACK)
                continue
            changed = dates.get(blob_id(content)) or _iso(self._source.changed(file, content))
            yield restored(RestoredNote(file.path, content, None, changed))
        if any(one.path == INDEX for one in own):
            yield SkippedRecord(INDEX, MADE_BY_PACK)
        yield from others_of(self._source, [*taken, *own])

    def _dates(self) -> Dates:
        found: dict[BlobId, str] = {}
        for file in filter(None, map(self._source.find, RECORDS)):
            # Where one cannot be read, the files say when they were changed.
            with suppress(LimitExceeded, UnusableInput):
                found |= read_record(self._source.read(file, MAX_FILE_BYTES))
        return found

    def _lines(self, file: SourceFile) -> Iterator[ImportedRecord | SkippedRecord]:
        number = 0
        with self._source.open(file) as stream:
            while line := stream.readline(MOST_LINE_BYTES):
                number += 1
                note = read_jsonl_line(line.decode("utf-8", "replace").removeprefix("\ufeff"))
                if note is not None:
                    yield restored(note)
                elif line.strip():
                    yield SkippedRecord(f"{file.name}, line {number}", BROKEN)

    def _text(self, file: SourceFile) -> Iterator[ImportedRecord | SkippedRecord]:
        try:
            text = self._source.read(file, _MOST_TEXT).decode("utf-8")
        except UnicodeDecodeError:
            yield SkippedRecord(file.path, NOT_UTF8)
            return
        read = read_markdown(text)
        yield from map(restored, read.notes)
        if read.broken:
            yield SkippedRecord(f"notes in {file.name}", BROKEN, read.broken)


def _is_wanted(path: str) -> bool:
    """Whether a file is a note, or what one may show, such as a picture."""
    if path.lower().endswith(".md"):
        return is_memory_file(path)
    return not any(part.startswith(".") for part in path.split("/")) and "/" in path


def _fields(content: bytes) -> dict[str, object]:
    return dict(frontmatter.read(content.decode("utf-8", "replace")).fields)


def _iso(moment: datetime | None) -> str | None:
    return format_time(moment) if moment is not None else None


def _recognises(source: ImportSource) -> bool:
    return bool(source.files) and (_is_memory(source) or _is_lines(source) or _is_text(source))


FORMAT: Final = ExportFormat(
    ImportKind.PACK,
    _recognises,
    PackExport,
    accepts=lambda source: bool(source.files),
    has_attachments=True,
)
