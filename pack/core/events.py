"""What happened to text that had to give way, or came to count as the person's.

An event is told by a trailer of the commit in which it happened, so it goes wherever the commit
goes, and nothing is stored twice. `pack.history.event_log` reads them.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Final
from urllib.parse import quote, unquote

from pack.deferred import dataclass

_TRAILER: Final = "Pack-Event"
_NOTHING: Final = "-"
_MOST_CHARACTERS: Final = 200
_FIELDS: Final = 4


class MemoryEventKind(StrEnum):
    """What happened."""

    CONFLICT = "conflict"
    """Two texts of the person could not both stay in place; the other one is in a copy."""
    VALUE = "value"
    """Two values of the person for one key; this is the only place that has the other."""
    DISCARDED = "discarded"
    """What a machine wrote, or deleted, gave way to a stronger level."""
    ACCEPTED = "accepted"
    """The person took over what a machine had written."""
    LOWERED = "lowered"
    """A writer claimed more authority than it has."""


@dataclass(frozen=True, slots=True)
class MemoryEvent:
    """Something that happened to a file.

    Attributes:
        kind: What.
        path: The file.
        kept: The blob that stays, or the value or claim that counts; empty for none.
        discarded: The blob, value or claim that does not; empty for none.
    """

    kind: MemoryEventKind
    path: str
    kept: str = ""
    discarded: str = ""

    def trailer(self) -> tuple[str, str]:
        """The trailer that tells it, for a commit's message."""
        parts = (_quoted(self.kept), _quoted(self.discarded), quote(self.path, errors="replace"))
        return _TRAILER, " ".join((self.kind, *parts))


def read_events(message: str) -> Iterator[MemoryEvent]:
    """The events that a commit of PACK tells; what is not one is left out."""
    for line in message.strip().rpartition("\n\n")[2].splitlines():
        name, _, value = line.partition(": ")
        parts = value.split(" ")
        if name == _TRAILER and len(parts) == _FIELDS and parts[0] in set(MemoryEventKind):
            kept, discarded = map(_read, parts[1:3])
            yield MemoryEvent(MemoryEventKind(parts[0]), unquote(parts[3]), kept, discarded)


def _quoted(text: str) -> str:
    return quote(text[:_MOST_CHARACTERS], safe="", errors="replace").replace("-", "%2D") or _NOTHING


def _read(text: str) -> str:
    return "" if text == _NOTHING else unquote(text)
