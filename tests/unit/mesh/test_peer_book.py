"""What is remembered of other peers."""

from dataclasses import replace

from pack_connectors.peers.state_files import MeshFiles

from pack.mesh.members.endpoints import pin_of
from pack.mesh.state import PeerSource
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
