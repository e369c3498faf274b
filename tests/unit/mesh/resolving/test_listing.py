"""What a hub answers, and what a peer says to one."""

import json

import pytest
from pack_connectors.peers.join_requests import JoinSigner

from pack.errors import InvalidContent
from pack.mesh.resolving.address import SaidAddress, ToldAddress, address_fields
from pack.mesh.resolving.listing import (
    LARGEST,
    ListedPeer,
    Presence,
    listed_fields,
    parse_listing,
    parse_registration,
    write_registration,
)
from tests.mesh_support import commit_id, private_key, public_key

DESK = public_key("desk").peer
SAID = SaidAddress(commit_id("group"), DESK, 3, "http://desk:3005")
TOLD = ToldAddress(SAID, JoinSigner(private_key("desk")).sign_address(SAID, public_key("desk")))
LISTED = ListedPeer(DESK, "desk", Presence.ONLINE, "2026-01-01T00:00:00Z", TOLD)


def listing(*entries):
    return json.dumps({"peers": entries})


def test_a_listing_arrives_as_it_was_sent():
    never = ListedPeer(public_key("phone").peer, "phone", Presence.OFFLINE, "", None)
    text = listing(listed_fields(LISTED), listed_fields(never))
    assert parse_listing(text) == (LISTED, never)


def test_a_bad_address_leaves_its_peer_without_one():
    fields = listed_fields(LISTED)
    phone = public_key("phone").peer
    for address in (None, {}, "x", address_fields(TOLD) | {"sync_endpoint": "http://[fe80::1]"}):
        assert parse_listing(listing({**fields, "address": address}))[0].address is None
    assert parse_listing(listing({**fields, "peer_id": phone}))[0].address is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"peers": {}}',
        '{"peers": [{}]}',
        listing({**listed_fields(LISTED), "status": "asleep"}),
        listing(*[listed_fields(LISTED)] * 101),
        " " * (LARGEST + 1),
    ],
)
def test_what_is_no_listing_is_refused(text):
    with pytest.raises(InvalidContent):
        parse_listing(text)


def test_a_registration_arrives_as_it_was_sent():
    assert parse_registration(write_registration(TOLD)) == TOLD
    assert parse_registration(write_registration(None)) is None


@pytest.mark.parametrize("text", ["", "[]", "{}", "1", "[" * 100_000, " " * (LARGEST + 1)])
def test_what_is_no_registration_is_refused(text):
    with pytest.raises(InvalidContent):
        parse_registration(text)
