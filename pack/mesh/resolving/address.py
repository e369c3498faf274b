"""Where a peer says that it can be reached: signed by it, so that others can pass it on.

    {"endpoint": "https://192.168.1.10:3006", "group": "…", "n": 3, "peer": "…", "v": 1}

The number is that of the announcement that names the same address. So it does not matter which way
the two come: an older address never replaces a newer one, and nobody can invent or change one.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Annotated, Final, Protocol
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pack.errors import InvalidContent
from pack.mesh.members.addresses import may_be_peer
from pack.mesh.members.endpoints import check_endpoint
from pack.mesh.members.keys import PeerId, PublicKey
from pack.model import CommitId

NAMESPACE: Final = "pack-address"
"""What the signature is for."""
MOST_TOLD: Final = 100
"""As many as a group has peers: nobody has more to tell."""
_MOST: Final = 2**53


@dataclass(frozen=True, slots=True)
class SaidAddress:
    """What a peer says.

    Attributes:
        group: The group's id.
        peer: Who says it.
        n: The number of the announcement that names this address.
        endpoint: The address.
    """

    group: CommitId
    peer: PeerId
    n: int
    endpoint: str


@dataclass(frozen=True, slots=True)
class ToldAddress:
    """What a peer says, as anybody passes it on.

    Attributes:
        said: What it says.
        signature: Its signature, as `AddressSigner` makes it. Nothing is believed without it.
        ttl: How often it may still be passed on; the only part that is not signed.
    """

    said: SaidAddress
    signature: str
    ttl: int = 0


class AddressSigner(Protocol):
    """Signs this peer's address, and checks those of others."""

    def sign_address(self, said: SaidAddress, key: PublicKey) -> str:
        """The signature by one of this peer's keys."""
        ...

    def check_address(self, said: SaidAddress, signature: str) -> PublicKey:
        """The key that signed an address.

        Raises:
            InvalidContent: The signature is not over it.
        """
        ...


def write_address(said: SaidAddress) -> str:
    """The text that is signed: canonical JSON."""
    fields = {
        "v": 1,
        "group": said.group,
        "peer": said.peer,
        "n": said.n,
        "endpoint": said.endpoint,
    }
    return json.dumps(fields, sort_keys=True, separators=(",", ":"))


class _File(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True, hide_input_in_errors=True)

    group: Annotated[str, Field(pattern=r"^[0-9a-f]{40}$")]
    peer_id: Annotated[str, Field(pattern=r"^[a-z2-7]{52}$")]
    n: Annotated[int, Field(ge=1, lt=_MOST)]
    sync_endpoint: Annotated[str, Field(min_length=1, max_length=400)]
    signature: Annotated[str, Field(max_length=1000)]
    ttl: Annotated[int, Field(ge=0, lt=_MOST)]


def address_fields(told: ToldAddress) -> dict[str, object]:
    """An address as it travels."""
    return {
        "peer_id": told.said.peer,
        "group": told.said.group,
        "n": told.said.n,
        "sync_endpoint": told.said.endpoint,
        "signature": told.signature,
        "ttl": told.ttl,
    }


def parse_address(fields: object) -> ToldAddress | None:
    """An address that came; `None` where it is none, or nobody should call there."""
    try:
        found = _File.model_validate(fields)
        if check_endpoint(found.sync_endpoint) != found.sync_endpoint:
            return None
    except (ValidationError, InvalidContent):
        return None
    said = SaidAddress(CommitId(found.group), PeerId(found.peer_id), found.n, found.sync_endpoint)
    return ToldAddress(said, found.signature, found.ttl) if may_call(said.endpoint) else None


def may_call(endpoint: str) -> bool:
    """Whether an address that nobody here gave may be called."""
    return may_be_peer(urlsplit(endpoint).hostname or "")
