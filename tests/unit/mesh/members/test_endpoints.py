"""Addresses of peers, and the hash by which a certificate is known there."""

import base64
import hashlib

import pytest
from cryptography.hazmat.primitives import serialization

from pack.errors import UnusableInput
from pack.mesh.members.endpoints import Endpoint, check_endpoint, own_endpoint, pin_of
from pack.mesh.members.invitation import Invitation
from tests.mesh_support import private_key, public_key

KEY = public_key("laptop")
PIN = pin_of(KEY)


def test_the_hash_is_that_of_the_key_in_a_certificate():
    spki = private_key("laptop").public_key()
    der = spki.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    digest = base64.urlsafe_b64encode(hashlib.sha256(der).digest()).decode().rstrip("=")
    assert digest == PIN


def test_an_address_is_read_and_written_as_it_is():
    for text in ("http://a:1", "https://a", f"https://a:1/x#sha256={PIN}"):
        assert str(Endpoint.parse(text)) == check_endpoint(text) == text
    found = Endpoint.parse(f"https://[fd00::1]:3006/#sha256={PIN}")
    assert (found.url, found.pin) == ("https://[fd00::1]:3006", PIN)
    assert (found.host, found.port, found.is_tls) == ("fd00::1", 3006, True)


@pytest.mark.parametrize(
    "text",
    [
        f"http://a:1#sha256={PIN}",
        f"https://a#sha256={PIN[:-1]}",
        f"https://a#sha256={PIN}A",
        f"https://a#SHA256={PIN}",
        f"https://a#sha256={PIN}#sha256={PIN}",
        f"https://a#sha256={PIN},https://b",
        "https://a#",
        "https://a#x",
        "https://a?x#sha256=" + PIN,
        "https://u@a#sha256=" + PIN,
    ],
)
def test_nothing_but_the_hash_of_an_https_key_follows(text):
    with pytest.raises(UnusableInput):
        check_endpoint(text)


def test_https_with_a_port_is_served_with_the_key_of_the_machine():
    assert own_endpoint("https://a:3006", KEY) == f"https://a:3006#sha256={PIN}"
    other = pin_of(public_key("desk"))
    for text in ("", "http://a:3005", "https://a", f"https://a:1#sha256={other}"):
        assert own_endpoint(text, KEY) == text


def test_an_invitation_carries_the_hash():
    made = Invitation(KEY.peer, (f"https://a:1#sha256={PIN}", "http://b:2"), b"s" * 32)
    assert Invitation.parse(made.line) == made
