"""The log of events: conflicts, text that gave way, acceptances, claims that were lowered.

They are read from the commits (`pack.core.events`), so that a clone of the memory has the same
ones. What came over a remote is what it says.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from pack.catalog.row import is_catalogued
from pack.core.events import MemoryEvent, MemoryEventKind, read_events
from pack.core.requests import InvalidCursor, check_limit, make_cursor, parse_cursor
from pack.core.session import Session
from pack.history.follow import read_in_parts
from pack.history.origins import written_by
from pack.log import CommitFacts, LogQuery
from pack.model import CommitId
from pack.paths import INDEX
from pack.provenance import is_ours
from pack.times import format_time

LIMIT: Final = 100
"""How many events are told if the caller gives no limit."""
_FIRST_PART: Final = 500
_ACCEPTS: Final = "Pack-Accepts"
"""`BLOB LINES PATH`: lines that were accepted without a change to them; the path is quoted."""


@dataclass(frozen=True, slots=True)
class ToldEvent:
    """An event, as the log tells of it.

    Attributes:
        time: When it was committed, in ISO 8601.
        kind: What happened; see `MemoryEventKind`.
        path: The file.
        kept: The blob that stays, or the value or claim that counts; `None` for none.
        discarded: The blob, value or claim that does not; `None` for none.
        commit: The commit that tells it.
    """

    time: str
    kind: MemoryEventKind
    path: str
    kept: str | None
    discarded: str | None
    commit: CommitId


@dataclass(frozen=True, slots=True)
class EventPage:
    """A part of the log of events.

    Attributes:
        events: The newest first.
        next_cursor: With which the next part begins; `None` at the end.
    """

    events: tuple[ToldEvent, ...] = ()
    next_cursor: str | None = None


class EventLog:
    """The log of events. Methods may be called from any thread."""

    def __init__(self, session: Session) -> None:
        self._core = session.core

    def page(
        self, path: str | None = None, *, limit: int = LIMIT, cursor: str | None = None
    ) -> EventPage:
        """A part of the log of events; it begins after the event at which the last part ended.

        Args:
            path: Only what happened to this file, or in this folder.
            limit: How many events at most.
            cursor: From the last part.

        Raises:
            InvalidRequest: The limit or the cursor is none.
            NotInitialised: There is no memory.
        """
        core = self._core
        check_limit(limit)
        with core.view():
            core.require_mode()
            head, skip = _place(cursor) if cursor is not None else (core.connector.head(), 0)
            found = list[ToldEvent]()
            for number, event in enumerate(self._events(head) if head else ()):
                if number < skip or not _is_in(event.path, path):
                    continue
                if len(found) == limit:
                    return EventPage(tuple(found), make_cursor([head or "", number]))
                found.append(event)
            return EventPage(tuple(found))

    def _events(self, head: CommitId) -> Iterator[ToldEvent]:
        for part in read_in_parts(self._core.log, LogQuery(head), _FIRST_PART):
            for commit in part:
                for event in self._told_by(commit):
                    kept, discarded = event.kept or None, event.discarded or None
                    at = format_time(commit.at)
                    yield ToldEvent(at, event.kind, event.path, kept, discarded, commit.id)

    def _told_by(self, commit: CommitFacts) -> Iterator[MemoryEvent]:
        if not is_ours(commit.message):
            return
        events = list(read_events(commit.message))
        yield from events
        accepted = {event.path for event in events if event.kind is MemoryEventKind.ACCEPTED}
        if written_by(commit).is_accepted:
            yield from (one for one in self._accepted(commit) if one.path not in accepted)

    def _accepted(self, commit: CommitFacts) -> Iterator[MemoryEvent]:
        """What a commit accepted: the files that it changed."""
        (whole,) = self._core.connector.log(LogQuery(commit.id, with_files=True, limit=1))
        for file in whole.files or ():
            if is_catalogued(file.path) and file.path != INDEX:
                yield MemoryEvent(
                    MemoryEventKind.ACCEPTED, file.path, file.sha or "", file.old_sha or ""
                )
        if not whole.files and (said := whole.trailers.get(_ACCEPTS)):  # lines as they were
            blob, _, rest = said.partition(" ")
            path = unquote(rest.partition(" ")[2], errors="surrogateescape")
            yield MemoryEvent(MemoryEventKind.ACCEPTED, path, blob, "")


def _is_in(path: str, wanted: str | None) -> bool:
    """Whether a file is the one that was asked for, or in the folder."""
    where = (wanted or "").strip("/")
    return not where or path == where or path.startswith(f"{where}/")


def _place(cursor: str) -> tuple[CommitId, int]:
    """The newest commit of the first page, and how many events the pages so far have told."""
    head, skip = parse_cursor(cursor, ["", 0])
    if not isinstance(head, str) or not isinstance(skip, int) or skip < 0:
        raise InvalidCursor
    return CommitId(head), skip
