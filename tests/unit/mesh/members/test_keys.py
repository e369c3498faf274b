"""Public keys and the ids of peers."""

import base64

import pytest

from pack.errors import InvalidContent
from pack.mesh.members.keys import KEY_TYPE, PublicKey, parse_peer_id, shown
from tests.mesh_support import public_key

KEY = public_key("laptop")
# The test vector of RFC 8709 has no key, so this one was made with `ssh-keygen -t ed25519`.
OPENSSH = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f me@home"


def test_a_key_is_read_as_openssh_writes_it():
    assert PublicKey.parse(OPENSSH).raw == bytes(range(32))
    assert PublicKey.parse(OPENSSH).line == OPENSSH.rsplit(" ", 1)[0]
    assert PublicKey.parse(KEY.line) == PublicKey.from_wire(KEY.wire) == KEY


@pytest.mark.parametrize(
    "line",
    [
        "",
        "ssh-rsa AAAAB3NzaC1yc2E",
        "ssh-ed25519",
        "ssh-ed25519 !!!",
        "ssh-ed25519 AAAA",
        f"{KEY_TYPE} {base64.b64encode(KEY.wire + b'x').decode()}",
        f"{KEY_TYPE} {base64.b64encode(KEY.wire[:-1]).decode()}",
        f"{KEY_TYPE} {base64.b64encode(b'x' + KEY.wire[1:]).decode()}",
        f"options {KEY.line}",
    ],
)
def test_what_is_no_key_is_refused(line):
    with pytest.raises(InvalidContent):
        PublicKey.parse(line)


def test_a_raw_key_has_32_bytes():
    with pytest.raises(InvalidContent, match="32 bytes"):
        PublicKey(b"short")


def test_the_id_of_a_peer_follows_from_its_key():
    assert len(KEY.peer) == 52
    assert KEY.peer == public_key("laptop").peer != public_key("desk").peer
    assert KEY.peer.isalnum()
    assert KEY.peer.islower()
    assert [len(part) for part in shown(KEY.peer).split(" ")] == [13, 13, 13, 13]


def test_a_person_may_type_an_id_in_groups_or_in_capitals():
    for typed in (shown(KEY.peer), KEY.peer.upper(), f" {shown(KEY.peer).replace(' ', '-')}\n"):
        assert parse_peer_id(typed) == KEY.peer


@pytest.mark.parametrize("text", ["", "laptop", "a" * 51, "b" * 52, "1" * 52, "a" * 53])
def test_what_is_no_id_is_refused(text):
    with pytest.raises(InvalidContent, match="52 characters"):
        parse_peer_id(text)
