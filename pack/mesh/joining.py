"""A request to join a group: who asks, signed with its own key and with that of an invitation.

It travels over HTTP or as a file. The invitation's secret is not in it, and neither signature is
worth anything in another request.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Annotated, Final, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pack.errors import UnusableInput
from pack.mesh.meeting import Welcome
from pack.mesh.members.endpoints import check_endpoint
from pack.mesh.members.group import NAME
from pack.mesh.members.keys import PeerId, PublicKey, parse_peer_id
from pack.mesh.resolving.address import AddressSigner

NAMESPACE: Final = "pack-join"
"""What the signatures are for."""
LARGEST: Final = 16 * 1024


@dataclass(frozen=True, slots=True)
class JoinRequest:
    """What a newcomer asks.

    Attributes:
        inviter: Whose invitation it has.
        key: The newcomer's key.
        name: What it wants to be called.
        endpoint: Where it can be reached; empty if nowhere.
        nonce: Makes the request different from every other one.
    """

    inviter: PeerId
    key: PublicKey
    name: str
    endpoint: str
    nonce: str


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """A request and who signed it; both signatures are valid.

    Attributes:
        request: What is asked.
        invited: The key of the invitation; that of the request where there is none.
    """

    request: JoinRequest
    invited: PublicKey


class WelcomeSigner(Protocol):
    """Signs and checks answers to handshakes."""

    def sign_welcome(self, welcome: Welcome) -> bytes:
        """The answer, signed by this peer."""
        ...

    def check_welcome(self, content: bytes) -> Welcome:
        """The answer in some bytes, signed by the key that it names.

        Raises:
            InvalidContent: It is none, or the signature is not over it.
        """
        ...


class RequestSigner(WelcomeSigner, AddressSigner, Protocol):
    """Signs and checks requests to join."""

    def sign_request(self, request: JoinRequest, secret: bytes | None) -> bytes:
        """The file for a request of this peer.

        Args:
            request: What is asked.
            secret: The invitation's; `None` for a member, which needs none.
        """
        ...

    def check_request(self, content: bytes) -> SignedRequest:
        """The request in a file.

        Raises:
            InvalidContent: It is none, or a signature is not over it.
        """
        ...


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)

    v: Literal[1]
    inviter: Annotated[str, Field(max_length=100)]
    key: Annotated[str, Field(max_length=200)]
    name: Annotated[str, Field(pattern=rf"^{NAME}$")]
    endpoint: Annotated[str, Field(max_length=400)]
    nonce: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{16,64}$")]


def write_request(request: JoinRequest) -> str:
    """The text that is signed: canonical JSON."""
    fields = {
        "v": 1,
        "inviter": request.inviter,
        "key": request.key.line,
        "name": request.name,
        "endpoint": request.endpoint,
        "nonce": request.nonce,
    }
    return json.dumps(fields, sort_keys=True, separators=(",", ":"))


def parse_request(text: str) -> JoinRequest:
    """The request in a text.

    Raises:
        InvalidContent: It is none.
    """
    if len(text) > LARGEST:
        raise UnusableInput("the request to join is too long")
    try:
        found = _File.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise UnusableInput(f"request to join: {where}: {first['msg']}") from error
    endpoint = check_endpoint(found.endpoint) if found.endpoint else ""
    key, inviter = PublicKey.parse(found.key), parse_peer_id(found.inviter)
    return JoinRequest(inviter, key, found.name, endpoint, found.nonce)
