"""What two peers tell each other when they meet: who they are, and how far each is.

Each side asks the other for a token of its own: the one that is asked gives it, in an answer that
it signs. So a request never carries a secret of the peer that it goes to.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Final, Literal, Protocol, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from pack.errors import UnusableInput
from pack.mesh.members.keys import PeerId, PublicKey
from pack.mesh.resolving.address import MOST_TOLD, ToldAddress, address_fields, parse_address
from pack.mesh.resolving.listing import ListedPeer
from pack.model import CommitId

PATHS: Final = "/sync/v1"
"""Where a peer answers others, below its address."""
BUNDLE_TYPE: Final = "application/x-git-bundle"
SEQUENCE_HEADER: Final = "Pack-Sender-Seq"
"""How many commits whoever sends a bundle has."""
LARGEST: Final = 256 * 1024
MOST_PEERS: Final = 1000
LONGEST_WAIT: Final = 300.0
"""How many seconds a peer with enough to do can have others wait, whatever it says."""
_ID: Final = r"^[0-9a-f]{40}$"
_PEER: Final = r"^[a-z2-7]{52}$"
_CommitText = Annotated[str, Field(pattern=_ID)]
_PeerText = Annotated[str, Field(pattern=_PEER)]


@dataclass(frozen=True, slots=True)
class Welcome:
    """The answer to a handshake.

    Attributes:
        group: The group's id.
        key: The key of whoever answers.
        head: Where its memory is; `None` before the first commit.
        height: How many commits that is.
        token: What it wants to see in requests.
        nonce: That of the request.
    """

    group: CommitId
    key: PublicKey
    head: CommitId | None
    height: int
    token: str
    nonce: str


@dataclass(frozen=True, slots=True)
class Heard:
    """How far a peer is: the commits that it has with all that leads to them.

    Attributes:
        peer: Who says it.
        group: The group's id.
        head: Where its memory is.
        height: How many commits that is.
        versions: Versions of the group that it knows, the one that counts first.
        announced: The last announcement of each peer that it knows.
        known_peers: Addresses that it passes on; nothing of them is believed unless signed.
    """

    peer: PeerId
    group: CommitId
    head: CommitId | None = None
    height: int = 0
    versions: tuple[CommitId, ...] = ()
    announced: dict[PeerId, CommitId] = field(default_factory=dict)
    known_peers: tuple[ToldAddress, ...] = ()

    @property
    def commits(self) -> frozenset[CommitId]:
        """Everything that it has for certain."""
        heads = {self.head} if self.head else set()
        return frozenset({*self.versions, *self.announced.values(), *heads})


@dataclass(frozen=True, slots=True)
class Health:
    """What a peer says of how it is.

    Attributes:
        at: The time there; `None` where an older PACK does not say.
        version: The version of PACK there; empty if it does not say.
        merge_version: The rules by which it merges; 0 if it does not say.
        head: Where its memory is.
        height: How many commits that is.
    """

    at: datetime | None = None
    version: str = ""
    merge_version: int = 0
    head: CommitId | None = None
    height: int = 0


def token_digest(token: str) -> str:
    """What is kept of a token that was given to somebody else."""
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()


class _Model(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True, hide_input_in_errors=True)


_Kind = TypeVar("_Kind", bound=_Model)


class _WelcomeFile(_Model):
    v: Literal[1]
    sync_group_id: _CommitText
    signing_key: Annotated[str, Field(max_length=200)]
    head: _CommitText | None
    current_seq: Annotated[int, Field(ge=0)]
    sync_token: Annotated[str, Field(min_length=16, max_length=200, pattern=r"^[!-~]+$")]
    nonce: Annotated[str, Field(max_length=64)]


class _HeardFile(_Model):
    instance_id: _PeerText
    group: _CommitText
    head: _CommitText | None = None
    seq: Annotated[int, Field(ge=0)] = 0
    versions: Annotated[list[_CommitText], Field(max_length=MOST_PEERS)] = []
    announced: Annotated[dict[_PeerText, _CommitText], Field(max_length=MOST_PEERS)] = {}
    known_peers: list[Any] = []


class _HealthFile(_Model):
    at: AwareDatetime | None = None
    version: Annotated[str, Field(pattern=r"^[\w.+-]{1,40}$")] = ""
    merge_version: Annotated[int, Field(ge=0)] = 0
    head: _CommitText | None = None
    local_seq: Annotated[int, Field(ge=0)] = 0


def parse_health(text: str) -> Health:
    """What a peer says of how it is.

    Raises:
        InvalidContent: It says something else.
    """
    found = _parsed(_HealthFile, text)
    head = CommitId(found.head) if found.head else None
    return Health(found.at, found.version, found.merge_version, head, found.local_seq)


def write_welcome(welcome: Welcome) -> str:
    """The text that is signed: canonical JSON."""
    fields = {
        "v": 1,
        "sync_group_id": welcome.group,
        "signing_key": welcome.key.line,
        "head": welcome.head,
        "current_seq": welcome.height,
        "sync_token": welcome.token,
        "nonce": welcome.nonce,
    }
    return json.dumps(fields, sort_keys=True, separators=(",", ":"))


def parse_welcome(text: str) -> Welcome:
    """The answer in a text.

    Raises:
        InvalidContent: It is none.
    """
    found = _parsed(_WelcomeFile, text)
    head = CommitId(found.head) if found.head else None
    key = PublicKey.parse(found.signing_key)
    group, token = CommitId(found.sync_group_id), found.sync_token
    return Welcome(group, key, head, found.current_seq, token, found.nonce)


def heard_fields(heard: Heard) -> dict[str, object]:
    """The fields by which a peer says how far it is."""
    return {
        "instance_id": heard.peer,
        "group": heard.group,
        "head": heard.head,
        "seq": heard.height,
        "versions": list(heard.versions),
        "announced": dict(heard.announced),
        "known_peers": list(map(address_fields, heard.known_peers)),
    }


def parse_heard(text: str) -> Heard:
    """What a peer says of how far it is.

    Raises:
        InvalidContent: It says something else.
    """
    found = _parsed(_HeardFile, text)
    return Heard(
        PeerId(found.instance_id),
        CommitId(found.group),
        CommitId(found.head) if found.head else None,
        found.seq,
        tuple(map(CommitId, found.versions)),
        {PeerId(peer): CommitId(commit) for peer, commit in found.announced.items()},
        tuple(filter(None, map(parse_address, found.known_peers[:MOST_TOLD]))),
    )


def _parsed(kind: type[_Kind], text: str) -> _Kind:
    if len(text) > LARGEST:
        raise UnusableInput("what the peer says is too long")
    try:
        return kind.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise UnusableInput(f"{where}: {first['msg']}") from error


class PeerLine(Protocol):
    """The way to one other peer.

    All raise `Unavailable` where it does not answer as it should, and `RefusedForSafety` where it
    does not let this peer in.
    """

    @property
    def wants_signatures(self) -> bool:
        """Whether its last answer said what the next request has to sign."""
        ...

    def handshake(self, request: bytes) -> Welcome:
        """Ask for a token; the answer's signature is checked, not whose it is."""
        ...

    def heartbeat(self, token: str, mine: Heard) -> Heard:
        """Say how far this peer is, and hear how far the other one is."""
        ...

    def register(self, token: str, mine: ToldAddress | None) -> Sequence[ListedPeer]:
        """Tell a hub where this peer is, and hear where others are."""
        ...

    def leave(self, token: str, group: CommitId) -> None:
        """Say that this peer leaves the group."""
        ...

    def health(self, token: str, group: CommitId) -> Health:
        """How the other one is; nothing is remembered of the question."""
        ...

    def fetch(self, token: str, group: CommitId, have: list[CommitId], file: str) -> bool:
        """Write what the other one has and this one lacks to a bundle; whether there is any."""
        ...

    def push(self, token: str, group: CommitId, file: str, height: int) -> None:
        """Send a bundle."""
        ...

    def kits(self, token: str, group: CommitId) -> bytes:
        """What the other one tells of the kits that it offers."""
        ...

    def kit(self, token: str, group: CommitId, wanted: bytes) -> bytes | None:
        """A kit of the other one; `None` if there is none that this peer may have."""
        ...
