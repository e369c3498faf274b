"""How a file of a kit stands, for every case of the table."""

import pytest

from pack.kits.states import KitState, state_of, states_of, worst

B, H, N = "b" * 40, "c" * 40, "d" * 40


@pytest.mark.contract("C15")
@pytest.mark.parametrize(
    ("base", "here", "new", "state"),
    [
        (B, B, B, KitState.PRISTINE),
        (B, H, B, KitState.MODIFIED),
        (B, B, N, KitState.OUTDATED),
        (B, N, N, KitState.PRISTINE),
        (B, H, N, KitState.CONFLICT),
        (B, None, B, KitState.REMOVED_HERE),
        (B, None, N, KitState.REMOVED_HERE),
        (B, B, None, KitState.GONE_UPSTREAM),
        (B, H, None, KitState.GONE_UPSTREAM),
        (B, None, None, None),
        (None, H, None, KitState.LOCAL),
        (None, H, N, KitState.CONFLICT),
        (None, N, N, KitState.PRISTINE),
        (None, None, N, KitState.OUTDATED),
        (None, None, None, None),
    ],
)
def test_a_file_stands_as_the_table_says(base, here, new, state):
    assert state_of(base, here, new) is state


def test_a_kit_stands_as_its_worst_file_and_files_of_the_user_do_not_count():
    here = {"k/a": B, "k/b": H, "k/mine": H}
    states = states_of({"k/a": B, "k/b": B}, here, {"k/a": N, "k/b": B})
    assert list(states.values()) == [KitState.OUTDATED, KitState.MODIFIED, KitState.LOCAL]
    assert worst(states.values()) is KitState.OUTDATED
    assert worst([KitState.LOCAL]) is KitState.PRISTINE
    assert worst([]) is KitState.PRISTINE
