"""Addresses as they travel: what is signed, and where nobody should call."""

import json

import pytest
from pack_connectors.peers.join_requests import JoinSigner

from pack.errors import BadSignature
from pack.mesh.resolving.address import (
    SaidAddress,
    ToldAddress,
    address_fields,
    may_call,
    parse_address,
    write_address,
)
from tests.mesh_support import commit_id, private_key, public_key

DESK = public_key("desk").peer
SAID = SaidAddress(commit_id("group"), DESK, 3, "http://desk:3005")
SIGNER = JoinSigner(private_key("desk"))
TOLD = ToldAddress(SAID, SIGNER.sign_address(SAID, public_key("desk")), 1)


def test_an_address_arrives_as_it_was_told():
    assert parse_address(json.loads(json.dumps(address_fields(TOLD)))) == TOLD
    assert SIGNER.check_address(SAID, TOLD.signature) == public_key("desk")
    assert write_address(SAID) == (
        f'{{"endpoint":"http://desk:3005","group":"{SAID.group}","n":3,"peer":"{DESK}","v":1}}'
    )


@pytest.mark.parametrize(
    "field", [{"n": 4}, {"endpoint": "http://evil:1"}, {"group": commit_id("other")}]
)
def test_a_signature_is_good_for_nothing_else(field):
    fields = {"group": SAID.group, "peer": DESK, "n": 3, "endpoint": SAID.endpoint, **field}
    with pytest.raises(BadSignature):
        SIGNER.check_address(SaidAddress(**fields), TOLD.signature)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("peer_id", "desk"),
        ("group", ""),
        ("n", 0),
        ("n", True),
        ("n", 2**60),
        ("ttl", -1),
        ("ttl", "1"),
        ("signature", None),
        ("signature", "x" * 2000),
        ("sync_endpoint", ""),
        ("sync_endpoint", "ftp://desk"),
        ("sync_endpoint", "http://user@desk:3005"),
        ("sync_endpoint", "http://desk:3005/"),
        ("sync_endpoint", "http://169.254.169.254"),
    ],
)
def test_what_is_no_address_is_left_aside(field, value):
    assert parse_address({**address_fields(TOLD), field: value}) is None
    assert parse_address([]) is None
    assert parse_address(None) is None


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://169.254.169.254",
        "https://169.254.1.1:3005",
        "http://[fe80::1]:3005",
        "http://[fe80::1%25eth0]:3005",
        "http://[::ffff:169.254.169.254]",
        "http://[64:ff9b::a9fe:a9fe]",
        "http://[2002:a9fe:a9fe::]",
        "http://2852039166",
        "http://0xa9fea9fe",
        "http://169.254.43518",
        "http://0251.0376.0251.0376",
        "http://0.0.0.0:3005",
        "http://[::]:3005",
        "http://224.0.0.1",
        "http://255.255.255.255",
        "http://100.100.100.200",
        "http://[fd00:ec2::254]",
        "http://metadata.google.internal",
        "http://METADATA.google.internal.",
    ],
)
def test_nobody_calls_where_no_peer_can_be(endpoint):
    assert not may_call(endpoint)


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://127.0.0.1:3005",
        "http://[::1]:3005",
        "http://192.168.1.10:3005",
        "http://100.64.0.1:3005",
        "http://[fd7a:115c:a1e0::1]:3005",
        "https://laptop.example.com/pack",
        "http://laptop:3005",
        "http://host1:3005",
    ],
)
def test_networks_at_home_are_called(endpoint):
    assert may_call(endpoint)
