"""What peers say on the local network: enough to be found by members, and nothing to others."""

from dataclasses import replace

import pytest

from pack.mesh.members.endpoints import pin_of
from pack.mesh.resolving.neighbours import Beacon, label_of
from pack.mesh.state import PeerSource
from tests.mesh_machines import machines_in, pair_in
from tests.mesh_support import public_key


@pytest.fixture
def pair(tmp_path):
    pair_in(tmp_path)
    with machines_in(tmp_path, "laptop", "desk") as made:
        for one in made:
            ports = one.mesh.neighbours._ports
            one.mesh.book.resolver._directory.policy = replace(ports.finding, mdns=True)
        yield made


def beacon_of(machine, port=3005, *, is_tls=False):
    return Beacon(label_of(machine.mesh.roster.membership().group, machine.id), port, is_tls)


def record(machine, other):
    return machine.mesh.book.records()[other.id]


def test_what_is_said_names_nobody_and_members_know_who_it_is(pair):
    laptop, desk = pair
    desk.mesh.place(desk.id, "http://192.168.1.20:3007")
    said = desk.mesh.neighbours.mine()
    assert said == beacon_of(desk, 3007)
    group = desk.mesh.roster.membership().group
    assert not any(word in said.label for word in ("desk", "home", group[:8], desk.id[:8]))
    assert said.label != label_of("0" * 40, desk.id)
    assert laptop.mesh.neighbours.note(said, ["192.168.1.21"]) == desk.id
    found = record(laptop, desk)
    assert (found.endpoint, found.source) == ("http://192.168.1.21:3007", PeerSource.MDNS)
    assert (found.gossip_ttl, found.is_by_person) == (0, False)
    laptop.mesh.neighbours.forget(said.label)
    assert record(laptop, desk).endpoint != "http://192.168.1.21:3007"


def test_where_pack_serves_https_the_key_is_the_one_that_the_group_knows(pair):
    laptop, desk = pair
    laptop.mesh.neighbours.note(beacon_of(desk, is_tls=True), ["192.168.1.21"])
    pin = pin_of(public_key("desk"))
    assert record(laptop, desk).endpoint == f"https://192.168.1.21:3005#sha256={pin}"


@pytest.mark.parametrize("endpoint", ["", "http://desk.example", "https://desk.example"])
def test_whoever_cannot_be_called_directly_says_nothing(pair, endpoint):
    desk = pair[1]
    desk.mesh.place(desk.id, endpoint)
    assert desk.mesh.neighbours.mine() is None


@pytest.mark.parametrize(
    "hosts", [[], ["127.0.0.1"], ["169.254.169.254"], ["::1"], ["0.0.0.0"], ["metadata"], ["desk"]]
)
def test_an_address_where_no_neighbour_can_be_is_left_aside(pair, hosts):
    laptop, desk = pair
    assert laptop.mesh.neighbours.note(beacon_of(desk), hosts) is None
    assert laptop.mesh.neighbours.note(beacon_of(desk), [*hosts, "fd00::7"]) == desk.id
    assert record(laptop, desk).endpoint == "http://[fd00::7]:3005"
    laptop.mesh.neighbours.forget_all()
    assert not record(laptop, desk).sighted


def test_strangers_and_this_peer_itself_are_left_aside(pair):
    laptop, _ = pair
    before = laptop.mesh.book.records()
    for said in (Beacon("a" * 32, 1, is_tls=False), beacon_of(laptop)):
        assert laptop.mesh.neighbours.note(said, ["192.168.1.21"]) is None
        laptop.mesh.neighbours.forget(said.label)
    assert laptop.mesh.book.records() == before
