"""What a process knew last counts when its files are taken away or damaged under it (C6)."""

from contextlib import nullcontext

import pytest

from pack.sync.last_states import LastStates
from pack.sync.state import DamagedState, TargetState


class Stored:
    """States that can be taken away and damaged."""

    def __init__(self):
        self.states = {}
        self.is_damaged = False

    def load(self, key):
        if self.is_damaged:
            raise DamagedState(key)
        return self.states.get(key)

    def save(self, key, state):
        self.states[key] = state

    def exclusive(self, key):
        return nullcontext(key)


@pytest.mark.parametrize("is_damaged", [True, False])
@pytest.mark.parametrize("is_read", [True, False])
def test_what_was_known_outlives_its_file(is_damaged, is_read):
    stored, state = Stored(), TargetState(failures=3)
    known = LastStates(stored)
    if is_read:
        stored.save("page", state)
        assert known.load("page") == state
    else:
        known.save("page", state)
    stored.states.clear()
    stored.is_damaged = is_damaged
    assert known.load("page") == state


def test_what_was_never_known_is_damaged_or_new():
    stored = Stored()
    known = LastStates(stored)
    assert known.load("page") is None
    stored.is_damaged = True
    with pytest.raises(DamagedState):
        known.load("page")


def test_a_state_that_was_stored_meanwhile_counts():
    stored = Stored()
    known = LastStates(stored)
    known.save("page", TargetState(failures=1))
    stored.save("page", TargetState(failures=2))
    assert known.load("page") == TargetState(failures=2)
    with known.exclusive("page") as held:
        assert held == "page"
