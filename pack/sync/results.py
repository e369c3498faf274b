"""What the sync says: how an attempt ended, and how a target is. Plain values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from pack.sync.state import Parked


class Urgency(StrEnum):
    """Who wants a delivery, and what that overrules."""

    DUE = "due"
    """Nobody in particular: not before it is due, and not if it is parked."""
    NOW = "now"
    """A person: at once after a failure, but not before a time that the service named."""
    UNPARKED = "unparked"
    """A person, of this target: whatever happened before."""


class Standing(StrEnum):
    """How an attempt ended."""

    UP_TO_DATE = "up_to_date"
    DELIVERED = "delivered"
    STARTED = "started"
    WAITING = "waiting"
    PARKED = "parked"
    BUSY = "busy"


@dataclass(frozen=True, slots=True)
class SyncOutcome:
    """What came of trying to bring a target to the current commit.

    Attributes:
        name: The target.
        standing: How it ended.
        commits: How many commits it was brought forward.
        changed: Whether anything was written there, or sent.
        warnings: What a person should know.
        problem: Why it is not at the current commit.
        remedy: What to do about that.
        code: The error's, for programs.
        next_attempt: When it is tried again.
    """

    name: str
    standing: Standing
    commits: int = 0
    changed: bool = False
    warnings: tuple[str, ...] = ()
    problem: str | None = None
    remedy: str | None = None
    code: str | None = None
    next_attempt: str | None = None


@dataclass(frozen=True, slots=True)
class TargetStatus:
    """A target as it is known without asking it.

    Attributes:
        name: What people call it.
        backlog: How many commits it does not have yet; `None` where that cannot be told.
        is_new: Whether nothing was ever delivered.
        delivered_at: When something was delivered last.
        failures: How many attempts have failed since.
        is_open: Whether its circuit is open, so that it is asked rarely.
        next_attempt: When it is tried again after a failure.
        problem: Why the last attempt failed.
        notice: What a person should know of the last deliveries.
        parked: Why nothing is delivered until a person acts.
    """

    name: str
    backlog: int | None
    is_new: bool
    delivered_at: str | None = None
    failures: int = 0
    is_open: bool = False
    next_attempt: str | None = None
    problem: str | None = None
    notice: str | None = None
    parked: Parked | None = None
