"""How it stands with a group."""

from pack.mesh.state import PeerStatus


def test_what_is_held_is_in_order_and_both_are_in_step(pair):
    laptop, desk = pair
    desk.send(laptop)
    found = laptop.mesh.overview.verify()
    assert (found.problems, found.head) == ((), laptop.memory.head())
    (seen,) = laptop.mesh.overview.peers()
    assert (seen.name, seen.head, seen.lag) == ("desk", desk.memory.head(), 0)


def test_a_peer_that_lacks_something_is_behind_by_so_many_commits(pair):
    laptop, desk = pair
    desk.send(laptop)
    laptop.write("one more")
    laptop.write("and another")
    (seen,) = laptop.mesh.overview.peers()
    assert (seen.lag, seen.record.status) == (2, PeerStatus.PENDING)
