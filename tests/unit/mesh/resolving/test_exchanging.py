"""Whole stories of machines that find each other, as the plan tells them."""

import pytest

from pack.errors import NotFound, Unavailable
from pack.mesh.resolving.listing import ListedPeer, Presence
from pack.mesh.state import PeerSource, PeerStatus
from pack.model import MemoryPath
from tests.finding_machines import Net, at
from tests.sim.world import MERGE


def write(net, name, text):
    """A commit of a new file on a machine."""
    machine, world = net.machines[name], net.world
    tree = {**world.trees[machine.disk.head], MemoryPath(f"{text}.md"): world.blob(text.encode())}
    parents = [machine.disk.head]
    machine.disk.head = world.commit(parents, tree, text, MERGE, machine.seconds())
    machine.disk.has |= world.mask[machine.disk.head]


def heads(net, *names):
    return {net.machines[name].disk.head for name in names or net.machines}


def test_two_machines_without_a_hub():
    net = Net("a", "b")
    net.only_members()
    net.beat()
    assert net.known("a") == net.known("b") == set()
    net.add("a", "b")
    net.add("b", "a")
    net.beat()
    write(net, "a", "by a")
    net.beat()
    assert len(heads(net)) == 1
    net.off.add("b")
    write(net, "a", "while b is off")
    for _ in range(11):
        net.beat()
    assert net.record("a", "b").status in (PeerStatus.UNREACHABLE, PeerStatus.ERROR)
    net.off.clear()
    net.beat(60)
    assert len(heads(net)) == 1
    assert net.record("a", "b").status is PeerStatus.ACTIVE


def test_three_machines_and_a_hub():
    net = Net("hub", "b", "c")
    net.make_hub("hub")
    net.only_members()
    for name in "bc":
        net.add(name, "hub")
    for _ in range(4):
        net.beat()
    assert net.record("b", "c").source is PeerSource.HUB
    assert net.record("c", "b").source is PeerSource.HUB
    assert net.record("b", "hub").source is PeerSource.MANUAL
    assert net.record("b", "c").status is PeerStatus.ACTIVE
    net.off.add("hub")
    write(net, "b", "while the hub is down")
    net.beat(60)
    assert heads(net, "b") == heads(net, "c")
    net.machines["c"].mesh = net.machines["c"].opened()  # and after a restart as well
    assert net.record("c", "b").endpoint == at("b")
    net.lines[at("c2")] = net.lines[at("c")]
    net.move("c", at("c2"))
    net.off.clear()
    for _ in range(4):
        net.beat(60)
    assert net.record("b", "c").endpoint == at("c2")
    assert net.record("b", "c").source is PeerSource.HUB
    assert len(heads(net)) == 1


def test_a_machine_that_joins_is_found_by_all_without_anybody_doing_anything():
    net = Net("hub", "b")
    net.make_hub("hub")
    net.only_members()
    net.add("b", "hub")
    net.beat()
    net.machines["c"] = net._machine("c")
    net.admit(net.machines["hub"], net.machines["c"])
    for _ in range(3):
        net.beat()
    assert net.record("b", "c").status is PeerStatus.ACTIVE
    assert len(heads(net)) == 1


def test_three_addresses_by_hand_and_meetings_give_a_full_mesh():
    net = Net("a", "b", "c", "d")
    net.only_members()
    for one, other in ("ab", "bc", "cd"):
        net.add(one, other)
    write(net, "d", "by d")
    for _ in range(4):
        net.beat()
    for name in net.machines:
        assert net.known(name) == net.machines.keys() - {name}
        for other in net.known(name):
            assert net.record(name, other).status is PeerStatus.ACTIVE
    assert len(heads(net)) == 1


def test_who_brought_an_address_with_a_bundle_is_remembered():
    net = Net("a", "b", "c", "d")
    net.only_members()
    net.add("a", "b")
    net.add("b", "c")
    for one, other in ("bc", "ab"):
        assert net.meet(one, other)
    record = net.record("a", "c")
    assert (record.endpoint, record.source) == (at("c"), PeerSource.GOSSIP)
    assert record.discovered_via == net.id("b")
    assert net.meet("a", "c")
    assert net.record("a", "c").discovered_via == net.id("b")
    net.policy("a", gossip=False)
    net.machines["a"].disk.records.pop(net.id("c"))
    assert net.record("a", "c").endpoint == ""


def test_the_whole_life_of_a_memory_on_three_machines():
    net = Net("a")  # t0, t1: a memory and its group
    write(net, "a", "before anybody came")  # t2
    b = net.machines["b"] = net._machine("b")
    net.admit(net.machines["a"], b)  # t3, t4
    assert heads(net) == {net.machines["a"].disk.head}  # t5
    write(net, "a", "a post")  # t6
    net.beat()
    write(net, "b", "a comment")  # t7
    net.beat()
    write(net, "a", "an answer")  # t8
    net.beat()
    assert len(heads(net)) == 1
    net.off.add("b")  # t9
    write(net, "a", "while b was away")
    write(net, "b", "while a was away")
    for _ in range(20):
        net.beat()
    assert not net.machines["a"].mesh.book.resolver.is_online(b.id)
    net.off.clear()  # t10
    net.beat(60)
    assert len(heads(net)) == 1
    c = net.machines["c"] = net._machine("c")
    net.admit(net.machines["a"], c)  # t11, with all that a has
    net.off.add("a")
    write(net, "b", "only at b")
    net.meet("a", "b")
    net.off.clear()
    net.beat(60)
    net.off.add("a")
    write(net, "b", "while a is away")
    net.beat(60)
    assert heads(net, "b") == heads(net, "c")
    net.off.clear()
    net.beat(60)
    net.beat(60)
    assert len(heads(net)) == 1


def test_a_third_machine_gets_everything_from_any_other():
    net = Net("a", "b", "c")
    write(net, "a", "by a")
    net.beat()
    net.machines["c"].disk.head = None  # it has lost its memory, and a is off
    net.off.add("a")
    net.beat(60)
    assert heads(net, "c") == heads(net, "b")


def test_whoever_leaves_says_so_and_is_not_called_any_more():
    net = Net("a", "b", "c")
    net.beat()
    net.off.add("c")
    untold = net.exchanges["b"].leave()
    assert untold == [net.id("c")]
    with pytest.raises(NotFound):
        net.machines["b"].mesh.roster.membership()
    net.off.clear()
    assert net.meet("a", "c")  # so that a is not alone
    assert net.record("a", "b").endpoint == ""
    assert net.record("c", "b").endpoint == at("b")  # it was off, and sees it by the silence
    with pytest.raises(NotFound):
        net.exchanges["b"].leave()


# --- at a meeting --------------------------------------------------------------------------------


@pytest.fixture
def pair():
    made = Net("hub", "b")
    made.make_hub("hub")
    made.only_members()
    made.add("b", "hub")
    return made


def test_addresses_are_told_at_every_second_meeting(pair):
    line = pair.lines[at("hub")]
    asked = []
    for _ in range(4):
        line.asked.clear()
        assert pair.meet("b", "hub")
        asked.append("register" in line.asked)
    assert asked == [True, False, True, False]
    pair.policy("b", every=1)
    for _ in range(2):
        line.asked.clear()
        assert pair.meet("b", "hub")
        assert "register" in line.asked


def test_a_hub_that_fails_is_told_and_the_memory_is_exchanged_all_the_same(pair, monkeypatch):
    def fail(*_):
        raise Unavailable("no such path")

    write(pair, "b", "by b")
    monkeypatch.setattr(pair.lines[at("hub")], "register", fail)
    assert pair.meet("b", "hub")
    assert len(heads(pair)) == 1
    record = pair.record("b", "hub")
    assert (record.status, "no such path" in record.last_error) == (PeerStatus.ACTIVE, True)


def test_forged_addresses_of_a_hub_are_told(pair, monkeypatch):
    pair.machines["c"] = pair._machine("c")
    pair.admit(pair.machines["hub"], pair.machines["c"])
    address = pair.machines["b"].mesh.gossip.mine()
    forged = ListedPeer(
        pair.id("c"),
        "c",
        Presence.ONLINE,
        "",
        type(address)(
            type(address.said)(address.said.group, pair.id("c"), 9, "http://evil:1"),
            address.signature,
        ),
    )
    monkeypatch.setattr(pair.lines[at("hub")], "register", lambda *_: [forged])
    assert pair.meet("b", "hub")
    assert "1 addresses" in pair.record("b", "hub").last_error
    assert pair.record("b", "c").endpoint == ""
