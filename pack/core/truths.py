"""How far each line of a note is trusted: the values, and what a core asks.

Levels are those of `pack.provenance`: 1 is the person, 5 an AI in the cloud. How they are found out
is the business of `pack.truth`, which knows history; the rooms below it only ask.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import field
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Protocol

from pack.deferred import dataclass
from pack.files.note import Note
from pack.model import CommitId, MemoryPath

if TYPE_CHECKING:
    from pack.core.core import Core

STRONGEST: Final = 1
WEAKEST: Final = 5


SYSTEM_KEYS: Final = frozenset(
    (
        *("updated", "created"),
        *("truth_level", "origin_source", "accepted_by_user", "last_modified_by_level"),
    )
)
"""Frontmatter that PACK writes by itself, whoever's write it is part of; it says nothing about who
wrote the note."""


class LineState(StrEnum):
    """How a line came to be what it is."""

    WRITTEN = "written"
    ACCEPTED = "accepted"
    UNATTRIBUTED = "unattributed"


class TruthMode(StrEnum):
    """What the level of a line does for it."""

    ENFORCE = "enforce"
    RECORD = "record"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class LineTruth:
    """How far a line is trusted, or a frontmatter key with its value.

    Attributes:
        level: From 1 (the person) to 5. Nobody knows who wrote an unattributed line, so it is
            protected like the person's, with level 1.
        origin: Who wrote it: `user:editor`, `ai-cloud:claude-code`.
        state: Whether it was written so, accepted by the person, or cannot be attributed.
        commit: The commit that brought it; `None` for an edit by hand that is in no commit.
    """

    level: int
    origin: str
    state: LineState
    commit: CommitId | None

    def is_protected_from(self, level: int) -> bool:
        """Whether a writer of this level must ask the person before it changes the line."""
        return self.level < level


@dataclass(frozen=True, slots=True)
class NoteTruth:
    """How far each line of a note is trusted.

    Attributes:
        lines: One for each line of its text, frontmatter included. As in git, only a line feed
            ends a line.
        keys: By top-level frontmatter key.
        weakest: The line or key that is trusted least, the newest of them; `None` if there is
            nothing to trust. What PACK writes by itself, and blank lines, are left out.
    """

    lines: tuple[LineTruth, ...]
    keys: Mapping[str, LineTruth] = field(default_factory=dict)
    weakest: LineTruth | None = None

    @property
    def level(self) -> int:
        """The level of what is trusted least; 1 for a file without text."""
        return self.weakest.level if self.weakest else STRONGEST

    @property
    def origin(self) -> str:
        """Who wrote that."""
        return self.weakest.origin if self.weakest else ""


class Truths(Protocol):
    """Says how far the text of a memory is trusted. May be used from any thread."""

    def of(self, note: Note) -> NoteTruth:
        """The truth of a note as a reader gets it now, uncommitted edits included.

        Raises:
            InvalidContent: The note is not UTF-8 text.
            ConnectorError: The store cannot be read.
        """
        ...

    def lines(self, note: Note) -> tuple[LineTruth, ...]:
        """As `NoteTruth.lines`, for a caller who needs nothing else; it takes half the time.

        Raises:
            InvalidContent, ConnectorError: As `of`.
        """
        ...

    def is_shared(self, note: Note) -> bool:
        """Whether a note may hold text that is not the person's; much cheaper than `of`.

        Where the log of a store is not cheap to read, it goes by what the note says of itself.

        Raises:
            ConnectorError: The store cannot be read.
        """
        ...

    def shared_among(self, paths: Collection[MemoryPath]) -> Collection[MemoryPath]:
        """Those of some files that may hold such text, by history alone.

        What a note says of itself (`Note.says_shared`) is left out.

        Raises:
            ConnectorError: The store cannot be read.
        """
        ...

    def prepare(self, paths: Collection[MemoryPath]) -> bool:
        """Be ready to be asked about these files: the history of many is read together.

        Returns:
            Whether it was, so that each of them is cheap to ask about now.

        Raises:
            ConnectorError: The store cannot be read.
        """
        ...

    def weak_among(self, notes: Collection[Note], level: int) -> Collection[MemoryPath]:
        """Those of some notes, by path, that have no text but that of a level or weaker.

        It goes by history alone, and reads no note: some that have no other text may be left out.
        `prepare` must have said that asking is cheap.

        Raises:
            ConnectorError: The store cannot be read.
        """
        ...

    def mode(self, path: MemoryPath) -> TruthMode:
        """What levels do for a file."""
        ...

    def over(self, core: Core) -> Truths:
        """The same for another state of the memory, such as a past one."""
        ...
