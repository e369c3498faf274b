"""Where no peer can be, however it is written."""

import pytest

from pack.mesh.members.addresses import address_of, may_be_peer


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("[::1]", "::1"),
        ("fe80::1%eth0", "fe80::1"),
        ("::ffff:127.0.0.1", "127.0.0.1"),
        ("64:ff9b::7f00:1", "127.0.0.1"),
        ("2002:7f00:1::", "127.0.0.1"),
        ("laptop", None),
        ("127.1", None),
    ],
)
def test_an_address_is_what_it_stands_for(host, address):
    assert str(address_of(host)) == str(address)


@pytest.mark.parametrize("host", ["169.254.1.1", "127.1", "metadata.goog.", "0x7f000001", "1.2.3"])
def test_nobody_is_there(host):
    assert not may_be_peer(host)


@pytest.mark.parametrize("host", ["127.0.0.1", "10.1.2.3", "laptop", "node-1.example.com"])
def test_a_peer_may_be_there(host):
    assert may_be_peer(host)
