"""The state of sync targets in words, for `pack status` and `pack sync`."""

from __future__ import annotations

from typing import Final

from pack.sync.results import Standing, SyncOutcome, TargetStatus
from pack_servers.cli.shell.output import counted
from pack_servers.cli.shell.wording import worded

_STANDINGS: Final = {
    Standing.UP_TO_DATE: "up to date",
    Standing.DELIVERED: "delivered",
    Standing.STARTED: "begins with the next commit",
    Standing.WAITING: "WAITING",
    Standing.PARKED: "PARKED",
    Standing.BUSY: "busy",
}


def standing_words(outcome: SyncOutcome) -> str:
    """How an attempt ended, in a word or two."""
    return _STANDINGS[outcome.standing]


def outcome_words(outcome: SyncOutcome) -> str:
    """Why a target is not at the current commit, and when PACK tries again."""
    if outcome.problem is None:
        return "nothing to write" if _is_unchanged(outcome) else ""
    when = f"; next attempt after {_short(outcome.next_attempt)}" if outcome.next_attempt else ""
    return f"{outcome.problem}{when}"


def _is_unchanged(outcome: SyncOutcome) -> bool:
    return outcome.standing is Standing.DELIVERED and not outcome.changed


def status_words(status: TargetStatus) -> str:
    """The state of a target, on one line."""
    if status.problem is not None and status.backlog is None and not status.failures:
        return status.problem  # not even its state can be read
    parts = [backlog_words(status)]
    if status.delivered_at:
        parts.append(f"last delivered {_short(status.delivered_at)}")
    if status.parked is not None:
        parts.append(f"PARKED: {status.parked.reason}")
    elif status.problem is not None:
        circuit = ", tried rarely now" if status.is_open else ""
        parts.append(f"{counted(status.failures, 'failure')}{circuit}: {status.problem}")
    if status.notice:
        parts.append(worded(status.notice))
    return "; ".join(parts)


def backlog_words(status: TargetStatus) -> str:
    """What a target does not have yet."""
    if status.is_new:
        return "never delivered"
    if status.backlog is None:
        return "waiting for the current state"
    return f"{counted(status.backlog, 'commit')} behind" if status.backlog else "up to date"


def _short(moment: str) -> str:
    """A time without fractions of a second."""
    return moment.partition(".")[0].removesuffix("Z") + "Z"
