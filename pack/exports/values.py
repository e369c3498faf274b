"""What an export is made of."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum

from pack.deferred import dataclass
from pack.files.note import Note
from pack.model import MemoryPath


class ExportKind(StrEnum):
    """The form of an export."""

    ZIP = "zip"
    MARKDOWN = "markdown"
    JSONL = "jsonl"
    MEMORY_JSONL = "memory-jsonl"
    MEM0 = "mem0"
    AGENTS = "agents"
    CLAUDE_MEMORY = "claude-memory"

    @property
    def is_one_text(self) -> bool:
        """Whether it is one text, and not an archive or a folder."""
        return self not in (ExportKind.ZIP, ExportKind.CLAUDE_MEMORY)


@dataclass(frozen=True, slots=True)
class ExportedNote:
    """A note that is exported.

    Attributes:
        note: The note.
        topic: What it is about.
        tags: Its tags.
        created: ISO date or time of its making, if that is known.
        updated: The same of its last change.
    """

    note: Note
    topic: str
    tags: tuple[str, ...] = ()
    created: str | None = None
    updated: str | None = None

    @property
    def path(self) -> MemoryPath:
        """Where it is in the memory."""
        return self.note.path


@dataclass(frozen=True, slots=True)
class ExportedPiece:
    """Bytes of an export.

    Attributes:
        name: The file of an archive or folder that they are; empty for a piece of the one text that
            the export is.
        content: The bytes.
        changed: ISO date or time at which the file was changed, if that is known.
    """

    name: str
    content: bytes
    changed: str | None = None


WriteForm = Callable[[Iterable[ExportedNote]], Iterator[ExportedPiece]]
"""Writes notes, all of them UTF-8, in a form; their order is kept."""


@dataclass(frozen=True, slots=True)
class RestoredNote:
    """A note as an export has it.

    Attributes:
        path: Where it was; whoever reads it must not trust that.
        content: Its bytes.
        created: As `ExportedNote.created`.
        updated: As `ExportedNote.updated`.
        is_changed: Whether it is not as it was exported: somebody changed it there.
    """

    path: str
    content: bytes
    created: str | None = None
    updated: str | None = None
    is_changed: bool = False


def known_date(value: object) -> str | None:
    """A date as an export has it; `None` if that is none."""
    return value if isinstance(value, str) else None


def seal(*values: object) -> str:
    """16 hex digits that are others as soon as one of the values is; values are those of JSON."""
    text = json.dumps(values, ensure_ascii=True, sort_keys=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()[:16]


def json_line(value: object) -> bytes:
    """A value as one line of JSON."""
    return (json.dumps(value, ensure_ascii=False) + "\n").encode()
