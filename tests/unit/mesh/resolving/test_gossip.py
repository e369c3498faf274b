"""Passing on addresses: how far they go, and when one is dropped."""

import pytest

from pack.mesh.resolving.policy import Discovery
from pack.mesh.state import PeerSource, PeerStatus
from tests.finding_machines import Net, at


@pytest.fixture
def net():
    made = Net("a", "b", "c", "d")
    made.only_members()
    return made


def chain(net):
    for one, other in ("ab", "bc", "cd"):
        net.add(one, other)


def told(net, name, other):
    """Whose addresses one machine would tell another one, and with how many hops to go."""
    names = {one.id: it for it, one in net.machines.items()}
    found = net.machines[name].mesh.gossip.told_to(net.id(other), {})
    return {names[one.said.peer]: one.ttl for one in found}


def test_three_addresses_by_hand_give_a_full_mesh(net):
    chain(net)
    for _ in range(3):
        for name in net.machines:
            for other in net.known(name):
                net.tell(name, other)
    for name in net.machines:
        assert net.known(name) == net.machines.keys() - {name}
    assert net.record("a", "b").source is PeerSource.MANUAL
    assert net.record("a", "d").source is PeerSource.GOSSIP


def test_an_address_goes_as_many_hops_as_the_settings_say(net):
    chain(net)
    net.tell("c", "d")
    assert told(net, "c", "b") == {"c": 1, "d": 1}
    net.tell("b", "c")
    assert net.record("b", "d").gossip_ttl == 1
    assert told(net, "b", "a") == {"b": 1, "c": 1, "d": 0}
    net.tell("a", "b")
    assert net.record("a", "d").gossip_ttl == 0
    assert (net.record("a", "d").discovered_via, "d" in told(net, "a", "c")) == (net.id("b"), False)


@pytest.mark.parametrize(("ttl", "known"), [(0, set()), (1, {"b", "c"}), (2, {"b", "c", "d"})])
def test_how_far_can_be_set(net, ttl, known):
    for name in net.machines:
        net.policy(name, ttl=ttl)
    chain(net)
    for one, other in ("cd", "bc", "ab"):
        net.tell(one, other)
    assert net.known("a") - {"b"} == known - {"b"}


def test_nobody_is_told_of_itself_or_of_what_it_knows_already(net):
    chain(net)
    net.tell("b", "c")
    b = net.machines["b"]
    assert "c" not in told(net, "b", "c")
    assert "c" in told(net, "b", "a")
    commit = net.machines["c"].disk.refs[f"peers/{net.id('c')}"]
    b.disk.refs[f"peers/{net.id('c')}"] = commit
    b.disk.has |= net.world.mask[commit]
    peers = [one.said.peer for one in b.mesh.gossip.told_to(net.id("a"), {net.id("c"): commit})]
    assert peers == [b.id]


def test_with_gossip_off_nothing_is_told_and_nothing_taken(net):
    chain(net)
    net.tell("b", "c")
    net.policy("a", gossip=False)
    net.tell("a", "b")
    assert told(net, "a", "b") == {}
    assert net.known("a") == {"b"}


def test_a_peer_that_cannot_be_called_tells_of_others_and_not_of_itself(net):
    chain(net)
    net.tell("b", "c")
    net.move("b", "")
    assert net.machines["b"].mesh.gossip.mine() is None
    assert told(net, "b", "a") == {"c": 1}


def test_a_new_address_is_told_with_a_higher_number(net):
    first = net.machines["b"].mesh.gossip.mine()
    net.add("a", "b")
    net.tell("a", "b")
    net.move("b", "http://elsewhere:1")
    second = net.machines["b"].mesh.gossip.mine()
    assert (second.said.n, second.said.endpoint) == (first.said.n + 1, "http://elsewhere:1")
    net.tell("c", "b")
    assert net.record("c", "b").endpoint == "http://elsewhere:1"


# --- what is dropped -----------------------------------------------------------------------------


def hear_of_c(net):
    """Have a hear of c from b, which is on; c is off and was never met."""
    net.add("a", "b")
    net.add("b", "c")
    net.tell("b", "c")
    net.tell("a", "b")
    net.off.add("c")
    net.machines["a"].mesh.book.remember(
        net.id("b"), status=PeerStatus.ACTIVE, last_heartbeat_at="2026-01-01T00:00:00Z"
    )


def fail(net, name, other, times):
    machine = net.machines[name]
    for _ in range(times):
        assert not net.meet(name, other)
        machine.mesh.book.remember(
            net.id("b"), last_heartbeat_at=machine.mesh.book._ports.clock().isoformat()
        )


def test_an_address_of_a_peer_that_was_never_met_is_dropped_after_three_failures(net):
    hear_of_c(net)
    fail(net, "a", "c", 2)
    assert net.record("a", "c").endpoint == at("c")
    fail(net, "a", "c", 1)
    assert net.record("a", "c").endpoint == ""
    net.tell("a", "b")  # which has nothing newer to say
    assert net.record("a", "c").endpoint == ""
    net.move("c", "http://c:4")
    net.tell("b", "c")
    net.tell("a", "b")
    assert net.record("a", "c").endpoint == "http://c:4"


def test_what_was_dropped_is_asked_again_while_nobody_else_answers(net):
    hear_of_c(net)
    fail(net, "a", "c", 3)
    net.machines["a"].now += 301
    assert net.record("a", "b").status is PeerStatus.UNREACHABLE
    net.machines["a"].disk.refs[f"peers/{net.id('c')}"] = net.machines["c"].disk.refs[
        f"peers/{net.id('c')}"
    ]
    net.machines["a"].disk.has |= net.machines["c"].disk.has
    assert net.record("a", "c").endpoint == at("c")


def test_an_address_of_a_peer_that_was_met_stays(net):
    hear_of_c(net)
    net.off.clear()
    assert net.meet("a", "c")
    net.off.add("c")
    fail(net, "a", "c", 12)
    record = net.record("a", "c")
    assert (record.endpoint, record.status) == (at("c"), PeerStatus.ERROR)
    net.off.clear()
    assert net.meet("a", "c")
    assert net.record("a", "c").status is PeerStatus.ACTIVE


def test_an_address_by_hand_stays(net):
    net.add("a", "d")
    net.off.add("d")
    net.policy("a", discovery=Discovery.MANUAL)
    fail(net, "a", "d", 12)
    assert net.record("a", "d").endpoint == at("d")
