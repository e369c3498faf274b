"""What is remembered of other peers."""

from pack.mesh.state import PeerSource


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
