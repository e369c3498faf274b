"""In how many rounds peers come to the same commit, and that they then say nothing more.

Each round, everybody hears from one other, drawn at random, and all at the same moment, which is
the worst that can happen to merges. Rounds are counted and time is not.
"""

import pytest

from pack.mesh.members.agreement import agreed
from tests.sim.simulation import Simulation

SEEDS = 4
BEAT, DAY = 30, 24 * 3600


def group_of(count, seed):
    run = Simulation(seed)
    run.found(count)
    for machine in run.machines:
        run.write(machine)
    return run


def heads(run):
    return {machine.disk.head for machine in run.machines}


def rounds_of(run):
    for number in range(100):
        if len(heads(run)) == 1:
            return number
        run.pull_at_once()
    return 100


@pytest.mark.contract("C14")
@pytest.mark.parametrize(
    ("peers", "most_rounds", "most_merges"),
    [
        (2, 1, 1),
        (3, 5, 6),
        (5, 18, 59),
        pytest.param(7, 64, 293, marks=pytest.mark.soak),
    ],
)
def test_peers_that_pull_at_once_come_to_one_commit(peers, most_rounds, most_merges):
    for seed in range(SEEDS):
        run = group_of(peers, seed)
        begun = len(run.world.merges())
        assert rounds_of(run) <= most_rounds
        assert len(run.world.merges()) - begun <= most_merges


@pytest.mark.contract("C14")
@pytest.mark.parametrize("peers", [3, 5])
def test_whoever_hears_of_all_heads_at_once_makes_the_same_commit(peers):
    """Whichever of the heads is their own."""
    for seed in range(SEEDS):
        run = group_of(peers, seed)
        first, *others = run.machines
        first.busy = True  # so that it knows all heads and has merged none
        for other in others:
            run.hand_over(other, first)
        for other in others:
            run.hand_over(first, other)
        first.busy = False
        first.mesh.inbox.settle()
        assert len(heads(run)) == 1


@pytest.mark.contract("C14")
@pytest.mark.parametrize("way", ["removed", "renewed"])
def test_what_a_former_key_vouched_for_goes_on_from_one_peer_to_the_next(way):
    """Two that may not write as the user, in a row; the owner meets only the second of them."""
    run = Simulation(1)
    run.found(4)
    owner, former, first, second = run.machines
    for one in (first, second):
        run.limit(one, frozenset({3, 4, 5}))
    if way == "renewed":
        owner, former = both_renewed(owner, former)
    run.random.random = iter([0.5, 0.1]).__next__  # by hand, and unsigned
    run.write(former)
    run.hand_over(former, first)
    if way == "removed":
        owner.mesh.roster.remove(former.id)
    in_row = ((owner, second), (first, second), (second, first), (second, owner))
    for _ in range(3):
        hand_on(run, in_row)
    assert former.id not in owner.mesh.roster.version().group.peers
    assert {one.disk.head for one in (owner, first, second)} == {former.disk.head}
    state = run.state()
    hand_on(run, in_row)
    assert run.state() == state


def both_renewed(owner, other):
    """Two machines with the owner's key that each got a new one; that which the group knows first.

    As all will say who hear of both.
    """
    other.copy_of(owner)
    for one in (owner, other):
        one.mesh.rekeying.renew()
        one.mesh = one.opened()
    chains = [one.mesh.roster.known_chains()["group"] for one in (owner, other)]
    peers = agreed(chains).version.group.peers
    return sorted((owner, other), key=lambda one: one.id not in peers)


def hand_on(run, pairs):
    for sender, machine in pairs:
        run.hand_over(sender, machine)


@pytest.mark.contract("C14")
def test_a_day_without_writes_adds_neither_commits_nor_refs():
    run = group_of(3, 1)
    rounds_of(run)
    run.round()
    run.round()
    commits, state = len(run.world.by_number), run.state()
    for number in range(DAY // BEAT):
        machine, other = (run.machines[(number + step) % 3] for step in (0, 1 + number % 2))
        assert not run.beat(machine, other, number * BEAT)
    assert (len(run.world.by_number), run.state()) == (commits, state)
