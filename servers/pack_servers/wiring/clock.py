"""What tells the time, and gives each write an id of its own."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime


def clock() -> datetime:
    """The time now, in UTC."""
    return datetime.now(UTC)


def new_request() -> str:
    """A fresh request id."""
    return uuid.uuid4().hex
