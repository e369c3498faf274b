"""Invitations."""

from dataclasses import replace
from datetime import timedelta

import pytest

from pack.errors import InvalidContent
from pack.mesh.members.invitation import (
    VALID_FOR,
    Invitation,
    OpenInvitation,
    check_endpoint,
    find_open,
)
from tests.mesh_support import public_key
from tests.support import START

PEER = public_key("laptop").peer
ASKED = Invitation(PEER, ("http://192.168.1.10:3005", "https://a.example/pack"), bytes(range(32)))


def test_an_invitation_is_one_line():
    assert "\n" not in ASKED.line
    assert " " not in ASKED.line
    assert Invitation.parse(f"  {ASKED.line}\n") == ASKED
    assert ASKED.line.startswith(f"pack-invite:{PEER}@http://192.168.1.10:3005,https://")


def test_one_that_travels_with_a_bundle_names_no_address():
    bare = replace(ASKED, endpoints=())
    assert Invitation.parse(bare.line) == bare


@pytest.mark.parametrize(
    "line",
    [
        "",
        ASKED.line[12:],
        ASKED.line.rpartition("#")[0],
        ASKED.line[:-1],
        ASKED.line + "AAAA",
        ASKED.line + "\nmore",
        ASKED.line.replace(PEER, "laptop"),
        ASKED.line.replace("http:", "file:"),
        ASKED.line.replace("http://", "http://user@"),
        ASKED.line.replace(":3005", ":0"),
        ASKED.line.replace(":3005", ":3005?x"),
        "pack-invite:" + "a" * 5000,
    ],
)
def test_what_is_no_invitation_is_refused(line):
    with pytest.raises(InvalidContent):
        Invitation.parse(line)


NO_ADDRESSES = (
    "",
    "laptop",
    "ftp://a",
    "http://",
    "http://a:x",
    "http://[::1",
    "http://a b",
    "http://ä.example",
    "http://a\\b",
    "http://a#b",
    "http://u:p@a",
)


@pytest.mark.parametrize("endpoint", NO_ADDRESSES)
def test_what_is_no_address_is_refused(endpoint):
    with pytest.raises(InvalidContent):
        check_endpoint(endpoint)


def test_an_address_has_no_slash_at_its_end():
    assert check_endpoint("http://a:1/") == "http://a:1"
    assert check_endpoint("http://[fd00::1]:3005/x/") == "http://[fd00::1]:3005/x"


NEWCOMER = public_key("desk").peer


def test_an_invitation_is_good_for_a_day_whatever_the_clock_did():
    key = public_key("invited")
    made = OpenInvitation(key, START)
    second = timedelta(seconds=1)
    for now in (START, START + VALID_FOR, START - timedelta(minutes=1)):
        assert find_open([made], key, NEWCOMER, now) is made
    for now in (START + VALID_FOR + second, START - VALID_FOR - second):
        assert find_open([made], key, NEWCOMER, now) is None
    assert find_open([made], public_key("other"), NEWCOMER, START) is None
    assert find_open([], key, NEWCOMER, START) is None


def test_an_invitation_lets_in_one_peer_which_may_ask_again():
    key = public_key("invited")
    used = OpenInvitation(key, START, NEWCOMER)
    assert find_open([used], key, NEWCOMER, START) is used
    assert find_open([used], key, public_key("other").peer, START) is None
