"""Whatever happens to peers, they end at one commit, and nothing that was acknowledged is lost.

`python -m tests.sim --seed S` tells the course of one run; the seed is all that it needs.
"""

import os

import pytest

from pack.mesh.troubles import TroubleKind
from tests.sim.auditor import audit
from tests.sim.runs import problems_of

USUAL, SOAK = int(os.environ.get("PACK_SIM_SEEDS") or 120), 50_000
BATCH = 20
IDLE = 20
FOUND = (37, 96, 993, 1012, 1912, 3833, 8700, 13891, 22567, 28027, 33620)
"""At these, something was wrong once."""


def told(seed: int, idle_rounds: int = 0, *, limits_two: bool = False) -> str:
    """What is wrong with a run, and how to have it again; empty if nothing is."""
    problems, run = problems_of(seed, idle_rounds, limits_two=limits_two)
    again = f"--seed {seed}{' --limits-two' if limits_two else ''}"
    return "\n".join([again, *problems, *run.log]) if problems else ""


@pytest.mark.contract("C1")
@pytest.mark.parametrize("first", range(0, USUAL, BATCH))
def test_peers_converge_and_lose_nothing(first):
    for seed in range(first, first + BATCH):
        assert not told(seed)


@pytest.mark.contract("C14")
def test_peers_converge_of_which_two_may_not_write_at_every_level():
    for seed in range(BATCH):
        assert not told(seed, limits_two=True)


@pytest.mark.parametrize("seed", FOUND)
def test_what_was_wrong_once_is_right(seed):
    assert not told(seed)


@pytest.mark.contract("C14")
def test_a_machine_that_takes_a_new_key_as_it_is_told_has_all_in_that_it_wrote():
    problems, run = problems_of(1912)
    peers = run.machines[0].mesh.roster.version().group.peers
    (told,) = [one for one in run.machines if one.id not in peers]
    assert [one.kind for one in told.mesh.troubles.found()] == [TroubleKind.MEMBERSHIP]
    written = told.disk.head
    run.take_new_key(told)
    assert not [*problems, *audit(run)]
    (head,) = {one.disk.head for one in run.machines}
    assert run.world.leads_to(written, head)


def test_idle_peers_add_nothing():
    assert not told(USUAL, IDLE)


def test_a_seed_is_all_that_a_run_follows_from():
    assert problems_of(3)[1].log == problems_of(3)[1].log


@pytest.mark.soak
@pytest.mark.parametrize("first", range(USUAL, SOAK, 500))
def test_peers_converge_whatever_the_seed(first):
    for seed in range(first, first + 500):
        assert not told(seed, IDLE if seed % 100 == 0 else 0)


@pytest.mark.soak
@pytest.mark.parametrize("first", range(BATCH, SOAK // 10, 500))
def test_peers_converge_whatever_the_seed_where_two_are_limited(first):
    for seed in range(first, first + 500):
        assert not told(seed, limits_two=True)
