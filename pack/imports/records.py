"""What the reader of another tool's export hands over, record by record.

A reader (`pack_connectors.import_sources`) knows a format and nothing about memories; where a
record goes, and what becomes of what is there already, is decided by `pack.use_cases.imports`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol

from pack.provenance import Origin

NOT_ASKED_FOR: Final = "conversations are taken only if they are asked for"
"""Why transcripts are left out."""
ATTACHMENTS_NOT_ASKED_FOR: Final = "files of other types are taken only if they are asked for"
"""Why attachments are left out."""


class ImportKind(StrEnum):
    """Where an export comes from."""

    CHATGPT = "chatgpt"
    CLAUDE = "claude"
    GEMINI = "gemini"
    MEMORY_JSONL = "memory-jsonl"
    MEM0 = "mem0"
    BASIC_MEMORY = "basic-memory"
    CLAUDE_CODE = "claude-code"
    OBSIDIAN = "obsidian"
    LOGSEQ = "logseq"
    NOTION = "notion"
    MEMORY_BANK = "memory-bank"
    AGENTS = "agents"
    PACK = "pack"
    """PACK's own exports, and other memories."""


class RecordClass(StrEnum):
    """What kind of thing a record is; a reader counts what it finds by these names."""

    NOTE = "notes"
    MEMORY = "memories"
    INSTRUCTION = "instructions"
    PROJECT = "projects"
    DOCUMENT = "documents"
    TRANSCRIPT = "transcripts"
    ATTACHMENT = "attachments"


@dataclass(frozen=True, slots=True)
class ImportedPart:
    """A stretch of a record's text that one writer made.

    Attributes:
        text: Markdown, without frontmatter; a part ends with a newline.
        writer: Who; `None` for the person.
    """

    text: str = field(repr=False)
    writer: Origin | None = None


@dataclass(frozen=True, slots=True)
class ImportedRecord:
    """Something that becomes a note.

    Attributes:
        kind: What it is.
        source_id: What identifies it in its source, the same in each export.
        former_id: What identified it for earlier versions of PACK, which could not tell it from
            another source's; empty, or the same, if they could.
        title: As a person calls it; empty for none.
        parts: Its text, in order.
        folder: Where it would be, such as `projects`; empty to leave that to PACK.
        name: The file name that its source gives it, with its ending; empty to make one of the
            title.
        created: When it was made, with a time zone; `None` if the source does not say.
        updated: When it was last changed.
        tags: Its tags.
        fields: Keys for its frontmatter that the source has, in their order.
        verbatim: The bytes of the file, where it is taken as it is; then `parts` are empty.
        count: How many things of its kind it holds, such as memories in one list.
        grows: Whether it was gathered from many things, of which an export may have a part: what
            earlier ones had stays.
    """

    kind: RecordClass
    source_id: str
    title: str
    parts: Sequence[ImportedPart] = ()
    folder: str = ""
    name: str = ""
    created: datetime | None = None
    updated: datetime | None = None
    former_id: str = ""
    tags: Sequence[str] = ()
    fields: Mapping[str, object] = field(default_factory=dict)
    verbatim: bytes | None = field(default=None, repr=False)
    count: int = 1
    grows: bool = False


@dataclass(frozen=True, slots=True)
class SkippedRecord:
    """Something that does not become a note: nothing is left out in silence (C1).

    Attributes:
        what: Its name or id, or a kind of thing; never its text.
        why: Why, in words that are the same for all of a kind.
        count: How many.
        kind: What kind of thing, if it is one that the export holds; it counts as found then.
    """

    what: str
    why: str
    count: int = 1
    kind: RecordClass | None = None


@dataclass(frozen=True, slots=True)
class ReadProgress:
    """How far a reader is.

    Attributes:
        done: Bytes that have been read.
        total: Bytes there are.
    """

    done: int
    total: int


class ExportReader(Protocol):
    """Reads one export, as a stream: it never holds more than one record and a window of bytes."""

    @property
    def kind(self) -> ImportKind:
        """Which tool made the export."""

    @property
    def progress(self) -> ReadProgress:
        """How far it is."""

    def records(self, *, transcripts: bool) -> Iterator[ImportedRecord | SkippedRecord]:
        """What is in it, each record once; a transcript comes before what is gathered from all.

        One that is broken is skipped and named, and does not end the others.

        Args:
            transcripts: Whether conversations are wanted; else they are counted as skipped.

        Raises:
            UnusableInput: It is no such export, or a hostile one.
            LimitExceeded: It holds more than an import takes.
        """
