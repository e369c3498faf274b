"""A hub: what it lists, and that nothing depends on it."""

from dataclasses import replace

import pytest

from pack.errors import NotFound
from pack.mesh.resolving.listing import Presence
from pack.mesh.resolving.policy import Discovery
from pack.mesh.state import PeerSource
from tests.finding_machines import Net, at


@pytest.fixture
def net():
    made = Net("hub", "b", "c")
    made.make_hub("hub")
    made.only_members()
    return made


def register(net, name):
    machine = net.machines[name]
    return net.machines["hub"].mesh.hub.register(machine.id, machine.mesh.gossip.mine())


def test_a_hub_lists_the_others_with_where_they_said_that_they_are(net):
    assert [one.address for one in register(net, "b")] == [None]
    (listed,) = register(net, "c")
    assert (listed.name, listed.presence) == ("b", Presence.ONLINE)
    assert listed.address.said.endpoint == at("b")
    c = net.machines["c"].mesh
    assert c.hub.take([listed], net.id("hub")) == ""
    record = net.record("c", "b")
    assert (record.endpoint, record.source, record.gossip_ttl) == (at("b"), PeerSource.HUB, 1)


def test_whoever_was_silent_for_five_minutes_is_offline_and_still_listed(net):
    register(net, "b")
    net.machines["hub"].now += 301
    (listed,) = register(net, "c")
    assert (listed.presence, listed.address.said.endpoint) == (Presence.OFFLINE, at("b"))


def test_an_address_of_somebody_else_is_not_registered(net):
    hub = net.machines["hub"].mesh.hub
    hub.register(net.id("b"), net.machines["c"].mesh.gossip.mine())
    assert net.known("hub") == set()


def test_a_peer_without_the_role_is_no_hub(net):
    with pytest.raises(NotFound):
        net.machines["b"].mesh.hub.register(net.id("c"), None)
    listed = register(net, "b")
    listed += register(net, "c")
    assert net.machines["c"].mesh.hub.take(listed, net.id("b")) == ""
    assert net.known("c") == set()


def test_a_hub_that_lies_is_not_believed_and_makes_nobody_a_member(net):
    register(net, "b")
    (listed,) = register(net, "c")
    said = replace(listed.address.said, endpoint="http://evil:1")
    forged = replace(listed, address=replace(listed.address, said=said))
    c = net.machines["c"].mesh
    assert "1 addresses" in c.hub.take([forged], net.id("hub"))
    assert net.known("c") == set()


def test_whoever_wants_no_hub_asks_none(net):
    net.policy("c", discovery=Discovery.MANUAL)
    c = net.machines["c"].mesh
    assert not c.hub.is_asked(net.id("hub"))
    register(net, "b")
    c.hub.take(register(net, "c"), net.id("hub"))
    assert net.known("c") == set()


def test_whoever_has_left_is_not_listed_with_an_address(net):
    register(net, "b")
    net.machines["hub"].mesh.book.note_leaving(net.id("b"))
    assert [one.address for one in register(net, "c")] == [None]
    register(net, "b")
    assert [one.address for one in register(net, "c")] == [None]
    net.move("b", "http://b:4")
    register(net, "b")
    assert [one.address.said.endpoint for one in register(net, "c")] == ["http://b:4"]
