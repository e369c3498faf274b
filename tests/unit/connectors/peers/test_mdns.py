"""Peers on a local network: multicast is real, and stays on the loopback interface."""

import socket
from ipaddress import IPv4Interface
from threading import Event

import pytest
from pack_connectors.peers.mdns import listening, nearest_first

from pack.errors import Unavailable
from pack.mesh.resolving.neighbours import Beacon

LOOPBACK = "127.0.0.1"
BEACON = Beacon("b" * 32, 3007, is_tls=True)
SECONDS = 10.0


def why_not() -> str:
    """Why multicast does not work on loopback here; empty if it does."""
    group, said = "224.0.0.251", b"is anybody there"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        try:
            one.bind(("", 0))
            one.settimeout(2)
            member = socket.inet_aton(group) + socket.inet_aton(LOOPBACK)
            one.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, member)
            one.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(LOOPBACK))
            one.sendto(said, (group, one.getsockname()[1]))
            return "" if one.recv(100) == said else "something else came"
        except OSError as error:
            return f"multicast on loopback does not work here: {error}"


def test_a_peer_is_heard_of_while_it_is_there():
    if why := why_not():
        pytest.skip(why)
    seen, gone, heard = Event(), Event(), []

    def on_seen(beacon, hosts):
        heard.append((beacon, list(hosts)))
        seen.set()

    def on_gone(label):
        heard.append(label)
        gone.set()

    with listening(on_seen, on_gone, [LOOPBACK]):
        with listening(lambda *_: None, lambda _: None, [LOOPBACK]) as announce:
            announce(BEACON)
            assert seen.wait(SECONDS)
        assert gone.wait(SECONDS)
    assert heard[0] == (BEACON, [])  # its address is this machine's own
    assert heard[-1] == BEACON.label


def test_a_machine_whose_network_cannot_be_used_is_told_so():
    with (
        pytest.raises(Unavailable, match="local network"),
        listening(lambda *_: None, lambda _: None, ["192.0.2.1"]),
    ):
        pass


def test_addresses_in_this_machines_networks_come_first_and_its_own_not_at_all():
    """Those of networks for containers are the same on many machines."""
    own = [IPv4Interface("192.168.1.10/24"), IPv4Interface("172.17.0.1/16")]
    hosts = ["10.8.0.2", "172.17.0.1", "fd00::1", "192.168.1.20"]
    assert nearest_first(hosts, own) == ["192.168.1.20", "10.8.0.2", "fd00::1"]
