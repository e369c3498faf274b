"""Who belongs to a group of peers, and what each of them may do: `group.yaml`.

    version: 1
    name: home
    owner: <peer id>
    succession: [<peer id>]
    merge_version: 1
    retention_days: 90
    share: ["**"]
    peers:
      <peer id>: {name: laptop, key: ssh-ed25519 AAAA…, roles: [owner], levels: [1, 2, 3, 4, 5]}
    former:
      <peer id>: {key: ssh-ed25519 AAAA…, successor: <peer id>}

A peer that gets a new key is another peer from then on. Its former key can do nothing any more, but
stays good for what it signed before.

The owner admits and removes peers, and in this order of precedence so may those in `succession`, so
that a lost laptop is not the end of a group. Membership comes from this file alone, and only from a
version of it that an owner has signed (`group_chain`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import lru_cache
from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pack.errors import InvalidRequest, NotFound, UnusableInput
from pack.files import yaml_block
from pack.merge.heads import MERGE_VERSION
from pack.mesh.members.keys import PeerId, PublicKey, parse_peer_id, shown
from pack.provenance import TRUTH_LEVELS

MOST_PEERS: Final = 100
MOST_FORMER: Final = 1000
RETENTION_DAYS: Final = 90
EVERYTHING: Final = "**"
ALL_LEVELS: Final = tuple(sorted(set(TRUTH_LEVELS.values())))
NAME: Final = r"[\w][\w .@()-]{0,63}"
"""What people may call a peer or a group, as a regular expression."""


def check_name(name: str) -> None:
    """Do nothing, unless a peer or a group cannot be called so.

    Raises:
        InvalidContent: It cannot.
    """
    if re.fullmatch(NAME, name) is None:
        raise UnusableInput(f"nothing can be called {name[:64]!r}: a name is one line of words")


class Role(StrEnum):
    """What a peer may do in a group."""

    OWNER = "owner"
    """Admits and removes peers; everything that members do."""
    MEMBER = "member"
    """Reads and writes."""
    READER = "reader"
    """Reads; what it sends is not taken in."""
    HUB = "hub"
    """Tells others where peers were last seen."""


@dataclass(frozen=True, slots=True)
class Peer:
    """One machine of a group.

    Attributes:
        name: What people call it; a label, unique in the group.
        key: Its public key.
        roles: What it may do.
        levels: The truth levels that its own commits may claim.
    """

    name: str
    key: PublicKey
    roles: frozenset[Role] = frozenset({Role.MEMBER})
    levels: frozenset[int] = frozenset(ALL_LEVELS)

    @property
    def id(self) -> PeerId:
        """Follows from its key."""
        return self.key.peer

    @property
    def may_write(self) -> bool:
        """Whether what it sends is taken in."""
        return not self.roles.isdisjoint({Role.OWNER, Role.MEMBER})

    def owning(self, *, is_owner: bool) -> Self:
        """The peer as an owner or not; who was nothing else is a member then."""
        others = self.roles - {Role.OWNER}
        roles = others | {Role.OWNER} if is_owner else others or {Role.MEMBER}
        return replace(self, roles=frozenset(roles))


@dataclass(frozen=True, slots=True)
class FormerKey:
    """The key that a peer had before.

    Attributes:
        key: The key, which is revoked.
        successor: The peer that it became.
    """

    key: PublicKey
    successor: PeerId


@dataclass(frozen=True, slots=True)
class Group:
    """A group of peers at one time.

    Attributes:
        name: What people call it.
        owner: The peer that precedes all others.
        succession: Who else may admit and remove, in this order.
        peers: Its members, by id.
        merge_version: How heads are merged; all must do it alike.
        retention_days: For how long a silent peer keeps what is waiting for it.
        share: Patterns of what is exchanged.
        former: Peers that have another key now, by the id that they had.
    """

    name: str
    owner: PeerId
    peers: Mapping[PeerId, Peer]
    succession: tuple[PeerId, ...] = ()
    merge_version: int = MERGE_VERSION
    retention_days: int = RETENTION_DAYS
    share: tuple[str, ...] = (EVERYTHING,)
    former: Mapping[PeerId, FormerKey] = field(default_factory=dict)

    @classmethod
    def of_one(cls, name: str, owner: Peer) -> Self:
        """The group that a peer begins."""
        roles = frozenset({Role.OWNER, Role.MEMBER})
        return cls(name, owner.id, {owner.id: replace(owner, roles=roles)})

    @property
    def owners(self) -> tuple[PeerId, ...]:
        """Who may sign changes of the group, the most important first."""
        return (self.owner, *self.succession)

    @property
    def former_keys(self) -> frozenset[PublicKey]:
        """The keys that peers had before."""
        return frozenset(one.key for one in self.former.values())

    @property
    def signers(self) -> Mapping[PeerId, PublicKey]:
        """Whose signatures git is to call good: also those that a peer made with a former key."""
        before = {peer: one.key for peer, one in self.former.items()}
        return {**before, **{peer: one.key for peer, one in self.peers.items()}}

    def peer(self, peer: PeerId) -> Peer:
        """A member.

        Raises:
            NotFound: It is none.
        """
        found = self.peers.get(peer)
        if found is None:
            raise NotFound(f"the peer {shown(peer)}", "Ask an owner of the group to admit it.")
        return found

    def find(self, text: str) -> PeerId | None:
        """The member of a name or an id; `None` if it is none."""
        for peer, one in self.peers.items():
            if one.name == text:
                return peer
        try:
            found = parse_peer_id(text)
        except UnusableInput:
            return None
        return found if found in self.peers else None

    def admitting(self, peer: Peer) -> Self:
        """The group with one more peer, or with other rights for one that it has.

        Raises:
            InvalidRequest: It is full, or another peer has this name.
        """
        if peer.id not in self.peers and len(self.peers) >= MOST_PEERS:
            raise InvalidRequest(f"a group has at most {MOST_PEERS} peers")
        if any(one.name == peer.name for one in self.peers.values() if one.id != peer.id):
            raise InvalidRequest(f"another peer of the group is called {peer.name!r}")
        return replace(self, peers={**self.peers, peer.id: peer})

    def owned_by(self, owners: Sequence[PeerId]) -> Self:
        """The group with other owners, the most important first.

        Raises:
            NotFound: One is none of the group.
            InvalidRequest: There are none.
        """
        for owner in owners:
            self.peer(owner)
        order = tuple(dict.fromkeys(owners))
        if not order:
            raise InvalidRequest("a group needs an owner")
        peers = {one: it.owning(is_owner=one in order) for one, it in self.peers.items()}
        return replace(self, peers=peers, owner=order[0], succession=order[1:])

    def removing(self, peer: PeerId) -> Self:
        """The group without a peer; its key is to be revoked.

        Raises:
            NotFound: It is none of the group.
            InvalidRequest: It is the owner, and nobody could succeed.
        """
        self.peer(peer)
        owners = [one for one in self.owners if one != peer]
        if not owners:
            raise InvalidRequest("the only owner of a group cannot be removed")
        peers = {one: it for one, it in self.peers.items() if one != peer}
        return replace(self, peers=peers, owner=owners[0], succession=tuple(owners[1:]))

    def rekeying(self, peer: PeerId, key: PublicKey) -> Self:
        """The group in which a peer has another key, and keeps everything else.

        Raises:
            NotFound: It is none of the group.
            InvalidRequest: The key is that of a peer, or was.
        """
        before, now = self.peer(peer), key.peer
        if now in self.peers or now in self.former:
            raise InvalidRequest("this key is known to the group already")
        others = {one: it for one, it in self.peers.items() if one != peer}
        owners = [now if one == peer else one for one in self.owners]
        return replace(
            self,
            peers={**others, now: replace(before, key=key)},
            owner=owners[0],
            succession=tuple(owners[1:]),
            former={**self.former, peer: FormerKey(before.key, now)},
        )


# --- the file ----------------------------------------------------------------------------------


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)


class _PeerEntry(_Strict):
    name: Annotated[str, Field(pattern=rf"^{NAME}$")]
    key: Annotated[str, Field(max_length=200)]
    roles: Annotated[list[str], Field(min_length=1, max_length=len(Role))]
    levels: Annotated[list[Annotated[int, Field(ge=1, le=5)]], Field(max_length=len(ALL_LEVELS))]


class _FormerEntry(_Strict):
    key: Annotated[str, Field(max_length=200)]
    successor: str


class _GroupFile(_Strict):
    version: Literal[1]
    name: Annotated[str, Field(pattern=rf"^{NAME}$")]
    owner: str
    succession: Annotated[list[str], Field(max_length=MOST_PEERS)] = []
    merge_version: Annotated[int, Field(ge=1, le=1_000_000)]
    retention_days: Annotated[int, Field(ge=1, le=36_500)] = RETENTION_DAYS
    share: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=400)]], Field(max_length=1000)
    ] = [EVERYTHING]
    peers: Annotated[dict[str, _PeerEntry], Field(min_length=1, max_length=MOST_PEERS)]
    former: Annotated[dict[str, _FormerEntry], Field(max_length=MOST_FORMER)] = {}


@lru_cache(maxsize=256)
def parse_group(text: str) -> Group:
    """The group that a file describes.

    Raises:
        InvalidContent: It describes none. Nothing in it is guessed, as it says whom to trust.
        LimitExceeded: It is too large.
    """
    try:
        found = _GroupFile.model_validate(yaml_block.load(text))
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise UnusableInput(f"{where}: {first['msg']}") from error
    peers = {parse_peer_id(peer): _peer(peer, entry) for peer, entry in found.peers.items()}
    owners = tuple(parse_peer_id(one) for one in (found.owner, *found.succession))
    group = Group(
        found.name,
        owners[0],
        peers,
        owners[1:],
        found.merge_version,
        found.retention_days,
        tuple(found.share),
        {parse_peer_id(peer): _former(peer, entry) for peer, entry in found.former.items()},
    )
    _check(group)
    return group


def _peer(peer: str, entry: _PeerEntry) -> Peer:
    key = PublicKey.parse(entry.key)
    if key.peer != peer:
        raise UnusableInput(f"the key of {entry.name} is not that of {peer[:60]}")
    try:
        roles = frozenset(map(Role, entry.roles))
    except ValueError as error:
        raise UnusableInput(f"{entry.name} has an unknown role") from error
    return Peer(entry.name, key, roles, frozenset(entry.levels))


def _former(peer: str, entry: _FormerEntry) -> FormerKey:
    key = PublicKey.parse(entry.key)
    if key.peer != peer:
        raise UnusableInput(f"a former key is not that of {peer[:60]}")
    return FormerKey(key, parse_peer_id(entry.successor))


def _check(group: Group) -> None:
    if len(set(group.owners)) != len(group.owners):
        raise UnusableInput("an owner is named twice")
    for owner in group.owners:
        if owner not in group.peers or Role.OWNER not in group.peers[owner].roles:
            raise UnusableInput(f"the owner {owner} is not a peer with that role")
    names = [peer.name for peer in group.peers.values()]
    if len(set(names)) != len(names):
        raise UnusableInput("two peers have one name")


def write_group(group: Group) -> str:
    """The file for a group; the same group gives the same bytes."""
    lines = [
        "version: 1",
        f"name: {yaml_block.write(group.name)}",
        f"owner: {yaml_block.write(group.owner)}",
        f"succession: {yaml_block.write(list(group.succession))}",
        f"merge_version: {group.merge_version}",
        f"retention_days: {group.retention_days}",
        f"share: {yaml_block.write(list(group.share))}",
        "peers:",
    ]
    for peer in sorted(group.peers):
        one = group.peers[peer]
        levels = ", ".join(map(str, sorted(one.levels)))
        lines += [
            f"  {yaml_block.write(peer)}:",
            f"    name: {yaml_block.write(one.name)}",
            f"    key: {yaml_block.write(one.key.line)}",
            f"    roles: {yaml_block.write(sorted(one.roles))}",
            f"    levels: [{levels}]",
        ]
    lines += ["former:"] if group.former else []
    for peer in sorted(group.former):
        former = group.former[peer]
        lines += [
            f"  {yaml_block.write(peer)}:",
            f"    key: {yaml_block.write(former.key.line)}",
            f"    successor: {yaml_block.write(former.successor)}",
        ]
    return "\n".join(lines) + "\n"
