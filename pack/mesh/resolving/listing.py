"""What a hub answers: the members of its group, where they were last seen, and whether they are on.

An address in it is signed by its peer, as everywhere, so a hub can neither invent nor change one.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pack.errors import UnusableInput
from pack.mesh.members.group import MOST_PEERS
from pack.mesh.members.keys import PeerId
from pack.mesh.resolving.address import ToldAddress, address_fields, parse_address

LARGEST: Final = 256 * 1024


class Presence(StrEnum):
    """Whether a hub hears from a peer."""

    ONLINE = "online"
    OFFLINE = "offline"


@dataclass(frozen=True, slots=True)
class ListedPeer:
    """A member of the group, as a hub sees it.

    Attributes:
        peer: Its id.
        name: What people call it.
        presence: Whether the hub has heard from it within the timeout.
        seen_at: When it did last; empty for never.
        address: Where it says that it is; `None` if it has not said so to the hub.
    """

    peer: PeerId
    name: str
    presence: Presence
    seen_at: str
    address: ToldAddress | None


class _Entry(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True, hide_input_in_errors=True)

    peer_id: Annotated[str, Field(pattern=r"^[a-z2-7]{52}$")]
    name: Annotated[str, Field(max_length=100)] = ""
    status: Presence = Field(strict=False)
    seen_at: Annotated[str, Field(max_length=40)] | None = None
    address: Any = None


class _File(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True, hide_input_in_errors=True)

    peers: Annotated[list[_Entry], Field(max_length=MOST_PEERS)]


def listed_fields(listed: ListedPeer) -> dict[str, object]:
    """A member as it travels."""
    return {
        "peer_id": listed.peer,
        "name": listed.name,
        "status": listed.presence,
        "seen_at": listed.seen_at or None,
        "capabilities": {"hive_sync": True},
        "address": address_fields(listed.address) if listed.address else None,
    }


def parse_listing(text: str) -> tuple[ListedPeer, ...]:
    """The answer of a hub. What is wrong with an address leaves its peer without one.

    Raises:
        InvalidContent: It is none.
    """
    if len(text) > LARGEST:
        raise UnusableInput("the list of peers is too long")
    try:
        found = _File.model_validate_json(text)
    except ValidationError as error:
        raise UnusableInput("this is no list of peers") from error
    return tuple(_listed(one) for one in found.peers)


def write_registration(mine: ToldAddress | None) -> str:
    """What a peer says to a hub: where it is, if others can call it."""
    return json.dumps({"address": address_fields(mine) if mine else None})


def parse_registration(text: str) -> ToldAddress | None:
    """Where the peer is that registers; `None` where it does not say, or nobody should call there.

    Raises:
        InvalidContent: It says something else.
    """
    if len(text) > LARGEST:
        raise UnusableInput("the registration is too long")
    try:
        fields = json.loads(text)
        address = fields["address"]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise UnusableInput("this is no registration") from error
    return parse_address(address)


def _listed(one: _Entry) -> ListedPeer:
    peer, address = PeerId(one.peer_id), parse_address(one.address)
    if address is not None and address.said.peer != peer:
        address = None
    return ListedPeer(peer, one.name, one.status, one.seen_at or "", address)
