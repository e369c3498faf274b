"""Requests to join a group."""

import json
from dataclasses import replace

import pytest

from pack.errors import InvalidContent
from pack.mesh.joining import JoinRequest, parse_request, write_request
from tests.mesh_support import public_key

ASKED = JoinRequest(
    public_key("laptop").peer, public_key("desk"), "desk", "http://192.168.1.11:3005", "n" * 22
)
TEXT = write_request(ASKED)


def test_a_request_is_read_back():
    assert parse_request(TEXT) == ASKED
    nowhere = replace(ASKED, endpoint="")
    assert parse_request(write_request(nowhere)) == nowhere


def changed(**fields: object) -> str:
    return json.dumps({**json.loads(TEXT), **fields})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        changed(v=2),
        changed(more=1),
        changed(name=""),
        changed(name="a\nb"),
        changed(name="x" * 100),
        changed(key="ssh-rsa AAAA"),
        changed(inviter="laptop"),
        changed(endpoint="file:///etc/passwd"),
        changed(endpoint="http://user@host"),
        changed(nonce="short"),
        changed(nonce="n" * 100),
        "x" * 20_000,
    ],
)
def test_what_is_no_request_is_refused(text):
    with pytest.raises(InvalidContent):
        parse_request(text)
