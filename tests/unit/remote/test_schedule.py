"""When to exchange again: failures count, and no clock holds it off for ever."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pack.errors import Unavailable
from pack.model import CommitId
from pack.remote.remote import Exchange, Outcome, RemoteRecord, Stop, StopKind
from pack.remote.schedule import after_exchange, after_failure, due, is_due, retry_delay

A, B, C, D = (CommitId(letter * 40) for letter in "abcd")
NOW = datetime(2026, 3, 1, tzinfo=UTC)


@given(st.integers(1, 10_000), st.floats(0, 1))
def test_failures_make_the_next_attempt_later_up_to_an_hour(failures: int, jitter: float) -> None:
    delay = retry_delay(failures, jitter)
    assert 5 <= delay <= 3600
    assert retry_delay(failures + 1, jitter) >= delay
    assert failures < 10 or delay >= 1800


def test_a_failure_waits_and_the_next_success_forgets_it() -> None:
    record = RemoteRecord(exchanged_at="2026-02-01T00:00:00Z", agreed=A)
    for failures in (1, 2, 3):
        record = after_failure(record, NOW, Unavailable("offline"), 1.0)
        assert record.failures == failures
        assert (record.problem, record.exchanged_at) == ("offline", "2026-02-01T00:00:00Z")
    assert not is_due(record, NOW + timedelta(seconds=59), 1, has_news=True)
    assert is_due(record, NOW + timedelta(seconds=60), 1_000_000, has_news=False)
    done = after_exchange(record, NOW, Exchange(Outcome.SENT, agreed=B))
    assert done == RemoteRecord("2026-03-01T00:00:00Z", B, "2026-03-01T00:00:00Z")


def test_news_are_sent_at_once_and_the_remote_is_asked_at_intervals() -> None:
    record = after_exchange(RemoteRecord(), NOW, Exchange(Outcome.UP_TO_DATE, agreed=A))
    soon, later = NOW + timedelta(seconds=299), NOW + timedelta(seconds=300)
    assert is_due(record, soon, 300, has_news=True)
    assert not is_due(record, soon, 300, has_news=False)
    assert is_due(record, later, 300, has_news=False)
    assert is_due(record, NOW - timedelta(days=1), 300, has_news=False)  # the clock was set back
    assert is_due(RemoteRecord(), NOW, 300, has_news=False)


def test_what_stopped_or_waits_is_looked_at_again_at_intervals_only() -> None:
    stop = Stop(StopKind.REWRITTEN, "reason", "remedy")
    for done in (
        Exchange(Outcome.STOPPED, stop=stop),
        Exchange(Outcome.WAITING, reason="an edit is in the way"),
    ):
        record = after_exchange(RemoteRecord(agreed=A), NOW, done)
        assert record.agreed == A
        assert record.exchanged_at is None
        assert not is_due(record, NOW + timedelta(seconds=10), 300, has_news=True)
        assert is_due(record, NOW + timedelta(seconds=300), 300, has_news=True)


@pytest.mark.parametrize("text", ["", "yesterday", "2026-03-01T00:00:00"])
def test_a_time_that_cannot_be_read_holds_nothing_off(text: str) -> None:
    assert is_due(RemoteRecord(attempted_at=text), NOW + timedelta(days=1), 300, has_news=False)
    assert is_due(RemoteRecord(not_before=text), NOW, 300, has_news=False)


def test_a_clock_that_was_set_back_holds_nothing_off_for_longer_than_any_delay() -> None:
    record = after_failure(
        RemoteRecord(), NOW + timedelta(days=10_000), Unavailable("offline"), 1.0
    )
    assert is_due(record, NOW, 300, has_news=False)


def test_each_remote_is_due_by_its_own_record() -> None:
    agreed = after_exchange(RemoteRecord(), NOW, Exchange(Outcome.UP_TO_DATE, agreed=A))
    stop = Stop(StopKind.REWRITTEN, "reason", "remedy")
    records = {
        "fine": agreed,
        "down": after_failure(agreed, NOW, Unavailable("offline"), 1.0),
        "stopped": after_exchange(agreed, NOW, Exchange(Outcome.STOPPED, stop=stop)),
        "new": RemoteRecord(),
    }
    soon = NOW + timedelta(seconds=1)
    assert due(records, A, soon, 300) == ["new"]
    assert due(records, B, soon, 300) == ["fine", "new"]
    assert due(records, None, soon, 300) == ["new"]
    assert due(records, B, NOW + timedelta(seconds=15), 300) == ["fine", "down", "new"]
    assert due(records, A, NOW + timedelta(seconds=300), 300) == [*records]


def test_what_one_remote_brought_is_news_for_the_other() -> None:
    one, two = (after_exchange(RemoteRecord(), NOW, Exchange(Outcome.SENT, agreed=A)),) * 2
    one = after_exchange(one, NOW, Exchange(Outcome.RECEIVED, agreed=B))
    assert due({"one": one, "two": two}, B, NOW, 300) == ["two"]
