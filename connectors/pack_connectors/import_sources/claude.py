"""Claude's export: conversations, projects with their documents, and what Claude remembers.

`conversations.json` is one array, or one in each of several zips. Projects are in `projects.json`,
since May 2026 in `projects/ID.json`. `memories.json` has no dates: the file's own stands in.

Seen in exports of 2024 to 2026; the format is not documented.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any, Final

from pack.imports.placing import slug_of
from pack.imports.records import (
    NOT_ASKED_FOR,
    ImportedPart,
    ImportedRecord,
    ImportKind,
    ReadProgress,
    RecordClass,
    SkippedRecord,
)
from pack.provenance import Origin, Source
from pack_connectors.import_sources.claude_messages import spoken_in
from pack_connectors.import_sources.distilled import of_account, transcript
from pack_connectors.import_sources.formats import ExportFormat
from pack_connectors.import_sources.json_stream import items, top_level
from pack_connectors.import_sources.moments import moment
from pack_connectors.import_sources.skips import BROKEN, EMPTY, OTHER_FILES
from pack_connectors.import_sources.source import ImportSource, SourceFile

_CONVERSATIONS: Final = re.compile(r"conversations(?:-\d+)?\.json", re.IGNORECASE)
_CHATS: Final = re.compile(rb'"chat_messages"\s*:')
_MEMORIES: Final = "memories.json"
_REMEMBERS: Final = re.compile(rb'"(?:conversations_memory|project_memories)"\s*:')
_PROJECTS: Final = "projects.json"
_PROJECT_FIELDS: Final = re.compile(rb'"prompt_template"\s*:|"docs"\s*:\s*\[')
_USERS: Final = "users.json"
_DIGITS: Final = 8
_CLAUDE: Final = Origin(Source.AI_CLOUD, "claude")
_ReadItem = Callable[[Mapping[str, Any], str, SourceFile], Iterator[ImportedRecord | SkippedRecord]]


def _recognises(source: ImportSource) -> bool:
    files = _chats(source)
    if any(_CHATS.search(source.peek(one)) for one in files):
        return True
    if any(_REMEMBERS.search(source.peek(one)) for one in _memories(source)):
        return True
    if any(_PROJECT_FIELDS.search(source.peek(one)) for one in _project_files(source)):
        return True
    return bool(files and source.named(_USERS))


def _chats(source: ImportSource) -> list[SourceFile]:
    named = [one for one in _shown(source) if _CONVERSATIONS.fullmatch(one.name)]
    return named or source.lone_json(_CHATS)


def _memories(source: ImportSource) -> list[SourceFile]:
    return [one for one in source.named(_MEMORIES) if not one.is_in_hidden_folder]


def _project_files(source: ImportSource) -> list[SourceFile]:
    return [one for one in _shown(source) if _is_projects(PurePosixPath(one.path))]


def _shown(source: ImportSource) -> Iterator[SourceFile]:
    return (one for one in source.files if not one.is_in_hidden_folder)


def _is_projects(path: PurePosixPath) -> bool:
    return path.name == _PROJECTS or (path.parent.name == "projects" and path.suffix == ".json")


class ClaudeExport:
    """Reads one export."""

    kind = ImportKind.CLAUDE

    def __init__(self, source: ImportSource) -> None:
        self._source = source
        self._memories = _memories(source)
        self._projects = _project_files(source)
        self._chats = _chats(source)
        # Projects are read twice: all of their names first.
        source.expect([*self._memories, *self._projects, *self._projects, *self._chats])
        self._names: dict[str, str] = {}
        self._slugs = Counter[str]()

    @property
    def progress(self) -> ReadProgress:
        """See `ExportReader.progress`."""
        return self._source.progress

    def records(self, *, transcripts: bool) -> Iterator[ImportedRecord | SkippedRecord]:
        """See `ExportReader.records`."""
        yield from self._source.left_out
        yield from self._all_projects()
        for file in self._memories:
            yield from self._each(file, self._remembered)
        counts = Counter[str]()
        for file in self._chats:
            for one in self._each(file, _conversation):
                if transcripts or isinstance(one, SkippedRecord):
                    yield one
                else:
                    counts[NOT_ASKED_FOR] += 1
        for why, count in counts.items():
            yield SkippedRecord("conversations", why, count, RecordClass.TRANSCRIPT)
        others = len(self._source.files) - sum(
            map(len, (self._memories, self._projects, self._chats))
        )
        if others:
            yield SkippedRecord("other files", OTHER_FILES, others)

    def _each(self, file: SourceFile, read: _ReadItem) -> Iterator[ImportedRecord | SkippedRecord]:
        """The records of a file: of each item of an array, or of the one object that it is."""
        for called, item in self._items(file):
            if isinstance(item, dict):
                yield from read(item, called, file)
            elif isinstance(item, SkippedRecord):
                yield item
            else:
                yield SkippedRecord(called, BROKEN)

    def _items(self, file: SourceFile) -> Iterator[tuple[str, Any]]:
        return items(self._source, file, "item" if top_level(self._source, file) == "[" else "")

    # --- projects ------------------------------------------------------------------------------

    def _all_projects(self) -> Iterator[ImportedRecord | SkippedRecord]:
        """All projects, after a look at their names: what they share tells none of them apart."""
        for file in self._projects:
            for _, item in self._items(file):
                if isinstance(item, dict) and _text(item.get("uuid")):
                    self._names[_text(item.get("uuid"))] = _text(item.get("name"))
        self._slugs.update(map(slug_of, self._names.values()))
        for file in self._projects:
            yield from self._each(file, self._project)

    def _project(
        self, item: Mapping[str, Any], called: str, file: SourceFile
    ) -> Iterator[ImportedRecord | SkippedRecord]:
        key, name = _text(item.get("uuid")), _text(item.get("name"))
        if not key:
            yield SkippedRecord(called, BROKEN)
            return
        folder = self._folder_of(key)
        created = moment(item.get("created_at")) or file.modified
        updated = moment(item.get("updated_at")) or created
        prompt, about = _text(item.get("prompt_template")), _text(item.get("description"))
        heads = (("", about), ("## Instructions\n\n" if about else "", prompt))
        text = "\n\n".join(f"{head}{body.strip()}" for head, body in heads if body.strip())
        if text:
            yield ImportedRecord(
                RecordClass.PROJECT,
                key,
                name,
                [ImportedPart(f"{text}\n")],
                folder=folder,
                name="project.md",
                created=created,
                updated=updated,
            )
        docs = item.get("docs")
        for one in docs if isinstance(docs, list) else ():
            yield _document(one, folder, f"{called}, a document", created, name)
        if not text and not docs:
            yield SkippedRecord(name or key, EMPTY, 1, RecordClass.PROJECT)

    def _folder_of(self, key: str) -> str:
        """The folder of a project; all projects of one name have some digits of their ids."""
        digits = slug_of(key[:_DIGITS])
        slug = slug_of(self._names.get(key, ""))
        if not slug:
            return f"projects/project-{digits}"
        return f"projects/{slug}-{digits}" if self._slugs[slug] > 1 else f"projects/{slug}"

    # --- memories ------------------------------------------------------------------------------

    def _remembered(
        self, item: Mapping[str, Any], called: str, file: SourceFile
    ) -> Iterator[ImportedRecord | SkippedRecord]:
        account = _text(item.get("account_uuid"))
        text = _text(item.get("conversations_memory"))
        of_projects = item.get("project_memories")
        if text.strip():
            key = of_account(account, "memory")
            yield _memory(key, "Claude memory", text, "profiles", file, former="memory")
        for key, told in of_projects.items() if isinstance(of_projects, dict) else ():
            title = f"{self._names.get(key) or 'Project'}: Claude memory"
            if _text(told).strip():
                folder = self._folder_of(key)
                yield _memory(f"memory/{key}", title, told, folder, file)
        if not text.strip() and not of_projects:
            yield SkippedRecord(called, EMPTY if account else BROKEN)


def _memory(
    key: str, title: str, text: str, folder: str, file: SourceFile, former: str = ""
) -> ImportedRecord:
    return ImportedRecord(
        RecordClass.MEMORY,
        key,
        title,
        [ImportedPart(f"{_with_headings(text)}\n", _CLAUDE)],
        folder=folder,
        name="claude-memory.md",
        created=file.modified,
        updated=file.modified,
        former_id=former,
    )


_BOLD_LINE: Final = re.compile(r"^\*\*([^*\n]+)\*\*[ \t]*$", re.MULTILINE)


def _with_headings(text: str) -> str:
    """The text with headings for its bold lines, which are what Claude has instead."""
    return _BOLD_LINE.sub(r"## \1", text.strip())


def _document(
    one: object, folder: str, called: str, created: datetime | None, project: str
) -> ImportedRecord | SkippedRecord:
    key = _text(one.get("uuid")) if isinstance(one, dict) else ""
    if not isinstance(one, dict) or not key:
        return SkippedRecord(called, BROKEN)
    name, text = _text(one.get("filename")), _text(one.get("content"))
    if not text.strip():
        return SkippedRecord(name or key, EMPTY, 1, RecordClass.DOCUMENT)
    at = moment(one.get("created_at")) or created
    return ImportedRecord(
        RecordClass.DOCUMENT,
        key,
        name or "document",
        [ImportedPart(text if text.endswith("\n") else f"{text}\n")],
        folder=folder,
        name=f"{name.replace('/', '-').removesuffix('.md') or 'document'}.md",
        created=at,
        updated=at,
        fields={"project": project} if project else {},
    )


# --- conversations -----------------------------------------------------------------------------


def _conversation(
    item: Mapping[str, Any], called: str, file: SourceFile
) -> Iterator[ImportedRecord | SkippedRecord]:
    key, messages = _text(item.get("uuid")), item.get("chat_messages")
    if not isinstance(messages, list):
        yield SkippedRecord(key or called, BROKEN)
        return
    said, times = spoken_in(messages)
    parts = transcript(said)
    if not parts:
        yield SkippedRecord(key or called, EMPTY)
        return
    created = moment(item.get("created_at")) or min(times, default=file.modified)
    yield ImportedRecord(
        RecordClass.TRANSCRIPT,
        key or called,
        _text(item.get("name")),
        parts,
        created=created,
        updated=moment(item.get("updated_at")) or max(times, default=created),
    )


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


FORMAT: Final = ExportFormat(ImportKind.CLAUDE, _recognises, ClaudeExport, opens_archives=True)
