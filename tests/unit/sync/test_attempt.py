"""Whether a target is tried now; what an attempt does is in the tests of the engine."""

from dataclasses import replace
from datetime import timedelta

import pytest

from pack.errors import AuthFailed, Unavailable
from pack.sync.attempt import held_back
from pack.sync.results import Standing, Urgency
from pack.sync.routes import Destination
from pack.sync.state import TargetState, after_failure, after_refusal
from tests.support import START

PAGE = Destination("page", "page", "config", only_newest=True, open=lambda: None)
WAITING = after_failure(TargetState(), START, Unavailable("down"), 1.0)
PARKED = after_refusal(TargetState(), AuthFailed("no token"), PAGE.config)
LATER = START + timedelta(days=2)


def standing(state, urgency, now=START):
    found = held_back(PAGE, state, urgency, now)
    return found and found.standing


@pytest.mark.parametrize("urgency", list(Urgency))
def test_nothing_holds_a_new_target_back(urgency):
    assert standing(None, urgency) is None
    assert standing(TargetState(), urgency) is None


def test_after_a_failure_it_waits_unless_a_person_wants_it():
    assert standing(WAITING, Urgency.DUE) is Standing.WAITING
    assert standing(WAITING, Urgency.NOW) is None
    assert standing(WAITING, Urgency.DUE, LATER) is None


def test_a_parked_target_is_tried_by_name_or_with_other_settings_only():
    assert standing(PARKED, Urgency.DUE, LATER) is Standing.PARKED
    assert standing(PARKED, Urgency.NOW, LATER) is Standing.PARKED
    assert standing(PARKED, Urgency.UNPARKED) is None
    found = held_back(PAGE, PARKED, Urgency.NOW, START)
    assert (found.code, found.remedy) == (AuthFailed.code, AuthFailed.remedy)
    assert held_back(replace(PAGE, config="other"), PARKED, Urgency.NOW, LATER) is None
