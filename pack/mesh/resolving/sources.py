"""What each source says of where a peer is, and which of them counts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pack.mesh.announcement import Announcement
from pack.mesh.members.group import Peer, Role
from pack.mesh.members.keys import PeerId
from pack.mesh.resolving.address import may_call
from pack.mesh.resolving.policy import FindingPolicy
from pack.mesh.state import PeerRecord, PeerSource


@dataclass(frozen=True, slots=True)
class Member:
    """Another peer of the group, and all that is known of it.

    Attributes:
        peer: Who it is, by the group's own chain.
        record: What is remembered of it; its status is that of now.
        said: What it announced last; `None` if nothing is known.
        given_up: The number of the last address that counts no more; 0 for none.
    """

    peer: Peer
    record: PeerRecord
    said: Announcement | None
    given_up: int = 0


@dataclass(frozen=True, slots=True)
class FoundAddress:
    """Where a peer is, as one source says.

    Attributes:
        endpoint: The address.
        source: The source.
        n: The number of the announcement that names it; 0 where it has none.
        ttl: How often it may be passed on.
        via: Who passed it on; `None` where the peer itself or a person did.
    """

    endpoint: str
    source: PeerSource
    n: int = 0
    ttl: int = 0
    via: PeerId | None = None


Find = Callable[[Member, FindingPolicy], FoundAddress | None]


def find_manual(member: Member, policy: FindingPolicy) -> FoundAddress | None:
    """What a person said."""
    record = member.record
    is_heeded = policy.heeds_manual or Role.HUB in member.peer.roles
    if not record.endpoint or record.source is not PeerSource.MANUAL or not is_heeded:
        return None
    return FoundAddress(record.endpoint, PeerSource.MANUAL, ttl=policy.ttl)


def find_hub(member: Member, policy: FindingPolicy) -> FoundAddress | None:
    """What a hub said last, also while none answers."""
    return _learned(member, PeerSource.HUB) if policy.asks_hubs else None


def find_mdns(member: Member, policy: FindingPolicy) -> FoundAddress | None:
    """What the peer says on the local network; that is passed on to nobody."""
    at = member.record.sighted
    return FoundAddress(at, PeerSource.MDNS) if policy.mdns and at and may_call(at) else None


def find_gossip(member: Member, policy: FindingPolicy) -> FoundAddress | None:
    """What the peer said itself, whoever passed it on: the newest of it."""
    told = _learned(member, PeerSource.GOSSIP) if policy.gossip else None
    said, record = member.said, member.record
    if said and (policy.gossip or record.was_met) and said.n > (told.n if told else 0):
        is_usable = said.n > member.given_up and may_call(said.endpoint)
        if said.endpoint and is_usable:
            via = record.discovered_via
            return FoundAddress(said.endpoint, PeerSource.GOSSIP, said.n, via=via)
    if told is None and record.endpoint and record.source is not PeerSource.MANUAL:
        # It said so when it introduced itself.
        return FoundAddress(record.endpoint, PeerSource.GOSSIP)
    return told


def find_best(member: Member, policy: FindingPolicy) -> FoundAddress | None:
    """What counts: a person, a hub unless gossip is newer, the local network, gossip."""
    if (by_hand := find_manual(member, policy)) is not None:
        return by_hand
    hub, gossip = find_hub(member, policy), find_gossip(member, policy)
    if hub is not None and (gossip is None or gossip.n <= hub.n):
        return hub
    return find_mdns(member, policy) or gossip


def _learned(member: Member, source: PeerSource) -> FoundAddress | None:
    told = member.record.told
    if told is None or told.source is not source or told.n <= member.given_up:
        return None
    return FoundAddress(told.endpoint, source, told.n, told.ttl, told.via)
