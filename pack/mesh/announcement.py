"""What a peer says of itself: "this is my head now". Announcements are a signed chain.

Each is a commit in `refs/pack/peers/<peer id>` with the announced head among its parents, so that
one signature covers all that is reachable: commits made by hand and merges need none of their own.
The chain shows what otherwise nobody could see: a peer that goes back to an old state, and one key
on two machines.

    {"at": "2026-01-02T03:04:05Z", "endpoint": "https://192.168.1.10:3006", "group": "…",
     "head": "…", "height": 12, "n": 3, "peer": "…", "roster": "…", "tree": "…", "v": 1}

So an address comes by the same way as everything else, signed by the peer that it is the address
of: whoever passes it on can neither invent nor change one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pack.errors import UnusableInput
from pack.mesh.members.endpoints import LONGEST, check_endpoint
from pack.mesh.members.keys import PeerId, PublicKey
from pack.model import CommitId

LARGEST: Final = 4096
_ID: Final = r"^[0-9a-f]{40}$"
_PEER: Final = r"^[a-z2-7]{52}$"
_AT: Final = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$"
_MOST: Final = 2**53
_Number = Annotated[int, Field(ge=1, lt=_MOST)]
_CommitText = Annotated[str, Field(pattern=_ID)]


@dataclass(frozen=True, slots=True)
class Announcement:
    """What a peer says.

    Attributes:
        group: The group's id.
        peer: Who says it.
        n: Its number in the peer's chain; the first has 1.
        head: The commit that the peer is at.
        height: How many commits that commit consists of, itself included.
        tree: The id of its tree.
        roster: The version of the group that the peer went by.
        at: When, by the peer's clock, in UTC; only ever shown.
        endpoint: Where the peer can be reached; empty if nowhere.
        successor: The key that the peer asks to go by; `None` if it stays with this one.
    """

    group: CommitId
    peer: PeerId
    n: int
    head: CommitId
    height: int
    tree: str
    roster: CommitId
    at: str
    endpoint: str = ""
    successor: PublicKey | None = None


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)

    v: Literal[1]
    group: _CommitText
    peer: Annotated[str, Field(pattern=_PEER)]
    n: _Number
    head: _CommitText
    height: _Number
    tree: _CommitText
    roster: _CommitText
    at: Annotated[str, Field(pattern=_AT)]
    endpoint: Annotated[str, Field(max_length=LONGEST)]
    successor: Annotated[str, Field(max_length=200)] | None = None


def write_announcement(said: Announcement) -> str:
    """Its file: canonical JSON, so that the same words are always the same bytes."""
    fields = {
        "v": 1,
        "group": said.group,
        "peer": said.peer,
        "n": said.n,
        "head": said.head,
        "height": said.height,
        "tree": said.tree,
        "roster": said.roster,
        "at": said.at,
        "endpoint": said.endpoint,
        **({"successor": said.successor.line} if said.successor is not None else {}),
    }
    return json.dumps(fields, sort_keys=True, separators=(",", ":")) + "\n"


def parse_announcement(text: str) -> Announcement:
    """The announcement in a file.

    Raises:
        InvalidContent: It is none, or is not written canonically.
    """
    if len(text) > LARGEST:
        raise UnusableInput("the announcement is too long")
    try:
        found = _File.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise UnusableInput(f"announcement: {where}: {first['msg']}") from error
    said = Announcement(
        CommitId(found.group),
        PeerId(found.peer),
        found.n,
        CommitId(found.head),
        found.height,
        found.tree,
        CommitId(found.roster),
        found.at,
        check_endpoint(found.endpoint) if found.endpoint else "",
        PublicKey.parse(found.successor) if found.successor is not None else None,
    )
    if write_announcement(said) != text:
        raise UnusableInput("an announcement is canonical JSON")
    return said


# --- the chain ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Announced:
    """An announcement with the commit that holds it; signature and peer are checked.

    Attributes:
        id: The commit.
        previous: The announcement before; `None` for the first.
        said: What it says.
    """

    id: CommitId
    previous: CommitId | None
    said: Announcement


class Course(StrEnum):
    """How what a peer says now goes with what was last heard of it."""

    SAME = "same"
    """Nothing is new."""
    NEWER = "newer"
    """It goes on from there."""
    ROLLBACK = "rollback"
    """It says something that it said earlier: a replay, or a peer restored from a backup."""
    EQUIVOCATION = "equivocation"
    """It says something else under a number that it has used: one key on two machines, or a peer
    that went on after it was restored."""


def course_of(
    known: Announced | None, chain: Sequence[Announced], is_known: Callable[[CommitId], bool]
) -> Course:
    """How a peer's chain goes with what was accepted of it before.

    Args:
        known: The last one that was accepted; `None` if this peer is new.
        chain: What the peer has now, the last one first; as far back as its number 1, or as the
            known one.
        is_known: Whether an announcement is the known one or leads to it.

    Raises:
        InvalidContent: The chain contradicts itself.
    """
    check_chain(chain)
    last = chain[0]
    if known is None or last.id == known.id:
        return Course.NEWER if known is None else Course.SAME
    if any(one.id == known.id for one in chain):
        return Course.NEWER
    return Course.ROLLBACK if is_known(last.id) else Course.EQUIVOCATION


def check_chain(chain: Sequence[Announced]) -> None:
    """Do nothing, unless a chain of announcements, the last one first, contradicts itself.

    Raises:
        InvalidContent: It does.
    """
    if not chain:
        raise UnusableInput("there is no announcement")
    for later, earlier in pairwise(chain):
        if later.previous != earlier.id or later.said.n != earlier.said.n + 1:
            raise UnusableInput("an announcement does not follow the one before")
        if (later.said.peer, later.said.group) != (earlier.said.peer, earlier.said.group):
            raise UnusableInput("an announcement speaks for another peer or group")
    first = chain[-1]
    if (first.said.n == 1) != (first.previous is None):
        raise UnusableInput("the first announcement has the number 1")
