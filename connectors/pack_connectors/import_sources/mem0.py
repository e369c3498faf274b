"""Memories of mem0 and of OpenMemory, whose export is a zip with two files.

`memories.jsonl.gz` has one memory a line, with its app and categories; `memories.json` has all
that the database holds. mem0's own answers are read too, where the text is called `memory`. A
memory that was deleted there is not taken; one that is archived or paused is, and says so.

Source: mem0ai/mem0, `openmemory/api/app/routers/backup.py`.
"""

from __future__ import annotations

import gzip
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import IO, Any, Final, cast

from pack.errors import LimitExceeded, UnusableInput
from pack.exports.mem0 import read_mem0
from pack.files.keys import key_meant
from pack.imports.records import (
    ImportedPart,
    ImportedRecord,
    ImportKind,
    ReadProgress,
    RecordClass,
    SkippedRecord,
)
from pack.provenance import Origin, Source
from pack_connectors.import_sources.folders.markdown_files import others_of
from pack_connectors.import_sources.formats import ExportFormat
from pack_connectors.import_sources.json_lines import first_object, json_lines, read_json
from pack_connectors.import_sources.json_stream import items, top_level
from pack_connectors.import_sources.moments import first_moment
from pack_connectors.import_sources.restored import restored
from pack_connectors.import_sources.skips import BROKEN, DELETED_THERE, EMPTY, NOT_JSON
from pack_connectors.import_sources.source import ImportSource, SourceFile

_LINES: Final = (".jsonl", ".ndjson")
_PACKED: Final = (".jsonl.gz", ".ndjson.gz")
_WHOLE: Final = "memories.json"
_WRITER: Final = Origin(Source.AI_CLOUD, str(ImportKind.MEM0))
_FOLDER: Final = "memories"
_TEXTS: Final = ("content", "memory", "text")
_GZIP: Final = b"\x1f\x8b"
_LONGEST_TITLE: Final = 80
_MOST_UNPACKED: Final = 4 * 1024**3
_ACTIVE: Final = ("active", "", None)


def _is_lines(file: SourceFile) -> bool:
    return file.name.lower().endswith((*_LINES, *_PACKED))


def _files(source: ImportSource) -> list[SourceFile]:
    """The files with a memory a line first: they say more of each."""
    files = [one for one in source.files if not one.is_in_hidden_folder]
    lines = [one for one in files if _is_lines(one)]
    whole = [one for one in source.named(_WHOLE) if not one.is_in_hidden_folder] or [
        one for one in files if one.name.lower().endswith(".json") and not lines
    ]
    return [*lines, *whole]


def _recognises(source: ImportSource) -> bool:
    return any(_is_mem0(source, one) for one in _files(source))


def _is_mem0(source: ImportSource, file: SourceFile) -> bool:
    begin = source.peek(file)
    if begin.startswith(_GZIP):
        begin = _unpacked(begin)
    if _is_lines(file):
        return _is_memory(first_object(begin))
    if file.name.casefold() == _WHOLE and b'"memories"' in begin:
        return b'"export_meta"' in begin or b'"app_id"' in begin or b'"state"' in begin
    return b'"memory"' in begin and b'"user_id"' in begin and b'"id"' in begin


def _unpacked(begin: bytes) -> bytes:
    """What the beginning of a gzip file holds."""
    try:
        return zlib.decompressobj(wbits=31).decompress(begin, 256 * 1024)
    except zlib.error:
        return b""


def _is_memory(item: Mapping[str, Any]) -> bool:
    has_text = any(isinstance(item.get(key), str) for key in _TEXTS)
    return has_text and "id" in item and "path" not in item and len(item.keys() & _KEYS) >= 2


_KEYS: Final = {
    *("metadata", "state", "app", "app_id", "categories", "user_id", "created_at", "updated_at"),
    *("hash", "score", "agent_id", "run_id"),
}


class Mem0Memories:
    """Reads one export."""

    kind = ImportKind.MEM0

    def __init__(self, source: ImportSource) -> None:
        self._source = source
        self._files = _files(source)
        source.expect(self._files)
        self._seen: set[str] = set()
        self._deleted = Counter[str]()

    @property
    def progress(self) -> ReadProgress:
        """See `ExportReader.progress`."""
        return self._source.progress

    def records(self, *, transcripts: bool) -> Iterator[ImportedRecord | SkippedRecord]:
        """See `ExportReader.records`; there are no transcripts."""
        del transcripts
        yield from self._source.left_out
        for file in self._files:
            try:
                for called, item in self._items(file):
                    one = self._record(item, called, file.modified)
                    if one is not None:
                        yield one
            except UnusableInput:
                yield SkippedRecord(file.path, NOT_JSON)
        for why, count in self._deleted.items():
            yield SkippedRecord("memories", why, count, RecordClass.MEMORY)
        yield from others_of(self._source, self._files)

    def _items(self, file: SourceFile) -> Iterator[tuple[str, Any]]:
        if _is_lines(file):
            with self._source.open(file) as stream:
                packed = _Bounded(stream) if stream.peek(2).startswith(_GZIP) else None
                for number, item in json_lines(cast("IO[bytes]", packed or stream)):
                    yield f"{file.name}, line {number}", item
                if packed is not None and packed.is_cut:
                    yield f"the rest of {file.name}", None
            return
        is_list = top_level(self._source, file) == "["
        names = {} if is_list else self._categories(file)
        for prefix in ("item",) if is_list else ("memories.item", "results.item"):
            for called, item in items(self._source, file, prefix):
                ids = item.get("category_ids") if isinstance(item, dict) else None
                if isinstance(ids, list) and "categories" not in item:
                    item["categories"] = [names.get(str(id_)) for id_ in ids]
                yield called, item
                if isinstance(item, SkippedRecord):
                    return

    def _categories(self, file: SourceFile) -> dict[str, object]:
        """The names of categories by their ids: memories name only these."""
        found = [one for _, one in items(self._source, file, "categories.item")]
        return {str(one.get("id")): one.get("name") for one in found if isinstance(one, dict)}

    def _record(
        self, item: object, called: str, at: datetime | None
    ) -> ImportedRecord | SkippedRecord | None:
        if isinstance(item, SkippedRecord):
            return item
        if not isinstance(item, dict):
            return SkippedRecord(called, BROKEN)
        text = next((item[key] for key in _TEXTS if isinstance(item.get(key), str)), None)
        if text is None:
            return SkippedRecord(called, BROKEN)
        id_ = str(item.get("id") or called)
        if id_ in self._seen:
            return None  # the other file has it
        self._seen.add(id_)
        if item.get("state") == "deleted" or item.get("deleted_at"):
            self._deleted[DELETED_THERE] += 1
            return None
        return _memory(item, id_, text, at)


def _memory(
    item: Mapping[str, Any], id_: str, text: str, at: datetime | None
) -> ImportedRecord | SkippedRecord:
    note = read_mem0(text, item.get("metadata"))
    if note is not None:
        return restored(note, _WRITER)
    if not text.strip():
        return SkippedRecord(id_, EMPTY, kind=RecordClass.MEMORY)
    return ImportedRecord(
        RecordClass.MEMORY,
        id_,
        _title(text),
        [ImportedPart(f"{text.strip()}\n", _WRITER)],
        folder=_FOLDER,
        created=first_moment(item.get("created_at")),
        updated=first_moment(item.get("updated_at"), item.get("created_at")) or at,
        tags=_categories(item),
        fields=_fields(item),
    )


def _title(text: str) -> str:
    """The first line, for want of a title."""
    line = " ".join(text.strip().splitlines()[0].split())
    if len(line) <= _LONGEST_TITLE:
        return line.rstrip(".")
    return line[: _LONGEST_TITLE - 1].rpartition(" ")[0].rstrip(" ,;:.") + "…"


def _categories(item: Mapping[str, Any]) -> list[str]:
    given = item.get("categories")
    found = given if isinstance(given, list) else []
    names = (one.get("name") if isinstance(one, dict) else one for one in found)
    return [name for name in names if isinstance(name, str) and name.strip()]


def _fields(item: Mapping[str, Any]) -> dict[str, object]:
    """What it says of itself: its app, its state, and plain values of its metadata."""
    found: dict[str, object] = {}
    if isinstance(item.get("app"), str):
        found["app"] = item["app"]
    if item.get("state") not in _ACTIVE:
        found["state"] = str(item["state"])
    metadata = item.get("metadata")
    if isinstance(metadata, str):
        metadata = read_json(metadata)
    for key, value in metadata.items() if isinstance(metadata, dict) else ():
        is_ours = key in found or key_meant(str(key)) is not None
        if isinstance(value, str | int) and str(key).isidentifier() and not is_ours:
            found[str(key)] = value
    return found


class _Bounded(gzip.GzipFile):
    """What a gzip file holds, as long as that is not more than anybody has memories."""

    def __init__(self, stream: IO[bytes]) -> None:
        super().__init__(fileobj=stream, mode="rb")
        self._left = _MOST_UNPACKED
        self.is_cut = False

    def readline(self, size: int | None = -1) -> bytes:
        try:
            line = super().readline(-1 if size is None else size)
        except (OSError, EOFError, zlib.error):
            self.is_cut = True  # what came before that stands
            return b""
        self._left -= len(line)
        if self._left < 0:
            raise LimitExceeded("what comes out of the export", _MOST_UNPACKED)
        return line


FORMAT: Final = ExportFormat(
    ImportKind.MEM0,
    _recognises,
    Mem0Memories,
    opens_archives=True,
    accepts=lambda one: bool(_files(one)),
)
