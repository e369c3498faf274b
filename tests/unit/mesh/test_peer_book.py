"""What is remembered of other peers."""

import pytest

from pack.errors import InvalidContent, InvalidRequest, NotFound, RefusedForSafety
from pack.mesh.state import PeerSource, PeerStatus
from tests.finding_machines import Net, at


def test_an_address_is_what_the_peer_itself_says_unless_a_person_knows_better(machines):
    laptop, desk, phone = machines
    laptop.write("one")
    laptop.mesh.begin("laptop", "home", "http://laptop:1")
    laptop.lets_in(desk)
    laptop.lets_in(phone)
    assert phone.mesh.book.records()[laptop.id].endpoint == "http://laptop:1"
    assert phone.mesh.book.records()[laptop.id].source == "gossip"
    assert phone.mesh.book.records()[desk.id].endpoint == ""
    phone.mesh.book.remember(laptop.id, endpoint="http://other:1", source=PeerSource.MANUAL)
    assert phone.mesh.book.records()[laptop.id].endpoint == "http://other:1"


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
    assert net.record("a", "b").endpoint == at("b")  # what it says itself
    with pytest.raises(InvalidContent):
        mesh.place(net.id("b"), "nowhere")
    with pytest.raises(NotFound):
        mesh.place(net.id("a")[::-1], at("x"))


def test_two_peers_are_not_at_one_address(net):
    net.add("a", "b")
    net.add("a", "b")
    with pytest.raises(InvalidRequest, match="b is at"):
        net.machines["a"].mesh.place(net.id("c"), at("b"))


def test_a_peer_that_moves_tells_the_others(net):
    net.add("b", "a")
    net.lines["http://new:1"] = net.lines[at("a")]
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
    assert (mesh.book.caller(token), net.record("a", "b").endpoint) == (net.id("b"), at("b"))
    mesh.book.note_leaving(net.id("b"))
    assert net.record("a", "b").endpoint == ""
    with pytest.raises(RefusedForSafety):
        mesh.book.caller(token)
