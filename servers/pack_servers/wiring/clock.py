"""What tells the time, and gives each write an id of its own."""

from __future__ import annotations

from datetime import UTC, datetime
from secrets import token_hex


def clock() -> datetime:
    """The time now, in UTC."""
    return datetime.now(UTC)


def new_request() -> str:
    """A fresh request id."""
    return token_hex(16)
