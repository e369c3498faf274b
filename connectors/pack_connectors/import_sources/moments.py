"""Dates as exports have them: seconds or milliseconds since 1970, or a text, or nothing usable."""

from __future__ import annotations

import math
from contextlib import suppress
from datetime import UTC, datetime
from typing import Final

from pack.files.dates import as_iso, parse_day

_MILLISECONDS: Final = 100_000_000_000
"""A number of seconds as large as this is in the year 5138, so they are milliseconds."""
_EARLIEST: Final = 86_400
"""The first day of 1970 is what programs write that know no date."""


def moment(value: object) -> datetime | None:
    """The moment that a value stands for, in UTC; `None` if it stands for none.

    A text without a zone is in UTC.
    """
    with suppress(ValueError, OverflowError, OSError):  # a number or a year that is too large
        if isinstance(value, str):
            return _of_text(value.strip())
        if isinstance(value, int | float) and not isinstance(value, bool):
            return _of_number(value)
    return None


def _of_number(value: float) -> datetime | None:
    if not math.isfinite(value):
        return None
    seconds = value / 1000 if abs(value) >= _MILLISECONDS else value
    return datetime.fromtimestamp(seconds, UTC) if seconds >= _EARLIEST else None


def _of_text(text: str) -> datetime | None:
    with suppress(ValueError):
        return moment(float(text))
    found = _parsed(text)
    if found is None:
        return None
    found = found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    return found if found.timestamp() >= _EARLIEST else None


def _parsed(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        day = parse_day(as_iso(text))
        return datetime(day.year, day.month, day.day, tzinfo=UTC) if day else None


def first_moment(*values: object) -> datetime | None:
    """The moment of the first value that stands for one."""
    return next((found for found in map(moment, values) if found is not None), None)
