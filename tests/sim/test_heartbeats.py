"""After how many heartbeats all peers are at one commit, by the virtual clock."""

import pytest

from pack.mesh.rekeying import Rekeyed
from tests.sim.heartbeats import BEAT, Heartbeats
from tests.sim.simulation import Simulation

SEEDS = 3
LONG = 1000
AT_MOST = 2 * BEAT + 1
"""Two heartbeats, and the second in which a peer looks who is due."""


def peers(count, seed):
    run = Simulation(seed)
    run.found(count)
    beats = Heartbeats(run)
    assert beats.seconds_to_agree(AT_MOST) < AT_MOST
    return run, beats


def parted(run, beats):
    """Have everybody write in parts that do not reach each other, for up to a quarter hour."""
    names = run.random.sample([one.name for one in run.machines], len(run.machines))
    most = run.random.randint(2, min(3, len(names)))
    beats.part(*(names[number::most] for number in range(most)))
    for machine in run.machines:
        for _ in range(run.random.randint(20, 900 // len(run.machines))):
            beats.second()
        run.write(machine)


@pytest.mark.contract("C14")
@pytest.mark.parametrize("count", [2, 3, pytest.param(5, marks=pytest.mark.soak)])
def test_after_a_partition_heals_all_agree_within_two_heartbeats(count):
    for seed in range(SEEDS):
        run, beats = peers(count, seed)
        parted(run, beats)
        assert len({one.disk.head for one in run.machines}) > 1
        beats.heal()
        assert beats.seconds_to_agree(LONG) <= AT_MOST, f"seed {seed}"


@pytest.mark.contract("C14")
def test_so_they_do_where_a_peer_and_the_owner_got_new_keys_meanwhile():
    for seed in range(SEEDS):
        run, beats = peers(3, seed)
        parted(run, beats)
        owner, member, _ = run.machines
        assert owner.mesh.rekeying.renew() is Rekeyed.DONE
        assert member.mesh.rekeying.renew() is Rekeyed.ASKED
        beats.heal()
        assert beats.seconds_to_agree(LONG) <= AT_MOST, f"seed {seed}"
        for _ in range(AT_MOST):
            beats.second()
        now = owner.mesh.roster.version().group.peers
        assert {one.id for one in run.machines} == set(now)
        assert all(one.mesh.roster.version().group.peers == now for one in run.machines)


@pytest.mark.contract("C14")
def test_so_they_do_where_one_merges_by_a_version_that_nobody_else_knows():
    for seed in range(SEEDS):
        run, beats = peers(3, seed)
        run.machines[seed].merge_version = 2
        parted(run, beats)
        beats.heal()
        assert beats.seconds_to_agree(LONG) <= AT_MOST, f"seed {seed}"


@pytest.mark.contract("C14")
def test_what_one_writes_is_with_all_that_it_reaches_in_the_same_second():
    run, beats = peers(3, 1)
    run.write(run.machines[1])
    assert beats.seconds_to_agree(LONG) <= 2
