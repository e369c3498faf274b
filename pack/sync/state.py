"""What is remembered of each sync target, and when it is tried again. Nothing here does I/O.

A target that fails is tried again later and later; after five failures in a row its circuit is
open: one attempt in half an hour or so, and no write wakes it. What only a person can put right
parks it: the queue waits, and nothing is lost.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

from pack.errors import OutcomeUnknown, PackError, RateLimited
from pack.model import CommitId
from pack.times import parse_time

_DELAYS_SECONDS: Final = (5.0, 30.0, 120.0, 600.0, 1800.0, 3600.0)
OPEN_AFTER: Final = 5
"""Failures in a row after which a circuit is open."""
_LONGEST_PAUSE: Final = timedelta(days=1)
"""The most that a service may ask for; a mistake of its clock must not end the sync."""


@dataclass(frozen=True, slots=True)
class Parked:
    """Why nothing is delivered until a person has done something.

    Attributes:
        code: The error's, for programs.
        reason: For people.
        remedy: What to do.
        config: The settings of the target it happened with; others un-park it.
    """

    code: str
    reason: str
    remedy: str
    config: str


@dataclass(frozen=True, slots=True)
class TargetState:
    """How far a target is. Times are ISO 8601, in UTC.

    Attributes:
        cursor: The commit that was delivered last; `None` for a memory that had none.
        partial: The commit after it, where some parts of that were delivered.
        part: How many.
        form: What those were made of, as `Destination.form` says.
        receipt: What the target wants to be told at the next delivery.
        delivered_at: When something was delivered last.
        failures: How many attempts have failed since.
        not_before: When the next attempt is due after a failure.
        is_asked: Whether that time was named by the service, so that nobody may be sooner.
        problem: Why the last attempt failed.
        notice: What a person should know of the last deliveries.
        parked: Why no attempt is made at all.
    """

    cursor: CommitId | None = None
    partial: CommitId | None = None
    part: int = 0
    form: str | None = None
    receipt: str = ""
    delivered_at: str | None = None
    failures: int = 0
    not_before: str | None = None
    is_asked: bool = False
    problem: str | None = None
    notice: str | None = None
    parked: Parked | None = None


class DamagedState(Exception):
    """What was stored of a target cannot be read."""


class SyncStates(Protocol):
    """Where the states of a memory's targets are kept, outside the tree (C6)."""

    def load(self, key: str) -> TargetState | None:
        """What was stored last; `None` for nothing.

        Raises:
            DamagedState: What is stored is none.
            Unavailable: It cannot be read now.
        """
        ...

    def save(self, key: str, state: TargetState) -> None:
        """Keep a state, for all processes, whole or not at all, also over a power cut.

        Raises:
            Unavailable: It cannot be stored.
        """
        ...

    def exclusive(self, key: str) -> AbstractContextManager[None]:
        """Hold off other deliverers to one target, in all processes of this machine.

        Raises:
            RepositoryBusy: One of them is at it.
        """
        ...


def retry_delay(failures: int, jitter: float) -> float:
    """Seconds until the next attempt after so many failures in a row.

    Args:
        failures: At least one.
        jitter: From 0 to 1; the delay is between half and all of what it could be.
    """
    return _DELAYS_SECONDS[min(failures, len(_DELAYS_SECONDS)) - 1] * (0.5 + jitter / 2)


def is_permanent(error: PackError) -> bool:
    """Whether only a person can put it right; to repeat a delivery does no harm."""
    return not (error.retryable or isinstance(error, OutcomeUnknown))


def after_failure(
    before: TargetState, now: datetime, error: PackError, jitter: float
) -> TargetState:
    """The state after an attempt that may succeed later."""
    failures = before.failures + 1
    later = now + timedelta(seconds=retry_delay(failures, jitter))
    is_asked = isinstance(error, RateLimited)
    if isinstance(error, RateLimited):
        later = max(later, min(error.until, now + _LONGEST_PAUSE))
    return replace(
        before,
        failures=failures,
        not_before=_iso(later),
        is_asked=is_asked,
        problem=str(error),
    )


def after_refusal(before: TargetState, error: PackError, config: str) -> TargetState:
    """The state after an attempt that only a person can put right."""
    return replace(
        before,
        failures=before.failures + 1,
        not_before=None,
        is_asked=False,
        problem=str(error),
        parked=Parked(error.code, str(error), error.remedy, config),
    )


def is_untried(state: TargetState) -> bool:
    """Whether nothing was ever delivered."""
    return state.delivered_at is None


def after_part(
    before: TargetState, now: datetime, commit: CommitId, part: int, form: str
) -> TargetState:
    """The state when some parts of the next commit were delivered, in one form."""
    done = replace(before, partial=commit, part=part, form=form, delivered_at=_iso(now))
    return _well(done)


def parts_done(state: TargetState, commit: CommitId, form: str) -> int:
    """How many parts of a commit were delivered.

    None, if the history was changed since, or in another form: its parts are others.
    """
    return state.part if (state.partial, state.form) == (commit, form) else 0


def after_delivery(
    before: TargetState, now: datetime, cursor: CommitId | None, receipt: str, notice: str | None
) -> TargetState:
    """The state when a commit was delivered.

    Args:
        before: The state before.
        now: The time.
        cursor: The commit.
        receipt: What the target returned.
        notice: What a person should know; `None` for nothing new.
    """
    done = replace(
        before,
        cursor=cursor,
        partial=None,
        part=0,
        receipt=receipt,
        delivered_at=_iso(now),
        notice=before.notice if notice is None else notice,
    )
    return _well(done)


def skipped_to(before: TargetState, cursor: CommitId | None, notice: str | None) -> TargetState:
    """The state when there is nothing to deliver up to a commit."""
    notice = before.notice if notice is None else notice
    return replace(before, cursor=cursor, partial=None, part=0, notice=notice)


def _well(state: TargetState) -> TargetState:
    return replace(state, failures=0, not_before=None, is_asked=False, problem=None, parked=None)


def set_free(before: TargetState) -> TargetState:
    """The state when a person wants another attempt, and has seen what there was to see."""
    return replace(before, not_before=None, is_asked=False, notice=None, parked=None)


def begun_anew(before: TargetState) -> TargetState:
    """The state when all that a target shows is to be delivered again."""
    return replace(before, cursor=None, receipt="")


def is_parked(state: TargetState, config: str) -> bool:
    """Whether nothing is delivered until a person acts; other settings are such an act."""
    return state.parked is not None and state.parked.config == config


def is_waiting(state: TargetState, now: datetime) -> bool:
    """Whether the next attempt is not due yet."""
    if state.not_before is None:
        return False
    # A clock that was set back must not hold it off for longer than any pause is.
    until = parse_time(state.not_before)
    return now < until <= now + _LONGEST_PAUSE


def is_open(state: TargetState) -> bool:
    """Whether its circuit is open."""
    return state.failures >= OPEN_AFTER


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
