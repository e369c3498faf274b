"""Requests to join, with the two signatures that they need.

The file is JSON: the text of the request as a string, so that there is no doubt what was signed,
and the two signatures.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Annotated, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pack.errors import BadSignature, UnusableInput
from pack.mesh.joining import (
    LARGEST,
    NAMESPACE,
    JoinRequest,
    SignedRequest,
    parse_request,
    write_request,
)
from pack.mesh.meeting import Welcome, parse_welcome, write_welcome
from pack.mesh.members.keys import PublicKey
from pack.mesh.resolving import address
from pack_connectors.peers import sshsig

_Text = Annotated[str, Field(max_length=LARGEST)]
_KIND: Final = "pack-join-request"
_WELCOME: Final = "pack-welcome"


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)

    kind: Annotated[str, Field(pattern=rf"^{_KIND}$")]
    request: _Text
    by_newcomer: _Text
    by_invited: _Text


class JoinSigner:
    """See `RequestSigner`.

    Args:
        key: This peer's private key, or what gives the private half of one of its keys.
    """

    def __init__(self, key: Ed25519PrivateKey | Callable[[PublicKey], Ed25519PrivateKey]) -> None:
        self._private = key if callable(key) else lambda _: key

    def sign_request(self, request: JoinRequest, secret: bytes | None) -> bytes:
        """See `RequestSigner.sign_request`."""
        text = write_request(request)
        mine = self._private(request.key)
        invited = Ed25519PrivateKey.from_private_bytes(secret) if secret else mine
        parts = {
            "kind": _KIND,
            "request": text,
            "by_newcomer": sshsig.sign(text.encode(), mine, NAMESPACE),
            "by_invited": sshsig.sign(text.encode(), invited, NAMESPACE),
        }
        return json.dumps(parts, indent=2).encode() + b"\n"

    def check_request(self, content: bytes) -> SignedRequest:
        """See `RequestSigner.check_request`."""
        if len(content) > 4 * LARGEST:
            raise UnusableInput("the request to join is too long")
        try:
            found = _File.model_validate_json(content)
        except ValidationError as error:
            raise UnusableInput("this is not a request to join") from error
        data = found.request.encode()
        request = parse_request(found.request)
        if sshsig.verify(data, found.by_newcomer.encode(), NAMESPACE) != request.key:
            raise BadSignature("the request to join is not signed by whoever asks")
        return SignedRequest(request, sshsig.verify(data, found.by_invited.encode(), NAMESPACE))

    def sign_welcome(self, welcome: Welcome) -> bytes:
        """See `WelcomeSigner.sign_welcome`; the fields, and the signature beside them."""
        text = write_welcome(welcome)
        signature = sshsig.sign(text.encode(), self._private(welcome.key), _WELCOME)
        fields = {**json.loads(text), "peer_id": welcome.key.peer, "signature": signature}
        return json.dumps(fields).encode()

    def check_welcome(self, content: bytes) -> Welcome:
        """See `WelcomeSigner.check_welcome`."""
        try:
            text = content.decode("utf-8")
            signature = json.loads(text)["signature"].encode("ascii")
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise UnusableInput("this is not an answer to a handshake") from error
        welcome = parse_welcome(text)
        if sshsig.verify(write_welcome(welcome).encode(), signature, _WELCOME) != welcome.key:
            raise BadSignature("the answer is not signed by the key that it names")
        return welcome

    def sign_address(self, said: address.SaidAddress, key: PublicKey) -> str:
        """See `AddressSigner.sign_address`."""
        data = address.write_address(said).encode()
        return sshsig.sign(data, self._private(key), address.NAMESPACE)

    def check_address(self, said: address.SaidAddress, signature: str) -> PublicKey:
        """See `AddressSigner.check_address`."""
        data = address.write_address(said).encode()
        return sshsig.verify(data, signature.encode("utf-8", "replace"), address.NAMESPACE)


def public_of(secret: bytes) -> PublicKey:
    """The public half of the key that an invitation's secret is the seed of."""
    key = Ed25519PrivateKey.from_private_bytes(secret)
    return PublicKey(key.public_key().public_bytes_raw())
