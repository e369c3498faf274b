"""The stored state of each sync target, and when it is tried again. Nothing here does I/O.

The pauses between attempts get longer with each failure. After five failures in a row, the circuit
is open: there is an attempt about every half hour, and writes do not trigger any. A problem that
only a person can fix parks the target: the queue waits, and nothing is lost.
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
"""The number of failures in a row that opens the circuit."""
_LONGEST_PAUSE: Final = timedelta(days=1)
"""The longest pause a service may ask for, because an error in its clock must not end the sync."""


@dataclass(frozen=True, slots=True)
class Parked:
    """Why nothing is delivered until a person acts.

    Attributes:
        code: The code of the error, for programs.
        reason: What happened, for people.
        remedy: What to do.
        config: The target's settings when it happened; other settings un-park it.
    """

    code: str
    reason: str
    remedy: str
    config: str


@dataclass(frozen=True, slots=True)
class TargetState:
    """The progress of a target. Times are ISO 8601, in UTC.

    Attributes:
        cursor: The last commit that was delivered; `None` if the memory had no commit then.
        partial: The commit after it, if it was delivered in part.
        part: How many parts of it were delivered.
        form: The format of those parts (`Destination.form`).
        receipt: What the target wants back at the next delivery.
        delivered_at: When something was last delivered.
        failures: How many attempts have failed since.
        not_before: When the next attempt after a failure is due.
        is_asked: Whether the service named that time, so that nobody may try sooner.
        problem: Why the last attempt failed.
        notice: What a person should know about recent deliveries.
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
    """The stored state of a target cannot be read."""


class SyncStates(Protocol):
    """Stores the states of a memory's targets, outside the tree (C6)."""

    def load(self, key: str) -> TargetState | None:
        """The state that was last stored; `None` if there is none.

        Raises:
            DamagedState: What is stored is not a state.
            Unavailable: It cannot be read now.
        """
        ...

    def save(self, key: str, state: TargetState) -> None:
        """Store a state for all processes, whole or not at all, even if the power fails.

        Raises:
            Unavailable: It cannot be stored.
        """
        ...

    def exclusive(self, key: str) -> AbstractContextManager[None]:
        """Keep other processes and threads on this machine from delivering to the target.

        Raises:
            RepositoryBusy: Another delivery is under way.
        """
        ...


def retry_delay(failures: int, jitter: float) -> float:
    """Seconds until the next attempt after this many failures in a row.

    Args:
        failures: At least one.
        jitter: From 0 to 1; the delay is between half of the maximum and the maximum.
    """
    return _DELAYS_SECONDS[min(failures, len(_DELAYS_SECONDS)) - 1] * (0.5 + jitter / 2)


def is_permanent(error: PackError) -> bool:
    """Whether only a person can fix the cause; everything else can be retried without harm."""
    return not (error.retryable or isinstance(error, OutcomeUnknown))


def after_failure(
    before: TargetState, now: datetime, error: PackError, jitter: float
) -> TargetState:
    """The state after a failure that a later attempt may overcome."""
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
    """The state after a failure that only a person can fix."""
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
    """The state after some parts of the next commit were delivered in this format."""
    done = replace(before, partial=commit, part=part, form=form, delivered_at=_iso(now))
    return _well(done)


def parts_done(state: TargetState, commit: CommitId, form: str) -> int:
    """How many parts of a commit were delivered.

    0 if the history was rewritten since, or if they had another format, as the parts differ then.
    """
    return state.part if (state.partial, state.form) == (commit, form) else 0


def after_delivery(
    before: TargetState, now: datetime, cursor: CommitId | None, receipt: str, notice: str | None
) -> TargetState:
    """The state after a commit was delivered.

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
    """The state after skipping to a commit because there was nothing to deliver."""
    notice = before.notice if notice is None else notice
    return replace(before, cursor=cursor, partial=None, part=0, notice=notice)


def _well(state: TargetState) -> TargetState:
    return replace(state, failures=0, not_before=None, is_asked=False, problem=None, parked=None)


def set_free(before: TargetState) -> TargetState:
    """The state once a person wants another attempt, having seen the problem and the notice."""
    return replace(before, not_before=None, is_asked=False, notice=None, parked=None)


def begun_anew(before: TargetState) -> TargetState:
    """The state that makes everything a target shows be delivered again."""
    return replace(before, cursor=None, receipt="")


def is_parked(state: TargetState, config: str) -> bool:
    """Whether nothing is delivered until a person acts; changing the settings is such an act."""
    return state.parked is not None and state.parked.config == config


def is_waiting(state: TargetState, now: datetime) -> bool:
    """Whether the next attempt is not due yet."""
    if state.not_before is None:
        return False
    # A clock that was set back must not cause a wait that is longer than any pause.
    until = parse_time(state.not_before)
    return now < until <= now + _LONGEST_PAUSE


def is_open(state: TargetState) -> bool:
    """Whether its circuit is open."""
    return state.failures >= OPEN_AFTER


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
