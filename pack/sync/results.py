"""What the sync reports: how an attempt ended, and the status of a target. Plain values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from pack.sync.state import Parked


class Urgency(StrEnum):
    """Who wants a delivery, and what that overrides."""

    DUE = "due"
    """Nobody in particular: no attempt before the target is due, and none if it is parked."""
    NOW = "now"
    """A person: an attempt even right after a failure, but not before a time the service named."""
    UNPARKED = "unparked"
    """A person, for this target in particular: an attempt whatever happened before."""


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
    """The outcome of trying to bring a target to the current commit.

    Attributes:
        name: The target.
        standing: How it ended.
        commits: The number of commits it was brought forward.
        changed: Whether anything was written or sent there.
        warnings: What a person should know.
        problem: Why it is not at the current commit.
        remedy: What to do about that.
        code: The code of the error, for programs.
        next_attempt: When the next attempt is due.
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
    """What is known about a target without asking it.

    Attributes:
        name: What people call it.
        backlog: The number of commits it does not have yet; `None` if unknown.
        is_new: Whether nothing was ever delivered.
        delivered_at: When something was last delivered.
        failures: How many attempts have failed since.
        is_open: Whether its circuit is open, so that attempts are rare.
        next_attempt: When the next attempt after a failure is due.
        problem: Why the last attempt failed.
        notice: What a person should know about recent deliveries.
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
