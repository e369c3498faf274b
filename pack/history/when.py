"""A moment of the past, as a caller names it: a commit, a date, a time, or how long ago.

A day alone is a day in UTC: `since` begins with its first moment, and what the memory held "on" a
day is what it held at the end of it. A memory's state at a moment is that of the newest commit on
its line of first parents that was made by then (its committer date); the walk goes from the newest
commit to older ones, so that a clock that was once wrong hides nothing that came after it.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta
from typing import Final

from pack.connector import Connector
from pack.deferred import pattern
from pack.errors import InvalidRequest, NotFound
from pack.files.dates import parse_day
from pack.log import LogQuery
from pack.model import CommitId

_AGO: Final = pattern(r"([0-9]{1,6})\s*([smhdw])(?:\s+ago)?")
_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_DAYS_AGO: Final = {"today": 0, "yesterday": 1}
_FIRST: Final = datetime.min.replace(tzinfo=UTC)
_TOO_LONG_AGO: Final = pattern(r"[0-9]{7,}[smhdw](?:\s+ago)?")
_HEADS: Final = ("head", "@")
_NAMED: Final = pattern(r"(head|@|[0-9a-f]{4,64})((?:\^1?|~[0-9]{0,6}){0,50})")
_STEP: Final = pattern(r"\^1?|~([0-9]*)")
_SHOWN: Final = 60
_FORMS: Final = (
    "a commit, HEAD, HEAD~2, a date such as 2026-01-31, a time such as 2026-01-31T09:30Z, or 7d"
)


def parse_moment(text: str, now: datetime, *, at_end: bool) -> datetime | None:
    """The moment that a text names, in UTC; `None` if it is no date, time or time span.

    Args:
        text: `2026-01-31`, `2026-01-31T09:30+01:00`, `7d`, `12h`, `today`, `yesterday`, `now`.
        now: The present, with a time zone.
        at_end: Whether a day means its last moment instead of its first.
    """
    named = text.strip().lower()
    if named == "now":
        return now.astimezone(UTC)
    if match := _AGO.fullmatch(named):
        return _ago(now, timedelta(**{_UNITS[match[2]]: int(match[1])}))
    if named in _DAYS_AGO:
        day = now.astimezone(UTC).date() - timedelta(days=_DAYS_AGO[named])
    elif (found := _parse_time(text.strip())) is not None:
        return found
    elif (found_day := parse_day(text.strip())) is not None:
        day = found_day
    else:
        return None
    return datetime.combine(day, time.max if at_end else time.min, UTC)


def _ago(now: datetime, span: timedelta) -> datetime:
    try:
        return now.astimezone(UTC) - span
    except OverflowError:
        return _FIRST


def _parse_time(text: str) -> datetime | None:
    """A moment with a time of day; without a zone it is one in UTC."""
    if not re.search(r"[0-9][Tt ][0-9]", text):
        return None
    try:
        found = datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):  # also what is beyond the first or the last year in UTC
        return None


def no_moment(when: str) -> InvalidRequest:
    """What is wrong with a text that names no moment."""
    return InvalidRequest(f"`{_shown(when)}` does not name a moment; give {_FORMS}")


def _shown(when: str) -> str:
    """As much of a caller's text as a message needs."""
    return when.strip()[:_SHOWN]


def find_commit(connector: Connector, when: str, now: datetime) -> CommitId:
    """The commit whose state a text names: a commit of the memory's history, or a moment.

    Args:
        connector: Where the memory is kept.
        when: The text. A commit may be named by the first four characters of its id or more, and
            the current one as `HEAD`; one before it as `HEAD~2` or `HEAD^`.
        now: The present, with a time zone.

    Raises:
        InvalidRequest: The text names neither; or the memory has no commit yet.
        NotFound: There is no such commit in the memory's history, or none as old as that.
    """
    head = _head(connector)
    moment = parse_moment(when, now, at_end=True)
    if moment is None:
        return _by_id(connector, head, when)
    found = _at(connector, head, moment)
    if found is None:
        raise NotFound(f"a commit as old as {_shown(when)}", "The memory's history begins later.")
    return found


def find_since(connector: Connector, since: str, now: datetime) -> CommitId | None:
    """The commit after which everything counts as since then; `None` if all of the history does.

    Args:
        connector: Where the memory is kept.
        since: As for `find_commit`; what was committed at a moment is since that moment.
        now: The present, with a time zone.

    Raises:
        InvalidRequest, NotFound: As `find_commit`, but no moment is too old.
    """
    head = _head(connector)
    moment = parse_moment(since, now, at_end=False)
    if moment is None:
        return _by_id(connector, head, since)
    return None if moment == _FIRST else _at(connector, head, moment - timedelta.resolution)


def _head(connector: Connector) -> CommitId:
    head = connector.head()
    if head is None:
        raise InvalidRequest("the memory has no history yet")
    return head


def _at(connector: Connector, head: CommitId, moment: datetime) -> CommitId | None:
    query = LogQuery(head, first_parent=True, made_until=moment, limit=1)
    return next((commit.id for commit in connector.log(query)), None)


def _by_id(connector: Connector, head: CommitId, when: str) -> CommitId:
    try:
        found = named_commit(connector, head, when)
    except NotFound:
        if _TOO_LONG_AGO.fullmatch(when.strip().lower()):
            raise no_moment(when) from None
        raise
    if found is None:
        raise no_moment(when)
    return found


def named_commit(connector: Connector, head: CommitId, named: str) -> CommitId | None:
    """The commit that a text names by its id or by its distance; `None` if it has no such form.

    Args:
        connector: Where the memory is kept.
        head: The current commit; only it and its history are known.
        named: The first four characters of an id or more, `HEAD` or `@`; then steps back to the
            first parent, such as `~2` and `^`.

    Raises:
        InvalidRequest: Several commits begin so.
        NotFound: There is no such commit.
    """
    form = _NAMED.fullmatch(named.strip().lower())
    if form is None:
        return None
    start = head if form[1] in _HEADS else _with_beginning(connector, head, form[1])
    back = sum(int(step[1] or 1) if step[1] else 1 for step in _STEP.finditer(form[2]))
    if not back:
        return start
    line = connector.log(LogQuery(start, first_parent=True, skip=back, limit=1))
    found = next(iter(line), None)
    if found is None:
        raise NotFound(f"commit {_shown(named)}", "The memory's history begins later.")
    return found.id


def _with_beginning(connector: Connector, head: CommitId, beginning: str) -> CommitId:
    found = connector.find_commits(beginning, head)
    if len(found) > 1:
        raise InvalidRequest(f"{len(found)} commits begin with {beginning}; give more of the id")
    if not found:
        raise NotFound(f"commit {beginning}", "See the log for the commits there are.")
    return found[0]
