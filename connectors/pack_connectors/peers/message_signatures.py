"""HTTP requests that are signed with a peer's key.

The signature covers method, authority, path, query and the digest of the body, and a nonce that
the server gave. `created` is in it because the standard wants it, and is not looked at: clocks may
be wrong by years, and the nonce says that a request is fresh.

The one use of `http-message-signatures`. Digests are made elsewhere, as bundles are too large for
the memory.

Source: RFC 9421.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from http_message_signatures import (
    HTTPMessageSignaturesException,
    HTTPMessageSigner,
    HTTPMessageVerifier,
    MappingKeyResolver,
)
from http_message_signatures.algorithms import ED25519

from pack.errors import BadSignature
from pack.mesh.challenges import SIGNED, TAG, SentRequest
from pack.mesh.members.keys import PublicKey

_LABEL: Final = "pack"


class MessageSigner:
    """Signs requests.

    Args:
        key: This peer's private key.
    """

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._peer = PublicKey(key.public_key().public_bytes_raw()).peer
        keys = MappingKeyResolver(public_keys={}, private_keys={self._peer: key})
        self._signer = HTTPMessageSigner(signature_algorithm=ED25519, key_resolver=keys)

    def sign(self, method: str, url: str, digest: str, nonce: str) -> dict[str, str]:
        """The fields of a signature over a request.

        Args:
            method: Such as `POST`.
            url: The whole address.
            digest: What `pack.mesh.challenges.digest_field` makes of the body.
            nonce: What the server gave.
        """
        message = _Message(method, url, {"Content-Digest": digest})
        self._signer.sign(
            message,
            key_id=self._peer,
            nonce=nonce,
            label=_LABEL,
            tag=TAG,
            covered_component_ids=SIGNED,
            use_existing_digest=True,
        )
        return dict(message.headers)


def check_signature(sent: SentRequest, key: PublicKey) -> str:
    """The nonce in a request that is signed with a key.

    Args:
        sent: The request.
        key: Whose signature it must be.

    Raises:
        BadSignature: It is not signed so, or does not say with which nonce.
    """
    public = Ed25519PublicKey.from_public_bytes(key.raw)
    keys = MappingKeyResolver(public_keys={key.peer: public}, private_keys={})
    verifier = _ByNonce(signature_algorithm=ED25519, key_resolver=keys)
    message = _Message(sent.method, sent.url, _Fields(sent.fields))
    try:
        (found,) = verifier.verify(message, max_age=None, expect_tag=TAG, require_components=SIGNED)
    except (HTTPMessageSignaturesException, ValueError, TypeError, UnicodeError) as error:
        raise BadSignature("the request is not signed by the peer that it is from") from error
    if found.nonce is None:
        raise BadSignature("the signature of the request has no nonce")
    return found.nonce


class _ByNonce(HTTPMessageVerifier):
    def validate_created_and_expires(self, sig_input: Any, max_age: Any = None) -> None:
        """Let all times pass: what is fresh follows from the nonce."""


class _Fields:
    """The fields of a request, those that are repeated as well."""

    def __init__(self, fields: Iterable[tuple[str, str]]) -> None:
        self._fields = list(fields)

    def items(self) -> list[tuple[str, str]]:
        return self._fields


@dataclass(slots=True)
class _Message:
    """A request as the library wants to see it."""

    method: str
    url: str
    headers: Any = field(default_factory=dict[str, str])
