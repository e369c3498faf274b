"""How a downstream stands, and from when on somebody should hear of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final

from pack.deferred import dataclass
from pack.distribution.notices.alerts import AlertType, Audience, SyncAlert
from pack.distribution.values import Frequency

MOST_DAYS: Final[Mapping[Frequency, int]] = {Frequency.ON_RELEASE: 14, Frequency.ON_CHANGE: 7}
"""Days without a sync, by what makes a rule run; by hand it may take as long as it likes."""
MOST_MISSED: Final = 1
MOST_FAILURES: Final = 2
_MOST_NAMED: Final = 10


class SyncStanding(StrEnum):
    """How a downstream stands."""

    CURRENT = "Current"
    BEHIND = "Behind"
    STALE = "Stale"


@dataclass(frozen=True, slots=True)
class DownstreamState:
    """What is known of a downstream.

    Attributes:
        rule_id: The rule.
        repo: The repository.
        frequency: What makes the rule run.
        days: Whole days since the last sync; `None` if there was none.
        missed: How many releases it lacks.
        failures: How many attempts in a row have failed.
        drift: Paths that were changed there outside the overrides.
    """

    rule_id: str
    repo: str
    frequency: Frequency
    days: int | None
    missed: int
    failures: int = 0
    drift: Sequence[str] = ()


def days_between(last: datetime | None, now: datetime) -> int | None:
    """Whole days since a moment; none below zero, whatever the clocks say."""
    return max(0, (now - last).days) if last is not None else None


def is_overdue(state: DownstreamState) -> bool:
    """Whether too much time has passed since the last sync."""
    most = MOST_DAYS.get(state.frequency)
    return most is not None and state.days is not None and state.days > most


def standing_of(state: DownstreamState) -> SyncStanding:
    """How a downstream stands."""
    if is_overdue(state) or state.missed > MOST_MISSED:
        return SyncStanding.STALE
    return SyncStanding.BEHIND if state.missed or state.days is None else SyncStanding.CURRENT


def alerts_of(state: DownstreamState, at: datetime) -> list[SyncAlert]:
    """What somebody should hear of a downstream."""
    return [
        SyncAlert(kind, state.rule_id, state.repo, at, details, action, audience)
        for kind, details, action, audience in _reasons(state)
    ]


_Reason = tuple[AlertType, str, str, tuple[Audience, ...]]


def _reasons(state: DownstreamState) -> Iterator[_Reason]:
    if state.failures > MOST_FAILURES:
        yield (
            AlertType.FAILURE,
            f"{state.failures} attempts in a row have failed",
            "Look at what the last attempt said, then run the rule again",
            (Audience.OPERATOR, Audience.OWNER),
        )
    if is_overdue(state):
        yield (
            AlertType.STALENESS,
            f"{state.days} days since the last sync, and the most is {MOST_DAYS[state.frequency]}",
            "Run the rule, or find out why it does not run",
            (Audience.OPERATOR,),
        )
    if state.missed > MOST_MISSED:
        yield (
            AlertType.STALENESS,
            f"{state.missed} releases behind",
            "Merge the open pull request, or run the rule",
            (Audience.OWNER,),
        )
    if state.drift:
        named = ", ".join(state.drift[:_MOST_NAMED])
        more = f" and {len(state.drift) - _MOST_NAMED} more" if state.drift[_MOST_NAMED:] else ""
        files = "1 file was" if len(state.drift) == 1 else f"{len(state.drift)} files were"
        yield (
            AlertType.DRIFT,
            f"{files} changed outside the overrides: {named}{more}",
            "Sync again to take upstream's version, or move the changes to an override",
            (Audience.OWNER,),
        )
