"""What Claude Code remembers by itself: `MEMORY.md` and a file for each topic, for each project.

The frontmatter of a topic is flat (`name`, `description`, `type`) or has `metadata`. Claude wrote
all of it, so it never becomes text of the person. Topics that PACK exported come back as the notes
that they were.

Source: Claude Code's documentation of auto memory, 2.1.59 to 2.1.214.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Final

from pack.exports.claude_memory import INDEX_NAME, is_made_index, read_topic
from pack.files.schema import first_title
from pack.imports.records import (
    ImportedPart,
    ImportedRecord,
    ImportKind,
    ReadProgress,
    RecordClass,
    SkippedRecord,
)
from pack.provenance import Origin, Source
from pack_connectors.import_sources.folders.markdown_files import (
    FoundNote,
    identity,
    notes_of,
    others_of,
    own_fields,
    read_note,
    without_top,
)
from pack_connectors.import_sources.formats import ExportFormat
from pack_connectors.import_sources.restored import restored
from pack_connectors.import_sources.skips import EMPTY, MADE_BY_PACK
from pack_connectors.import_sources.source import ImportSource, SourceFile

_FOLDER: Final = "memory"
_INSTRUCTIONS: Final = "CLAUDE.md"
_TOPIC: Final = re.compile(
    r"\A---\r?\n(?=(?:[^\n]*\n)*?name:)(?=(?:[^\n]*\n)*?(?:description|metadata):)", re.MULTILINE
)
_OURS: Final = re.compile(r"\A---\n(?:[^\n]*\n){0,8}?pack_(?:path|note): ")
_HOME: Final = re.compile(r"-?(?:home|Users)-[^-]+-(?=.)")
_NAMES: Final = ("name", "title")
_WRITER: Final = Origin(Source.AI_CLOUD, str(ImportKind.CLAUDE_CODE))


class ClaudeCodeMemory:
    """Reads the memory of one project, or those of all that are below a folder."""

    kind = ImportKind.CLAUDE_CODE

    def __init__(self, source: ImportSource) -> None:
        self._identity = identity(source)
        self._above = source.above
        self._source = without_top(source)
        self._files = _topics(self._source)
        self._source.expect(self._files)

    @property
    def progress(self) -> ReadProgress:
        """See `ExportReader.progress`."""
        return self._source.progress

    def records(self, *, transcripts: bool) -> Iterator[ImportedRecord | SkippedRecord]:
        """See `ExportReader.records`; sessions are no part of the memory."""
        del transcripts
        yield from self._source.left_out
        for file in self._files:
            found = read_note(self._source, file)
            yield found if isinstance(found, SkippedRecord) else self._record(found)
        told = self._source.find(_INSTRUCTIONS)
        if told is not None:
            found = read_note(self._source, told)
            yield found if isinstance(found, SkippedRecord) else _instructions(found)
        yield from others_of(self._source, [*self._files, *([told] if told else [])])

    def _record(self, found: FoundNote) -> ImportedRecord | SkippedRecord:
        note = read_topic(found.text)
        if note is not None:
            return restored(note, _WRITER)
        if is_made_index(found.text):
            return SkippedRecord(found.file.path, MADE_BY_PACK)
        body = found.head.body
        if not body.strip():
            return SkippedRecord(found.file.path, EMPTY, kind=RecordClass.MEMORY)
        project = self._project(found.file)
        said = own_fields(found.head)
        kind = said.pop("type", None)
        said.pop("node_type", None)
        name = next((str(said.pop(key)) for key in _NAMES if said.get(key)), "")
        title = first_title(body) or name or found.file.name.removesuffix(".md")
        if found.file.name == INDEX_NAME:
            title = f"What Claude Code remembers of {project}"
        return ImportedRecord(
            RecordClass.MEMORY,
            f"{project}/{found.file.name}",
            title,
            [ImportedPart(body.lstrip("\r\n"), _WRITER)],
            folder=f"projects/{project}",
            name=found.file.name,
            created=_older(found.created, found.updated),
            updated=found.updated,
            tags=[*found.meta.tags, *([kind] if isinstance(kind, str) else [])],
            fields=said,
        )

    def _project(self, file: SourceFile) -> str:
        """The project that a file is about: Claude Code names its folder by its path."""
        folders = file.path.split("/")[:-1]
        if folders and folders[-1] == _FOLDER:
            folders = folders[:-1]
        slug = folders[-1] if folders else self._identity.removesuffix(f"/{_FOLDER}")
        return _HOME.sub("", slug, count=1).strip("-./") or "claude-code"


def _instructions(found: FoundNote) -> ImportedRecord | SkippedRecord:
    """What the person tells Claude Code in all projects."""
    if not found.text.strip():
        return SkippedRecord(found.file.path, EMPTY, kind=RecordClass.INSTRUCTION)
    return ImportedRecord(
        RecordClass.INSTRUCTION,
        found.file.path,
        first_title(found.head.body) or "What I tell Claude Code",
        [ImportedPart(found.text)],
        folder="profiles",
        name=_INSTRUCTIONS,
        created=_older(found.created, found.updated),
        updated=found.updated,
    )


def _older(first: datetime | None, second: datetime | None) -> datetime | None:
    """A file that only says when it was changed was made no later."""
    return first if first is not None else second


def _topics(source: ImportSource) -> list[SourceFile]:
    """The files of memory folders; all files if the source is one itself."""
    inside = [one for one in notes_of(source) if _FOLDER in one.path.split("/")[:-1]]
    return inside or [
        one for one in notes_of(source) if "/" not in one.path and one.name != _INSTRUCTIONS
    ]


def _recognises(source: ImportSource) -> bool:
    folder = without_top(source)
    topics = [one for one in _topics(folder) if one.name != INDEX_NAME]
    begins = [folder.peek(one, 4096).decode("utf-8", "replace") for one in topics[:50]]
    if any(_OURS.match(begin) for begin in begins):
        return True
    has_index = any(one.name == INDEX_NAME for one in _topics(folder))
    is_called_so = folder.name == _FOLDER or any(f"/{_FOLDER}/" in f"/{one.path}" for one in topics)
    return has_index and (is_called_so or any(_TOPIC.match(begin) for begin in begins))


FORMAT: Final = ExportFormat(
    ImportKind.CLAUDE_CODE, _recognises, ClaudeCodeMemory, accepts=lambda one: bool(notes_of(one))
)
