"""The knowledge graph of the reference memory server, `memory.jsonl`, and of its forks.

An entity becomes a note: its observations are items, and its relations items with wiki links. Forks
leave out `type`, add dates and names of writers, and some write one JSON object for all. A last
line that is half written is named, and the others are taken.

Source: modelcontextprotocol/servers, `src/memory/index.ts`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from pack.exports.graph import Relation, read_entity
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
from pack_connectors.import_sources.moments import first_moment
from pack_connectors.import_sources.restored import restored
from pack_connectors.import_sources.skips import BROKEN, EMPTY, NOT_JSON, UNTAKEN_RELATION
from pack_connectors.import_sources.source import ImportSource, SourceFile

_ENDINGS: Final = (".jsonl", ".ndjson", ".json")
_NAMES: Final = ("memory.jsonl", "memory.json")
_WRITER: Final = Origin(Source.AI_CLOUD, str(ImportKind.MEMORY_JSONL))
_MOST_BYTES: Final = 256 * 1024 * 1024
"""The server itself holds all of it in memory, so it is never large."""
_FOLDER: Final = "memories"
_RELATIONS: Final = "## Relations"
_DATES: Final = (("createdAt", "created_at", "created"), ("updatedAt", "updated_at", "updated"))


def _files(source: ImportSource) -> list[SourceFile]:
    files = [one for one in source.files if one.name.lower().endswith(_ENDINGS)]
    shown = [one for one in files if not one.is_in_hidden_folder]
    return [one for one in shown if one.name.casefold() in _NAMES] or shown


def _recognises(source: ImportSource) -> bool:
    return any(_is_graph(source.peek(one)) for one in _files(source))


def _is_graph(begin: bytes) -> bool:
    first = first_object(begin)
    if "observations" in first or first.get("type") in ("entity", "relation"):
        return True
    if first:
        return {"from", "to", "relationType"} <= first.keys() or "entities" in first
    return begin.lstrip()[:1] == b"{" and b'"entities"' in begin[:1000]


@dataclass(slots=True)
class _Entity:
    """An entity, put together from all lines about it."""

    said: dict[str, Any]
    observations: dict[str, None] = field(default_factory=dict)

    def add(self, item: Mapping[str, Any]) -> None:
        """What a line says of it."""
        self.said = {**item, **{key: value for key, value in self.said.items() if value}}
        given = item.get("observations")
        for one in given if isinstance(given, list) else [given]:
            text = _text_of(one)
            if text:
                self.observations[text] = None

    def date(self, keys: tuple[str, ...]) -> datetime | None:
        """A date of it."""
        return first_moment(*(self.said.get(key) for key in keys))


class KnowledgeGraph:
    """Reads one graph."""

    kind = ImportKind.MEMORY_JSONL

    def __init__(self, source: ImportSource) -> None:
        self._source = source
        self._files = _files(source)
        source.expect(self._files)
        self._entities: dict[str, _Entity] = {}
        self._relations: dict[str, dict[Relation, None]] = {}

    @property
    def progress(self) -> ReadProgress:
        """See `ExportReader.progress`."""
        return self._source.progress

    def records(self, *, transcripts: bool) -> Iterator[ImportedRecord | SkippedRecord]:
        """See `ExportReader.records`; a graph has no transcripts."""
        del transcripts
        yield from self._source.left_out
        for file in self._files:
            yield from self._read(file)
        for name, entity in self._entities.items():
            yield self._record(name, entity)
        for name, told in self._relations.items():
            if name not in self._entities:
                yield SkippedRecord(name[:80], UNTAKEN_RELATION, len(told))
        yield from others_of(self._source, self._files)

    def _read(self, file: SourceFile) -> Iterator[SkippedRecord]:
        if first_object(self._source.peek(file)) or not self._is_one_object(file):
            with self._source.open(file) as stream:
                for number, item in json_lines(stream):
                    if item is None or not self._take(item):
                        yield SkippedRecord(f"{file.name}, line {number}", BROKEN)
            return
        whole = read_json(self._source.read(file, _MOST_BYTES))
        if whole is None:
            yield SkippedRecord(file.path, NOT_JSON)
            return
        for key in ("entities", "relations"):
            given = whole.get(key) if isinstance(whole, dict) else None
            for number, item in enumerate(given if isinstance(given, list) else [], 1):
                if not isinstance(item, dict) or not self._take(item):
                    yield SkippedRecord(f"{file.name}, {key} {number}", BROKEN)

    def _is_one_object(self, file: SourceFile) -> bool:
        return b'"entities"' in self._source.peek(file)[:1000]

    def _take(self, item: Mapping[str, Any]) -> bool:
        """Take a line; no if it is neither an entity nor a relation."""
        if isinstance(item.get("entities"), list):
            entities, relations = item["entities"], item.get("relations")
            every = [*entities, *(relations if isinstance(relations, list) else ())]
            taken = [isinstance(one, dict) and self._take(one) for one in every]
            return all(taken)
        name, start, end = item.get("name"), item.get("from"), item.get("to")
        if item.get("type") != "relation" and isinstance(name, str) and name.strip():
            self._entities.setdefault(name, _Entity({})).add(item)
            return True
        if isinstance(start, str) and isinstance(end, str):
            kind = item.get("relationType") or item.get("relation_type") or "relates to"
            self._relations.setdefault(start, {})[str(kind), end] = None
            return True
        return False

    def _record(self, name: str, entity: _Entity) -> ImportedRecord | SkippedRecord:
        told = list(self._relations.get(name, ()))
        note = read_entity(entity.said, told)
        if note is not None:
            return restored(note)
        if not entity.observations and not told:
            return SkippedRecord(name[:80], EMPTY, kind=RecordClass.MEMORY)
        body = "".join(map(_item, entity.observations))
        if told:
            links = "".join(f"- {_one_line(kind)} [[{_one_line(to)}]]\n" for kind, to in told)
            body += ("\n" if body else "") + f"{_RELATIONS}\n\n{links}"
        kind = entity.said.get("entityType") or entity.said.get("entity_type")
        writer = entity.said.get("createdBy")
        created, updated = (entity.date(keys) for keys in _DATES)
        return ImportedRecord(
            RecordClass.MEMORY,
            name,
            name,
            [ImportedPart(f"# {_one_line(name)}\n\n{body}", _WRITER)],
            folder=_FOLDER,
            created=created,
            updated=updated or created or self._files[0].modified,
            tags=[kind] if isinstance(kind, str) and kind.strip() else (),
            fields={"created_by": writer} if isinstance(writer, str) and writer else {},
        )


def _text_of(observation: object) -> str:
    """An observation's text; forks write objects that have it."""
    if isinstance(observation, Mapping):
        keys = ("content", "text", "observation", "value")
        observation = next((observation[key] for key in keys if key in observation), None)
    text = observation if isinstance(observation, str) else ""
    return text.rstrip().lstrip("\r\n") if text.strip() else ""


def _item(text: str) -> str:
    first, *rest = text.splitlines() or [""]
    return "".join((f"- {first}\n", *(f"  {line}\n" if line.strip() else "\n" for line in rest)))


def _one_line(text: str) -> str:
    return " ".join(text.replace("]]", "]").split())


FORMAT: Final = ExportFormat(
    ImportKind.MEMORY_JSONL, _recognises, KnowledgeGraph, accepts=lambda one: bool(_files(one))
)
