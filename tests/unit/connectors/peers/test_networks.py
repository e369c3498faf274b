"""Where an announcement may lead: see `test_http_line` for which networks are safe for a token."""

import pytest
from pack_connectors.peers.networks import is_loopback, why_not_announced, why_not_connected

from pack.mesh.members.endpoints import Endpoint


@pytest.mark.parametrize(
    "address",
    [
        "192.168.1.10",
        "10.0.0.1",
        "100.64.1.2",
        "203.0.113.1",
        "fd7a:115c:a1e0::1",
        "2001:db8::1",
        "::ffff:192.168.1.10",
    ],
)
def test_other_machines_may_be_connected_to(address):
    assert why_not_connected(address, is_here=False) == ""


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254",
        "169.254.0.1",
        "::ffff:169.254.169.254",
        "fe80::1",
        "fe80::1%eth0",
        "fd00:ec2::254",
        "100.100.100.200",
        "0.0.0.0",
        "::",
        "224.0.0.251",
        "ff02::fb",
        "255.255.255.255",
        "240.0.0.1",
        "desk.example",
        "",
    ],
)
def test_what_is_no_peer_is_not_connected_to(address):
    for is_here in (True, False):
        assert why_not_connected(address, is_here=is_here) != ""


@pytest.mark.parametrize("address", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])
def test_this_machine_is_connected_to_only_where_it_is_reached_there_itself(address):
    assert why_not_connected(address, is_here=True) == ""
    assert why_not_connected(address, is_here=False) == "is this machine"
    assert is_loopback(address)


@pytest.mark.parametrize(
    ("url", "may_be"),
    [
        ("https://a", True),
        ("http://a:80", True),
        ("https://a:443", True),
        ("https://a:3006", True),
        ("https://a:22", False),
        ("https://a:1023", False),
    ],
)
def test_which_ports_an_announcement_may_name(url, may_be):
    assert (why_not_announced(Endpoint.parse(url)) == "") is may_be
