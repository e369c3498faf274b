"""What is remembered of other peers."""

from dataclasses import replace

import pytest
from pack_connectors.peers.state_files import MeshFiles

from pack.errors import InvalidContent, InvalidRequest, NotFound, RefusedForSafety
from pack.mesh.members.endpoints import pin_of
from pack.mesh.state import PeerSource, PeerStatus
from tests.finding_machines import Net
from tests.mesh_support import public_key


def test_an_address_is_what_the_peer_itself_says_unless_a_person_knows_better(machines):
    laptop, desk, phone = machines
    laptop.write("one")
    laptop.mesh.begin("laptop", "home", "http://laptop:1")
    laptop.lets_in(desk)
    laptop.lets_in(phone)
    assert phone.mesh.book.records()[laptop.id].endpoint == "http://laptop:1"
    assert phone.mesh.book.records()[laptop.id].source == "gossip"
    assert phone.mesh.book.records()[laptop.id].is_by_person  # it is that of the invitation
    assert phone.mesh.book.records()[desk.id].endpoint == ""
    phone.mesh.book.remember(laptop.id, endpoint="http://other:1", source=PeerSource.MANUAL)
    assert phone.mesh.book.records()[laptop.id].endpoint == "http://other:1"
    assert phone.mesh.book.records()[laptop.id].is_by_person
    phone.mesh.book.remember(laptop.id, endpoint="", invited_at="")
    said = phone.mesh.book.records()[laptop.id]
    assert (said.endpoint, said.source, said.is_by_person) == ("http://laptop:1", "gossip", False)


def test_the_address_of_an_invitation_is_a_persons_as_long_as_the_peer_says_the_same(pair):
    laptop, desk = pair
    state = MeshFiles(laptop.git.repository.state_dir / "mesh")
    for at, by_person in (("http://127.0.0.1:1", True), ("http://127.0.0.1:2", False)):
        desk.mesh.book.remember(laptop.id, invited_at="http://127.0.0.1:1")
        state.set_membership(replace(state.membership(), endpoint=at))
        laptop.send(desk)
        found = desk.mesh.book.records()[laptop.id]
        assert (found.endpoint, found.is_by_person) == (at, by_person)


def test_an_address_with_a_port_that_a_person_gives_is_that_of_the_peers_key(pair):
    laptop, desk = pair
    state, at = MeshFiles(laptop.git.repository.state_dir / "mesh"), "https://10.0.0.1:3006"
    pinned = f"{at}#sha256={pin_of(public_key('laptop'))}"
    assert desk.mesh.book.reached_at(laptop.id, at) == pinned
    assert desk.mesh.book.reached_at(laptop.id, "https://a.example") == "https://a.example"
    state.set_membership(replace(state.membership(), endpoint="https://proxy.example"))
    laptop.send(desk)
    assert desk.mesh.book.reached_at(laptop.id, at) == at


@pytest.fixture
def net():
    made = Net("a", "b", "c")
    made.only_members()
    return made


def test_a_person_says_where_a_peer_is_and_takes_it_back(net):
    mesh = net.machines["a"].mesh
    net.tell("b", "a")
    for given, where, source in (("http://x:1/", "http://x:1", "manual"), ("", "", "gossip")):
        mesh.place(net.id("c"), given)
        record = net.record("a", "c")
        assert (record.endpoint, record.source) == (where, source)
    net.add("a", "b")
    mesh.place(net.id("b"), "")
    assert net.record("a", "b").endpoint == "http://b:3005"  # what it says itself
    with pytest.raises(InvalidContent):
        mesh.place(net.id("b"), "nowhere")
    with pytest.raises(NotFound):
        mesh.place(net.id("a")[::-1], "http://x:3005")


def test_two_peers_are_not_at_one_address(net):
    net.add("a", "b")
    net.add("a", "b")
    with pytest.raises(InvalidRequest, match="b is at"):
        net.machines["a"].mesh.place(net.id("c"), "http://b:3005")


def test_a_peer_that_moves_tells_the_others(net):
    net.add("b", "a")
    net.lines["http://new:1"] = net.lines["http://a:3005"]
    net.move("a", "http://new:1")
    assert net.machines["a"].mesh.roster.membership().endpoint == "http://new:1"
    assert net.meet("b", "a")
    net.machines["b"].mesh.place(net.id("a"), "")
    assert net.record("b", "a").endpoint == "http://new:1"
    with pytest.raises(InvalidContent):
        net.move("a", "nowhere")


def test_nothing_is_exchanged_with_a_peer_that_is_paused_either_way(net):
    net.add("a", "b")
    assert net.meet("a", "b")
    net.machines["b"].mesh.book.pause(net.id("a"), is_paused=True)
    assert net.record("b", "a").status is PeerStatus.PAUSED
    assert net.exchanges["b"].due(all_of_them=True) == []
    assert not net.meet("a", "b")
    assert "paused" in net.record("a", "b").last_error
    net.machines["b"].mesh.book.pause(net.id("a"), is_paused=False)
    assert net.meet("a", "b")
    assert net.meet("b", "a")


def test_the_token_of_a_peer_that_left_is_void_and_it_is_not_called(net):
    net.tell("b", "a")
    mesh = net.machines["a"].mesh
    token = mesh.book.new_token(net.id("b"))
    assert (mesh.book.caller(token), net.record("a", "b").endpoint) == (
        net.id("b"),
        "http://b:3005",
    )
    mesh.book.note_leaving(net.id("b"))
    assert net.record("a", "b").endpoint == ""
    with pytest.raises(RefusedForSafety):
        mesh.book.caller(token)
