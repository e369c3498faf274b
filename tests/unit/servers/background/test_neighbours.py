"""Hearing of peers on the local network while a memory is served; the network is a fake."""

from contextlib import contextmanager
from threading import Event

import pytest
from pack_servers.background.neighbours import neighbouring

from pack.errors import Unavailable
from pack.mesh.resolving.neighbours import Beacon, label_of
from tests.mesh_machines import machines_in, pair_in

SECONDS = 20.0


class Network:
    """A local network with one machine on it."""

    def __init__(self, problem=None):
        self.problem, self.announced, self.is_open = problem, [], Event()

    @contextmanager
    def listen(self, on_seen, on_gone):
        self.on_seen, self.on_gone = on_seen, on_gone
        self.is_open.set()
        if self.problem:
            raise Unavailable(self.problem)
        yield self.announced.append


@pytest.fixture
def pair(tmp_path):
    pair_in(tmp_path)
    with machines_in(tmp_path, "laptop", "desk") as made:
        yield made


def test_who_is_seen_is_asked_at_once_and_forgotten_at_the_end(pair):
    laptop, desk = pair
    laptop.mesh.place(laptop.id, "http://192.168.1.10:3005")
    network, told = Network(), []
    group = laptop.mesh.roster.membership().group
    with neighbouring(laptop.mesh, network.listen, lambda: told.append("asked")):
        assert network.is_open.wait(SECONDS)
        for label in (label_of(group, desk.id), "x" * 32):
            network.on_seen(Beacon(label, 3005, is_tls=False), ["192.168.1.20"])
        assert laptop.mesh.book.records()[desk.id].sighted == "http://192.168.1.20:3005"
        network.on_gone("x" * 32)
    assert not laptop.mesh.book.records()[desk.id].sighted
    assert told == ["asked"]
    assert network.announced == [Beacon(label_of(group, laptop.id), 3005, is_tls=False)]


def test_a_peer_without_an_address_listens_and_says_nothing(pair):
    network = Network()
    with neighbouring(pair[0].mesh, network.listen, lambda: None):
        assert network.is_open.wait(SECONDS)
    assert network.announced == []


def test_a_network_that_cannot_be_used_stops_nothing(pair, caplog):
    network = Network("this machine is on no local network")
    with neighbouring(pair[0].mesh, network.listen, lambda: None):
        assert network.is_open.wait(SECONDS)
    assert "on no local network" in caplog.text
