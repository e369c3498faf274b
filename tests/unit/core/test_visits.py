"""Cursors of clients, as long as the process lives."""

from pack.core.visits import ProcessVisits


def test_each_client_has_its_own():
    visits = ProcessVisits()
    visits.save("Claude", "a" * 40)
    assert (visits.load("claude"), visits.load("cursor")) == ("a" * 40, None)
