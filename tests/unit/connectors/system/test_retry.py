"""The rules for asking a service again, which all connectors share."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from pack_connectors.system.retry import (
    Limited,
    NoAnswer,
    Pause,
    RetryPolicy,
    parse_retry_after,
)

from pack.errors import RateLimited, Unavailable
from tests.standins.clock import ManualClock


class Service:
    """Answers with the outcomes it is given, in order, then with its name."""

    def __init__(self, *outcomes: Exception) -> None:
        self.outcomes = iter(outcomes)
        self.asked = 0

    def __call__(self) -> str:
        self.asked += 1
        for outcome in self.outcomes:
            raise outcome
        return "done"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def pauses() -> list[Pause]:
    return []


@pytest.fixture
def policy(clock: ManualClock, pauses: list[Pause]) -> RetryPolicy:
    return RetryPolicy("It", clock, most_wait=90, announce=pauses.append, sleep=clock.sleep)


@pytest.mark.parametrize("is_safe", [True, False])
def test_a_limit_is_waited_out_as_long_as_stated(
    policy: RetryPolicy, clock: ManualClock, pauses: list[Pause], is_safe: bool
) -> None:
    began = clock()
    assert policy.call(Service(Limited(7), Limited(3)), is_safe=is_safe) == "done"
    assert clock.waits == [7, 3]
    ends = [began + timedelta(seconds=7), began + timedelta(seconds=10)]
    assert [(p.seconds, p.until) for p in pauses] == list(zip([7, 3], ends, strict=True))
    assert pauses[0].reason == "It's rate limit is used up"


def test_limits_of_unstated_length_are_waited_for_longer_each_time(clock: ManualClock) -> None:
    policy = RetryPolicy("It", clock, most_wait=20, unstated_wait=2, sleep=clock.sleep)
    policy.call(Service(*[Limited(None)] * 3), is_safe=True)
    assert clock.waits == [2, 4, 8]


@pytest.mark.parametrize(("stated", "told"), [(31.0, 31.0), (None, 60.0)])
def test_a_limit_beyond_the_cap_is_an_error_with_its_end(
    clock: ManualClock, pauses: list[Pause], stated: float | None, told: float
) -> None:
    policy = RetryPolicy("It", clock, most_wait=30, announce=pauses.append, sleep=clock.sleep)
    with pytest.raises(RateLimited) as caught:
        policy.call(Service(Limited(stated)), is_safe=True)
    assert caught.value.retry_after == told
    assert caught.value.until == clock() + timedelta(seconds=told)
    assert (clock.waits, pauses) == ([], [])


def test_the_cap_is_for_all_waits_of_a_request_together(
    policy: RetryPolicy, clock: ManualClock
) -> None:
    with pytest.raises(RateLimited):
        policy.call(Service(*[Limited(40)] * 3), is_safe=True)
    assert clock.waits == [40, 40]


@pytest.mark.parametrize(("stated", "waited"), [(-5, 1), (0, 1), (1e9, 24 * 3600)])
def test_nonsense_is_cut_to_between_a_second_and_a_day(stated: float, waited: float) -> None:
    assert Limited(stated).seconds == waited


def test_failures_are_outlasted_with_random_pauses_that_grow(
    policy: RetryPolicy, clock: ManualClock, pauses: list[Pause]
) -> None:
    assert policy.call(Service(*[NoAnswer("no")] * 4), is_safe=True) == "done"
    bounds = [0.5, 1, 2, 4]
    assert all(0 <= wait <= most for wait, most in zip(clock.waits, bounds, strict=True))
    assert len(set(clock.waits)) == 4
    assert pauses == []


def test_a_failure_that_stays_is_given_up(policy: RetryPolicy) -> None:
    service = Service(*[NoAnswer("it answered 503")] * 50)
    with pytest.raises(Unavailable, match="It cannot be used now: it answered 503"):
        policy.call(service, is_safe=True)
    assert service.asked == 5


def test_what_may_be_done_is_repeated_only_if_that_is_safe(policy: RetryPolicy) -> None:
    service = Service(NoAnswer("it did not answer in time"))
    with pytest.raises(NoAnswer):
        policy.call(service, is_safe=False)
    assert service.asked == 1


def test_what_was_certainly_not_done_is_repeated(policy: RetryPolicy) -> None:
    service = Service(NoAnswer("it cannot be reached", may_be_done=False))
    assert policy.call(service, is_safe=False) == "done"
    never = Service(*[NoAnswer("it cannot be reached", may_be_done=False)] * 9)
    with pytest.raises(Unavailable, match="cannot be reached"):
        policy.call(never, is_safe=False)
    assert never.asked == 5


def test_other_errors_are_not_repeated(policy: RetryPolicy) -> None:
    service = Service(ValueError("a refusal"))
    with pytest.raises(ValueError, match="a refusal"):
        policy.call(service, is_safe=True)
    assert service.asked == 1


def test_cancelling_ends_a_wait_for_a_limit(clock: ManualClock) -> None:
    announced = threading.Event()
    policy = RetryPolicy("It", clock, most_wait=90, announce=lambda _: announced.set())
    ended = threading.Event()

    def wait() -> None:
        with pytest.raises(Unavailable, match="cancelled"):
            policy.call(Service(Limited(60)), is_safe=True)
        ended.set()

    thread = threading.Thread(target=wait)
    thread.start()
    assert announced.wait(20)
    policy.cancel()
    thread.join(20)
    assert ended.is_set()


def test_nothing_is_asked_after_cancelling(clock: ManualClock) -> None:
    policy = RetryPolicy("It", clock, most_wait=90)
    policy.cancel()
    service = Service()
    with pytest.raises(Unavailable, match="closed"):
        policy.call(service, is_safe=True)
    assert service.asked == 0
    with pytest.raises(Unavailable, match="cancelled"):
        list(policy.attempts(2))


def test_attempts_are_apart(policy: RetryPolicy, clock: ManualClock) -> None:
    assert list(policy.attempts(4, longest=0.001)) == [1, 2, 3, 4]
    assert len(clock.waits) == 3
    assert max(clock.waits) <= 0.001


def test_an_attempt_that_succeeds_is_not_waited_after(
    policy: RetryPolicy, clock: ManualClock
) -> None:
    assert next(policy.attempts(4)) == 1
    assert clock.waits == []


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("7", 7),
        (" 7.5 ", 7.5),
        ("-5", -5),
        ("Sun, 01 Mar 2026 12:00:09 GMT", 9),
        ("Sun, 01 Mar 2026 13:00:09 +0100", 9),
        ("Sun, 01 Mar 2026 12:00:09", 9),
        (None, None),
        ("", None),
        ("soon", None),
        ("nan", None),
        ("1e999", None),
        ("9" * 400, None),
        ("Sun, 99 Mar 2026 12:00:09 GMT", None),
        ("Sun, 01 Mar 99999999999999999999 12:00:09 GMT", None),
    ],
)
def test_retry_after(text: str | None, seconds: float | None) -> None:
    assert parse_retry_after(text, datetime(2026, 3, 1, 12, tzinfo=UTC)) == seconds
