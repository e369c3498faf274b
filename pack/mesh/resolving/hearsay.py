"""Addresses that others tell: each is checked, and remembered if it is newer than what is known.

Whoever tells one cannot be lying about it, as the peer that it is of has signed it; nor can it make
anybody a member, as only members of the group's own chain are listened to.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from pack.errors import InvalidContent
from pack.mesh.members.group import Group
from pack.mesh.members.keys import PeerId
from pack.mesh.outbox import Outbox
from pack.mesh.ports import MeshPorts
from pack.mesh.resolving.address import MOST_TOLD, ToldAddress
from pack.mesh.roster import Roster
from pack.mesh.state import LearnedAddress, PeerRecord, PeerSource
from pack.times import format_time

_NOBODY: Collection[PeerId] = frozenset()


class Hearsay:
    """What others tell. May be used from any thread or process."""

    def __init__(self, ports: MeshPorts, roster: Roster, outbox: Outbox) -> None:
        self._ports = ports
        self._roster = roster
        self._outbox = outbox

    def take(
        self,
        told: Sequence[ToldAddress],
        by: PeerId,
        source: PeerSource,
        online: Collection[PeerId] = _NOBODY,
    ) -> int:
        """Remember the addresses that are new here.

        Args:
            told: The addresses.
            by: Who tells them.
            source: What it is: a hub, or any peer.
            online: Peers that a hub has heard from, so that they are worth another try.

        Returns:
            How many were not signed by the peer that they are of.
        """
        group, me = self._roster.version().group, self._roster.me
        mine = self._roster.membership().group
        own = [one for one in told[:MOST_TOLD] if one.said.group == mine and one.said.peer != me]
        of_members = [one for one in own if one.said.peer in group.peers]
        genuine = [one for one in of_members if self._is_genuine(one, group)]
        if genuine:
            with self._ports.exclusive():
                self._remember(genuine, by, source, online)
        return len(of_members) - len(genuine)

    def note_bringer(self, by: PeerId) -> None:
        """Remember who brought the announcements of peers that nobody told of before."""
        with self._ports.exclusive():
            records, now = dict(self._ports.state.records()), format_time(self._ports.clock())
            before = dict(records)
            for peer, head in self._outbox.heads().items():
                new = PeerRecord(peer, source=PeerSource.GOSSIP, created_at=now, updated_at=now)
                known = records.get(peer, new)
                is_own = peer in (by, self._roster.me) or not head.said.endpoint
                if not (is_own or known.was_met or known.told or known.discovered_via):
                    records[peer] = replace(known, discovered_via=by)
            if records != before:
                self._ports.state.set_records(records)

    def _is_genuine(self, one: ToldAddress, group: Group) -> bool:
        try:
            key = self._ports.signer.check_address(one.said, one.signature)
        except InvalidContent:
            return False
        return key == group.peers[one.said.peer].key

    def _remember(
        self,
        told: Sequence[ToldAddress],
        by: PeerId,
        source: PeerSource,
        online: Collection[PeerId],
    ) -> None:
        records, now = dict(self._ports.state.records()), format_time(self._ports.clock())
        heads, before = self._outbox.heads(), dict(records)
        for one in told:
            peer = one.said.peer
            known = records.get(peer, PeerRecord(peer, source=PeerSource.GOSSIP, created_at=now))
            announced = heads[peer].said.n if peer in heads else 0
            if peer in online and known.given_up:
                known = replace(known, given_up=0)
            if _is_news(one, known, announced, source) and self._has_room(records, peer, by):
                learned = self._learned(one, by, source)
                known = replace(known, told=learned, not_before="", updated_at=now)
            if known != before.get(peer) and (known.told or peer in before):
                records[peer] = known
        if records != before:
            self._ports.state.set_records(records)

    def _learned(self, one: ToldAddress, by: PeerId, source: PeerSource) -> LearnedAddress:
        policy = self._ports.finding
        is_of_hub = source is PeerSource.HUB
        ttl = policy.hub_ttl if is_of_hub else min(one.ttl, max(0, policy.ttl - 1))
        return LearnedAddress(one.said.endpoint, one.said.n, one.signature, source, ttl, by)

    def _has_room(self, records: dict[PeerId, PeerRecord], peer: PeerId, by: PeerId) -> bool:
        """Whether another peer may be known by hearsay; what a peer says of itself is none."""
        known = records.get(peer)
        if peer == by or (known is not None and known.told is not None):
            return True
        members = self._roster.version().group.peers
        by_gossip = [
            one
            for one in records.values()
            if one.told and one.told.source is PeerSource.GOSSIP and one.told.via != one.peer
            if one.peer in members
        ]
        return len(by_gossip) < self._ports.finding.most


def _is_news(one: ToldAddress, known: PeerRecord, announced: int, source: PeerSource) -> bool:
    """Whether an address is newer than what is known, or as new and from a better source."""
    if one.said.n <= known.given_up or one.said.n < announced:
        return False
    if known.told is None or one.said.n != known.told.n:
        return known.told is None or one.said.n > known.told.n
    return source is PeerSource.HUB and known.told.source is not PeerSource.HUB
