"""Requests to join, signed twice."""

import json

import pytest
from pack_connectors.peers import sshsig
from pack_connectors.peers.join_requests import JoinSigner, public_of

from pack.errors import InvalidContent
from pack.mesh.joining import NAMESPACE, JoinRequest, write_request
from tests.mesh_support import private_key, public_key

SECRET = bytes(range(32))
ASKED = JoinRequest(public_key("laptop").peer, public_key("desk"), "desk", "", "n" * 22)
DESK = JoinSigner(private_key("desk"))
FILE = DESK.sign_request(ASKED, SECRET)


def test_a_request_says_who_asks_and_by_which_invitation():
    found = JoinSigner(private_key("laptop")).check_request(FILE)
    assert found.request == ASKED
    assert found.invited == public_of(SECRET)
    assert SECRET.hex() not in FILE.hex()


def parts() -> dict[str, str]:
    return json.loads(FILE)


def signature(name: str, text: str, namespace: str = NAMESPACE) -> str:
    return sshsig.sign(text.encode(), private_key(name), namespace)


OTHER = write_request(JoinRequest(public_key("laptop").peer, public_key("desk"), "x", "", "n" * 22))


@pytest.mark.parametrize(
    "change",
    [
        {"request": OTHER},
        {"by_newcomer": signature("stranger", parts()["request"])},
        {"by_newcomer": parts()["by_invited"]},
        {"by_newcomer": signature("desk", parts()["request"], "git")},
        {"by_invited": signature("stranger", OTHER)},
        {"by_invited": signature("stranger", parts()["request"], "file")},
        {"by_invited": ""},
        {"kind": "other"},
        {"more": "x"},
    ],
)
def test_a_request_that_was_changed_is_refused(change):
    with pytest.raises(InvalidContent):
        DESK.check_request(json.dumps({**parts(), **change}).encode())


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"\xff", b"{" * 100_000])
def test_what_is_no_request_is_refused(content):
    with pytest.raises(InvalidContent):
        DESK.check_request(content)
