"""The peers of a group, with the address of each: by one source, or by all of them together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from pack.mesh.members.keys import PeerId, PublicKey
from pack.mesh.outbox import Outbox
from pack.mesh.ports import MeshPorts
from pack.mesh.resolving.sources import Find, Member, find_best
from pack.mesh.roster import Roster
from pack.mesh.state import PeerRecord, PeerSource, PeerStatus
from pack.model import CommitId
from pack.times import parse_time


@dataclass(frozen=True, slots=True)
class KnownPeer:
    """Another peer whose address is known.

    Attributes:
        id: Its id.
        name: What people call it.
        endpoint: Where it is.
        groups: The groups that it shares with this peer.
        key: Its public key.
        token: What it wants to see in requests; empty before the first handshake; secret.
        status: How things stand with it.
        source: Who gave the address.
    """

    id: PeerId
    name: str
    endpoint: str
    groups: tuple[CommitId, ...]
    key: PublicKey
    token: str
    status: PeerStatus
    source: PeerSource


StatusChange = Callable[[PeerId, PeerStatus], object]


class PeerResolver(Protocol):
    """Where other peers are. Methods may be called from any thread."""

    def peers_of(self, group: CommitId) -> Sequence[KnownPeer]:
        """The peers of a group."""
        ...

    def all_peers(self) -> Sequence[KnownPeer]:
        """All peers that are known."""
        ...

    def is_online(self, peer: PeerId) -> bool:
        """Whether a peer was met a short while ago."""
        ...

    def on_status_change(self, call: StatusChange) -> None:
        """Have something called whenever the status of a peer is seen to be another one."""
        ...


class Directory:
    """The other members of the group, and what is known of each."""

    def __init__(self, ports: MeshPorts, roster: Roster, outbox: Outbox) -> None:
        self._ports = ports
        self._roster = roster
        self._outbox = outbox
        self.policy = ports.finding

    @property
    def group(self) -> CommitId:
        """The group's id."""
        return self._roster.membership().group

    def members(self) -> Sequence[Member]:
        """All of them, with an address or without.

        An address that was given up counts again while nobody at all can be reached.
        """
        heads, known = self._outbox.heads(), self._ports.state.records()
        now, timeout = self._ports.clock(), self._ports.peer_timeout
        found = []
        for peer, one in self._roster.version().group.peers.items():
            if peer != self._roster.me:
                record = known.get(peer, PeerRecord(peer, source=PeerSource.GOSSIP))
                said = heads[peer].said if peer in heads else None
                record = timed(record, now, timeout)
                found.append(Member(one, record, said, record.given_up))
        is_alone = all(one.record.status is not PeerStatus.ACTIVE for one in found)
        return [replace(one, given_up=0) for one in found] if is_alone else found


class MemberResolver:
    """See `PeerResolver`.

    Args:
        directory: The members.
        find: Whose word about addresses counts: that of one source, or the best of all.
    """

    def __init__(self, directory: Directory, find: Find = find_best) -> None:
        self._directory = directory
        self._find = find
        self._seen: Mapping[PeerId, PeerStatus] = {}
        self._calls: list[StatusChange] = []

    def peers_of(self, group: CommitId) -> Sequence[KnownPeer]:
        """See `PeerResolver.peers_of`."""
        return [one for one in self.all_peers() if group in one.groups]

    def all_peers(self) -> Sequence[KnownPeer]:
        """See `PeerResolver.all_peers`."""
        group, found = self._directory.group, self._located()
        return [
            KnownPeer(
                member.peer.id,
                member.peer.name,
                record.endpoint,
                (group,),
                member.peer.key,
                record.token,
                record.status,
                record.source,
            )
            for member, record in found
            if record.endpoint
        ]

    def is_online(self, peer: PeerId) -> bool:
        """See `PeerResolver.is_online`."""
        return any(one.id == peer and one.status is PeerStatus.ACTIVE for one in self.all_peers())

    def on_status_change(self, call: StatusChange) -> None:
        """See `PeerResolver.on_status_change`."""
        self._calls.append(call)

    def records(self) -> Mapping[PeerId, PeerRecord]:
        """What is remembered of every other member, with the address that counts."""
        return {member.peer.id: record for member, record in self._located()}

    def _located(self) -> Sequence[tuple[Member, PeerRecord]]:
        located = []
        for member in self._directory.members():
            found = self._find(member, self._directory.policy)
            fields: dict[str, object] = {"endpoint": ""}
            if found is not None:
                fields = {
                    "endpoint": found.endpoint,
                    "source": found.source,
                    "gossip_ttl": found.ttl,
                    "discovered_via": found.via,
                }
            located.append((member, replace(member.record, **fields)))  # type: ignore[arg-type]
        self._tell({member.peer.id: record.status for member, record in located})
        return located

    def _tell(self, now: Mapping[PeerId, PeerStatus]) -> None:
        before, self._seen = self._seen, now
        for peer, status in now.items():
            if before.get(peer, status) is not status:
                for call in self._calls:
                    call(peer, status)


def timed(record: PeerRecord, now: datetime, timeout: timedelta) -> PeerRecord:
    """A peer that was active and has been silent for too long is unreachable."""
    if record.status is not PeerStatus.ACTIVE:
        return record
    is_silent = abs(now - parse_time(record.last_heartbeat_at)) > timeout
    return replace(record, status=PeerStatus.UNREACHABLE) if is_silent else record
