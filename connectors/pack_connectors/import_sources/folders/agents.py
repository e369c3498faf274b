"""What a person tells coding agents: CLAUDE.md, AGENTS.md, GEMINI.md, Cursor's rules and others.

Frontmatter of a rule (`description`, `globs`) stays. Where PACK has put a block of the memory into
such a file, the block comes back as the notes that it was made of, and the rest is what the person
told.

Sources: agents.md; Claude Code, "Manage Claude's memory"; Cursor, "Rules"; GitHub Copilot, "Adding
repository custom instructions".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from pack.errors import UnusableInput
from pack.exports.one_text import is_exported, read_agents
from pack.files import frontmatter
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
    own_fields,
    read_note,
)
from pack_connectors.import_sources.formats import ExportFormat
from pack_connectors.import_sources.restored import restored
from pack_connectors.import_sources.skips import BROKEN, EMPTY, SAME_TEXT
from pack_connectors.import_sources.source import ImportSource, SourceFile

_NAMES: Final = frozenset(
    [
        *("claude.md", "claude.local.md", "agents.md", "agent.md", "gemini.md", "qwen.md"),
        *("warp.md", "copilot-instructions.md", ".cursorrules", ".windsurfrules", ".clinerules"),
        *(".rules", "conventions.md"),
    ]
)
_RULES: Final = re.compile(
    r"(?:^|/)(?:\.cursor/rules/.+\.mdc?|\.(?:windsurf|clinerules|claude)/(?:rules/)?[^/]+\.md"
    r"|\.github/instructions/.+\.instructions\.md|\.clinerules/.+\.md)\Z",
    re.IGNORECASE,
)
_RULE: Final = re.compile(r"[^/]+\.mdc\Z", re.IGNORECASE)
_FOREIGN: Final = frozenset(
    [
        *("node_modules", "vendor", "site-packages", ".venv", "venv", "dist", "build", "target"),
        *(".git", ".tox", "third_party"),
    ]
)
_WRITER: Final = Origin(Source.AI_CLOUD, str(ImportKind.AGENTS))
"""Agents may change such a file; what they changed in a block is theirs."""
_PROFILE: Final = frozenset([".claude", ".gemini", ".codex", ".qwen", ""])
"""Folders in a person's home in which such a file is about the person, not about a project."""


def _is_rules(file: SourceFile) -> bool:
    name = file.name.lower()
    return name in _NAMES or bool(_RULES.search(file.path) or _RULE.match(file.name))


def _files(source: ImportSource) -> list[SourceFile]:
    """Those of the project; those of programs that it uses are not about it."""
    return [
        one
        for one in source.files
        if _is_rules(one) and _FOREIGN.isdisjoint(one.path.split("/")[:-1])
    ]


class AgentRules:
    """Reads what a project, or a person, tells agents."""

    kind = ImportKind.AGENTS

    def __init__(self, source: ImportSource) -> None:
        self._source = source
        self._files = _files(source) or source.files[:1]
        self._is_one_file = len(source.files) == 1
        self._project = source.above if self._is_one_file else identity(source)
        source.expect(self._files)

    @property
    def progress(self) -> ReadProgress:
        """See `ExportReader.progress`."""
        return self._source.progress

    def records(self, *, transcripts: bool) -> Iterator[ImportedRecord | SkippedRecord]:
        """See `ExportReader.records`; there are no transcripts."""
        del transcripts
        for left in self._source.left_out:
            if left.what.rpartition("/")[2].lower() in _NAMES:  # a project has many links
                yield left
        seen: set[str] = set()
        for file in self._files:
            found = read_note(self._source, file)
            if isinstance(found, SkippedRecord):
                yield found
            elif not found.text.strip():
                yield SkippedRecord(file.path, EMPTY, kind=RecordClass.INSTRUCTION)
            elif found.text in seen:
                yield SkippedRecord(file.path, SAME_TEXT, kind=RecordClass.INSTRUCTION)
            else:
                seen.add(found.text)
                yield from self._records(found)

    def _records(self, found: FoundNote) -> Iterator[ImportedRecord | SkippedRecord]:
        body = found.head.body
        if is_exported(found.text):
            try:
                read = read_agents(found.text)
            except UnusableInput:
                yield SkippedRecord(found.file.path, BROKEN)
                return
            yield from (restored(note, _WRITER) for note in read.notes)
            if read.broken:
                yield SkippedRecord(f"notes in {found.file.path}", BROKEN, read.broken)
            body = _without_head(found, read.rest)
        if body.strip():
            yield self._record(found, body)

    def _record(self, found: FoundNote, body: str) -> ImportedRecord:
        file, project = found.file, self._project
        is_profile = project in _PROFILE
        folder = "profiles" if is_profile else f"projects/{project}"
        inside = [part.lstrip(".") for part in file.path.split("/")[:-1]]
        said = own_fields(found.head)
        told = first_title(body) or found.meta.topic or said.get("description") or file.name
        told = str(told).strip() or file.name
        name = file.name.lstrip(".")
        stem = name.rpartition(".")[0] if "." in name else name
        return ImportedRecord(
            RecordClass.INSTRUCTION,
            f"{project}/{file.path}",
            told if is_profile or project in told else f"{told} ({project})",
            [ImportedPart(body.strip("\r\n") + "\n")],
            folder="/".join([folder, *inside]),
            name=f"{stem}.md",
            created=found.created or found.updated,
            updated=found.updated,
            tags=found.meta.tags,
            fields=said,
        )


def _without_head(found: FoundNote, rest: str) -> str:
    """What is around a block, without the frontmatter of the file: that goes into fields."""
    return frontmatter.read(rest).body if found.head.block is not None else rest


def _recognises(source: ImportSource) -> bool:
    return bool(_files(source))


def _accepts(source: ImportSource) -> bool:
    return bool(_files(source)) or len(source.files) == 1


FORMAT: Final = ExportFormat(ImportKind.AGENTS, _recognises, AgentRules, accepts=_accepts)
