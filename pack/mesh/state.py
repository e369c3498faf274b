"""What this peer remembers of its mesh and of others. Only tokens and invitations are not derived.

Who belongs to the group is not in here: that is in the group's own chain.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from pack.mesh.members.invitation import OpenInvitation
from pack.mesh.members.keys import PeerId, PublicKey
from pack.model import CommitId


class PeerSource(StrEnum):
    """Who gave the address of a peer."""

    MANUAL = "manual"
    HUB = "hub"
    MDNS = "mdns"
    GOSSIP = "gossip"


class PeerStatus(StrEnum):
    """How things stand with a peer."""

    PENDING = "pending"
    """Nothing was exchanged yet."""
    ACTIVE = "active"
    """The last exchange went well."""
    UNREACHABLE = "unreachable"
    """It has not been heard from for a while."""
    ERROR = "error"
    """Many exchanges in a row failed; it is asked all the same."""
    PAUSED = "paused"
    """A person wants nothing exchanged with it."""


@dataclass(frozen=True, slots=True)
class Membership:
    """The group that this memory belongs to.

    Attributes:
        group: The group's id.
        name: What this peer is called.
        endpoint: Where others reach it; empty for one that only calls others.
        peer: The peer that it is known as; `None` where this was stored before it was kept.
        successor: The key that it has asked to go by; empty if none.
        is_restored: Whether it has heard from others what it had once said itself, as after a
            backup, and has not taken that in yet.
        told: The address and the successor that this machine announced last; `None` where this was
            stored before it was kept. Another machine with the same key may have said others since.
    """

    group: CommitId
    name: str
    endpoint: str = ""
    peer: PeerId | None = None
    successor: str = ""
    is_restored: bool = False
    told: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class LearnedAddress:
    """The address of a peer, as it was passed on here with the peer's signature.

    Attributes:
        endpoint: The address.
        n: The number of the announcement that names it.
        signature: The peer's, without which it cannot be passed on.
        source: Who told it: a hub, or some peer.
        ttl: How often it may still be passed on.
        via: Which peer told it.
    """

    endpoint: str
    n: int
    signature: str
    source: PeerSource
    ttl: int
    via: PeerId


@dataclass(frozen=True, slots=True)
class PeerRecord:
    """What is remembered of another peer. Times are ISO 8601, in UTC.

    Attributes:
        peer: Its id.
        endpoint: Where it is; empty if nobody knows.
        source: Who said so.
        status: How things stand with it.
        created_at: When it was first heard from.
        updated_at: When anything here changed.
        last_heartbeat_at: When it answered last.
        last_sync_at: When both were last known to be at the same head.
        last_error: Why the last exchange failed; empty if it went well.
        failures: How many exchanges have failed since.
        not_before: When the next one is due after a failure.
        sent: The head that it has for certain.
        gossip_ttl: How often its address may still be passed on.
        discovered_via: Who passed it on here; `None` where the peer itself or a person did.
        token: What it wants to see in requests to it; secret.
        accepts: SHA-256 of what it has to show in its own requests.
        told: Where it is, as others told.
        given_up: The number of the last address at which it could not be met.
        invited_at: Where it was when it invited this peer, in the line that a person handed over.
        denies: Whether it said last that this machine belongs to the group no more.
        sighted: Where it is on the local network; empty if it is not heard of there.
    """

    peer: PeerId
    endpoint: str = ""
    source: PeerSource = PeerSource.MANUAL
    status: PeerStatus = PeerStatus.PENDING
    created_at: str = ""
    updated_at: str = ""
    last_heartbeat_at: str = ""
    last_sync_at: str = ""
    last_error: str = ""
    failures: int = 0
    not_before: str = ""
    sent: CommitId | None = None
    gossip_ttl: int = 0
    discovered_via: PeerId | None = None
    token: str = ""
    accepts: str = ""
    told: LearnedAddress | None = None
    given_up: int = 0
    invited_at: str = ""
    denies: bool = False
    sighted: str = ""

    @property
    def was_met(self) -> bool:
        """Whether the two were ever in touch, or a person brought them together."""
        return bool(self.endpoint or self.token or self.accepts or self.last_heartbeat_at)

    @property
    def is_by_person(self) -> bool:
        """Whether a person gave the address here, so that it may lead to this machine as well."""
        return self.source is PeerSource.MANUAL or self.endpoint == self.invited_at


@dataclass(frozen=True, slots=True)
class Applicant:
    """A machine that asks to be let in without an invitation.

    Attributes:
        key: Its key.
        name: What it wants to be called.
        endpoint: Where it can be reached; empty if nowhere.
        asked_at: When it asked first.
        is_refused: Whether an owner has said no.
        former: The member that it says to be, if so.
    """

    key: PublicKey
    name: str
    endpoint: str
    asked_at: datetime
    is_refused: bool = False
    former: PeerId | None = None


class MeshEventKind(StrEnum):
    """What happened in a group."""

    ADMITTED = "admitted"
    """A peer was let in."""
    REMOVED = "removed"
    """A peer was removed."""
    REKEYED = "rekeyed"
    """A peer got a new key."""
    REFUSED = "refused"
    """Something of a peer was not taken in, and is kept apart."""
    ROLLBACK = "rollback"
    """A peer says what it said earlier: it came back from a backup."""
    RESTORED = "restored"
    """This machine had lost what it once said, and has it back."""
    CLONED = "cloned"
    """A key is on two machines."""
    ERROR = "error"
    """Many exchanges with a peer failed in a row."""
    RECOVERED = "recovered"
    """They go well again."""
    FETCHED = "fetched"
    """A peer was given a kit of this machine's; told once for each version."""


@dataclass(frozen=True, slots=True)
class MeshEvent:
    """Something that happened in a group.

    Attributes:
        at: When this machine heard of it.
        kind: What.
        peer: Whom it is about.
        name: What people called that peer then.
        detail: More, in words; empty if there is no more.
    """

    at: str
    kind: MeshEventKind
    peer: PeerId
    name: str
    detail: str = ""


class MeshState(Protocol):
    """Where this is kept. Methods may be called from any thread or process.

    All raise `Unavailable` where it cannot be read or stored.
    """

    def membership(self) -> Membership | None:
        """The group of this memory; `None` if it belongs to none."""
        ...

    def set_membership(self, membership: Membership | None) -> None:
        """Join a group, or leave it."""
        ...

    def invitations(self) -> Sequence[OpenInvitation]:
        """The invitations that were made here."""
        ...

    def set_invitations(self, invitations: Sequence[OpenInvitation]) -> None:
        """Replace them all."""
        ...

    def applicants(self) -> Sequence[Applicant]:
        """Who asks to be let in."""
        ...

    def set_applicants(self, applicants: Sequence[Applicant]) -> None:
        """Replace them all."""
        ...

    def records(self) -> Mapping[PeerId, PeerRecord]:
        """What is known of other peers."""
        ...

    def set_records(self, records: Mapping[PeerId, PeerRecord]) -> None:
        """Replace it all."""
        ...

    def events(self) -> Sequence[MeshEvent]:
        """What happened, the oldest first."""
        ...

    def set_events(self, events: Sequence[MeshEvent]) -> None:
        """Replace it all."""
        ...

    def notices(self) -> Sequence[str]:
        """What whoever reads the memory should know."""
        ...

    def set_notices(self, notices: Sequence[str]) -> None:
        """Replace it all."""
        ...
