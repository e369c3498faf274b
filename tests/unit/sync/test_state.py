"""When a target is tried again, and when no more."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pack.errors import (
    AuthFailed,
    ConnectorError,
    InvalidConfig,
    LimitExceeded,
    NotFound,
    OutcomeUnknown,
    RateLimited,
    Unavailable,
)
from pack.sync import state as states
from pack.sync.state import TargetState

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DOWN = Unavailable("down")


def after(count, jitter=1.0):
    state = TargetState()
    for _ in range(count):
        state = states.after_failure(state, NOW, DOWN, jitter)
    return state


def test_each_failure_makes_the_next_attempt_later_up_to_an_hour():
    delays = [states.retry_delay(failures, 1.0) for failures in range(1, 20)]
    assert delays == sorted(delays)
    assert (delays[0], delays[-1]) == (5.0, 3600.0)


@given(st.integers(1, 10_000), st.floats(0, 1))
def test_the_jitter_takes_off_at_most_a_half(failures, jitter):
    longest = states.retry_delay(failures, 1.0)
    assert longest / 2 <= states.retry_delay(failures, jitter) <= longest


def test_nothing_is_tried_before_its_time():
    state = after(1)
    assert states.is_waiting(state, NOW + timedelta(seconds=4.9))
    assert not states.is_waiting(state, NOW + timedelta(seconds=5))


def test_a_clock_that_was_set_back_holds_nothing_off_for_ever():
    assert not states.is_waiting(after(1), NOW - timedelta(days=400))


def test_a_circuit_opens_after_five_failures_and_closes_with_a_success():
    assert not states.is_open(after(4))
    assert states.is_open(after(5))
    done = states.after_delivery(after(5), NOW, None, "", None)
    assert not states.is_open(done)
    assert (done.problem, done.not_before) == (None, None)


@pytest.mark.parametrize(("pause", "wait"), [(60, 60), (1, 5), (10**9, 86_400)])
def test_a_pause_that_the_service_names_is_kept_within_reason(pause, wait):
    error = RateLimited("it", pause, NOW + timedelta(seconds=pause))
    state = states.after_failure(TargetState(), NOW, error, 1.0)
    assert state.is_asked
    assert states.is_waiting(state, NOW + timedelta(seconds=wait - 0.5))
    assert not states.is_waiting(state, NOW + timedelta(seconds=wait))


@pytest.mark.parametrize(
    ("error", "is_permanent"),
    [
        (DOWN, False),
        (OutcomeUnknown("no answer"), False),
        (RateLimited("it", 1, NOW), False),
        (AuthFailed("revoked"), True),
        (NotFound("the page"), True),
        (InvalidConfig("X", "bad"), True),
        (LimitExceeded("it", 1), True),
        (ConnectorError("no"), True),
    ],
)
def test_what_only_a_person_can_put_right(error, is_permanent):
    assert states.is_permanent(error) == is_permanent


def test_a_parked_target_stays_so_until_its_settings_change_or_a_person_wants_it():
    state = states.after_refusal(TargetState(), AuthFailed("revoked"), "settings 1")
    assert states.is_parked(state, "settings 1")
    assert not states.is_parked(state, "settings 2")
    assert not states.is_parked(states.set_free(state), "settings 1")
    assert (state.parked.reason, state.parked.code) == ("revoked", "auth_failed")


def test_parts_of_a_commit_that_is_no_more_or_in_another_form_do_not_count():
    state = states.after_part(TargetState(), NOW, "a" * 40, 3, "2")
    assert states.parts_done(state, "a" * 40, "2") == 3
    assert states.parts_done(state, "b" * 40, "2") == 0
    assert states.parts_done(state, "a" * 40, "1") == 0
