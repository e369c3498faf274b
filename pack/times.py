"""Moments as text: ISO 8601, in UTC."""

from __future__ import annotations

from datetime import UTC, datetime

_FIRST = datetime.min.replace(tzinfo=UTC)
_LAST = datetime.max.replace(tzinfo=UTC)


def format_time(moment: datetime) -> str:
    """The text for a moment that has a time zone, to the second."""
    return f"{_in_utc(moment).replace(microsecond=0, tzinfo=None).isoformat()}Z"


def parse_time(text: str) -> datetime:
    """The moment that a text names; the earliest possible one if the text cannot be read.

    A text without a time zone is taken as UTC. The moment can be converted to UTC.
    """
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return _FIRST
    found = found if found.tzinfo else found.replace(tzinfo=UTC)
    return found if _FIRST <= found <= _LAST else _in_utc(found)


def _in_utc(moment: datetime) -> datetime:
    """A moment in UTC; where that is before or after all years, the first or the last one."""
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        return _FIRST if moment < _LAST else _LAST
