"""Moments as text: ISO 8601, in UTC."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

NEVER: Final = datetime.min.replace(tzinfo=UTC)
"""The earliest possible moment."""


def format_time(moment: datetime) -> str:
    """The text for a moment that has a time zone, to the second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_time(text: str) -> datetime:
    """The moment that a text names; `NEVER` if it cannot be read, or is none that UTC has.

    A text without a time zone is taken as UTC.
    """
    try:
        found = datetime.fromisoformat(text)
        found = found if found.tzinfo else found.replace(tzinfo=UTC)
        found.astimezone(UTC)
    except (ValueError, OverflowError):
        return NEVER
    return found
