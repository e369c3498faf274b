"""Signed requests: the standard's own example, what passes, and what does not."""

import hashlib
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from http_message_signatures import HTTPMessageVerifier, MappingKeyResolver
from http_message_signatures.algorithms import ED25519
from pack_connectors.peers.message_signatures import (
    MessageSigner,
    _ByNonce,
    _Message,
    check_signature,
)

from pack.errors import BadSignature
from pack.mesh.challenges import SIGNED, TAG, SentRequest, digest_field
from tests.mesh_support import private_key, public_key

URL = "https://laptop.example:3006/sync/v1/heartbeat?x=1"
DIGEST = digest_field(hashlib.sha256(b"body").digest())
NONCE = "12.abcdefgh." + "0" * 64


def signed(method="POST", url=URL, digest=DIGEST, key="desk"):
    return MessageSigner(private_key(key)).sign(method, url, digest, NONCE)


def sent(fields, method="POST", url=URL):
    return SentRequest(method, url, list(fields.items()))


def test_what_a_peer_signs_is_read_back():
    assert check_signature(sent(signed()), public_key("desk")) == NONCE
    # A server sees names in lower case, and more fields than those that are signed.
    fields = {name.lower(): value for name, value in signed().items()}
    assert check_signature(sent({"host": "x", **fields}), public_key("desk")) == NONCE


def test_the_example_of_the_standard_passes():
    # RFC 9421, B.1.4 (the key) and B.2.6 (the request and its signature).
    seed = bytes.fromhex("9f8362f87a484a954e6e740c5b4c0e84229139a20aa8ab56ff66586f6a7d29c5")
    key = Ed25519PrivateKey.from_private_bytes(seed)
    fields = {
        "Host": "example.com",
        "Date": "Tue, 20 Apr 2021 02:07:55 GMT",
        "Content-Type": "application/json",
        "Content-Length": "18",
        "Signature-Input": 'sig-b26=("date" "@method" "@path" "@authority" "content-type" '
        '"content-length");created=1618884473;keyid="test-key-ed25519"',
        "Signature": "sig-b26=:wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0"
        "w6vuQv5lIp5WPpBKRCw==:",
    }
    public = Ed25519PublicKey.from_public_bytes(key.public_key().public_bytes_raw())
    keys = MappingKeyResolver(public_keys={"test-key-ed25519": public}, private_keys={})
    verifier: HTTPMessageVerifier = _ByNonce(signature_algorithm=ED25519, key_resolver=keys)
    url = "https://example.com/foo?param=Value&Pet=dog"
    assert len(verifier.verify(_Message("POST", url, fields), max_age=None)) == 1


@pytest.mark.parametrize(
    "request_",
    [
        sent(signed(), method="GET"),
        sent(signed(), url=URL.replace("laptop", "desk")),
        sent(signed(), url=URL.replace("3006", "3007")),
        sent(signed(), url=URL.replace("heartbeat", "token")),
        sent(signed(), url=URL.replace("x=1", "x=2")),
        sent({**signed(), "Content-Digest": digest_field(b"0" * 32)}),
        sent(signed(key="phone")),
        sent({}),
        sent({**signed(), "Signature": "pack=:AAAA:"}),
        sent({**signed(), "Signature": "x"}),
        sent({**signed(), "Signature-Input": signed()["Signature-Input"].replace("12.a", "13.a")}),
        sent({**signed(), "Signature-Input": signed()["Signature-Input"].replace("-sync", "")}),
        sent({**signed(), "Signature-Input": 'pack=("@method");tag="pack-sync-1"'}),
        sent({**signed(), "Signature-Input": "\xff" * 99}),
        SentRequest("POST", URL, [*signed().items(), *signed().items()]),
    ],
)
def test_what_is_signed_otherwise_is_refused(request_):
    with pytest.raises(BadSignature):
        check_signature(request_, public_key("desk"))


def by_hand(**how):
    """What somebody with a key of the group signs as they like."""
    message = _Message("POST", URL, {"Content-Digest": DIGEST})
    how = {"covered_component_ids": SIGNED, "tag": TAG, "nonce": NONCE, **how}
    key = public_key("desk").peer
    signer = MessageSigner(private_key("desk"))._signer
    signer.sign(message, key_id=key, use_existing_digest=True, **how)
    return sent(message.headers)


@pytest.mark.parametrize(
    "how",
    [
        {"covered_component_ids": ("@method", "@path", "@query", "content-digest")},
        {"covered_component_ids": ("@method", "@authority", "@path", "@query")},
        {"tag": "another"},
        {"nonce": None},
    ],
)
def test_a_signature_over_less_is_refused(how):
    with pytest.raises(BadSignature):
        check_signature(by_hand(**how), public_key("desk"))


@pytest.mark.parametrize("year", [1970, 2026, 2106])
def test_a_clock_may_be_wrong_by_years(year):
    created = datetime(year, 1, 2, tzinfo=UTC)
    assert check_signature(by_hand(created=created), public_key("desk")) == NONCE
