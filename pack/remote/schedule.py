"""When to exchange again, and what is remembered of the last time. Nothing here does I/O.

Being offline for weeks is normal: failures are counted, never raised at a write, and each one makes
the next attempt later, up to an hour. The servers of one memory share the record of each remote, so
that they do not ask in turn.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from pack.errors import PackError
from pack.model import CommitId
from pack.remote.remote import Exchange, Outcome, RemoteRecord
from pack.times import format_time, parse_time

_FIRST_DELAY_SECONDS: Final = 15.0
_LONGEST_DELAY_SECONDS: Final = 3600.0
_MOST_DOUBLINGS: Final = 10


def retry_delay(failures: int, jitter: float) -> float:
    """Seconds until the next attempt after so many failures in a row.

    Args:
        failures: At least one.
        jitter: From 0 to 1; the delay is between half and all of what it could be.
    """
    doubled = _FIRST_DELAY_SECONDS * float(2 ** min(failures - 1, _MOST_DOUBLINGS))
    return min(doubled, _LONGEST_DELAY_SECONDS) * (0.5 + jitter / 2)


def after_failure(
    before: RemoteRecord, now: datetime, error: PackError, jitter: float
) -> RemoteRecord:
    """The record after an attempt that failed; a stop stays until an attempt says otherwise."""
    failures = before.failures + 1
    later = now + timedelta(seconds=retry_delay(failures, jitter))
    return replace(
        before,
        attempted_at=format_time(now),
        failures=failures,
        not_before=format_time(later),
        problem=str(error),
        is_waiting=False,
    )


def after_exchange(before: RemoteRecord, now: datetime, done: Exchange) -> RemoteRecord:
    """The record after an attempt that came to an end."""
    agreed = done.outcome not in (Outcome.STOPPED, Outcome.WAITING)
    return RemoteRecord(
        exchanged_at=format_time(now) if agreed else before.exchanged_at,
        agreed=done.agreed or before.agreed,
        attempted_at=format_time(now),
        problem=done.reason or None,
        is_waiting=done.outcome is Outcome.WAITING,
        stop=done.stop,
        configured=done.branch.configured if done.branch else before.configured,
        branch=done.branch.branch if done.branch else before.branch,
        others=done.others,
    )


def is_due(record: RemoteRecord, now: datetime, interval: float, *, has_news: bool) -> bool:
    """Whether to exchange now.

    Args:
        record: How it went so far.
        now: The time.
        interval: Seconds after which the remote is asked again.
        has_news: Whether there are commits here that the remote may not have.
    """
    if record.not_before is not None:
        # A clock that was set back must not cause a wait that is longer than any delay.
        until = parse_time(record.not_before)
        return not now < until <= now + timedelta(seconds=_LONGEST_DELAY_SECONDS)
    if has_news and record.stop is None and not record.is_waiting:
        return True
    if record.attempted_at is None:
        return True
    elapsed = (now - parse_time(record.attempted_at)).total_seconds()
    return not 0 <= elapsed < interval  # a clock that was set back must not hold it off


def due(
    records: Mapping[str, RemoteRecord], head: CommitId | None, now: datetime, interval: float
) -> list[str]:
    """The remotes to exchange with now; how one of them went says nothing about the others.

    Args:
        records: How it went so far, by the name of the remote.
        head: Our commit; `None` before the first one.
        now: The time.
        interval: Seconds after which a remote is asked again.
    """
    return [
        name
        for name, record in records.items()
        if is_due(record, now, interval, has_news=head is not None and head != record.agreed)
    ]
