"""Peers on the same local network, which say by mDNS where they are, and to nobody else who.

What is said is a name that follows from the group's id and the peer's, and a port: whoever knows
the members of the group knows the name of each, and for anybody else it is a random word. It is
only an address. The peer that is called there has to prove by its key who it is, before anything
is sent, as at every other address.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pack.mesh.members.addresses import address_of, may_be_peer
from pack.mesh.members.endpoints import Endpoint, own_endpoint
from pack.mesh.members.keys import PeerId
from pack.mesh.peer_book import PeerBook
from pack.mesh.ports import MeshPorts
from pack.mesh.roster import Roster
from pack.model import CommitId

_LABEL: Final = 32


@dataclass(frozen=True, slots=True)
class Beacon:
    """What is said on a local network.

    Attributes:
        label: The peer's name there.
        port: Where it listens.
        is_tls: Whether PACK itself serves https there.
    """

    label: str
    port: int
    is_tls: bool


class NearbyPeers:
    """What peers say on the local network. May be used from any thread or process."""

    def __init__(self, ports: MeshPorts, roster: Roster, book: PeerBook) -> None:
        self._ports = ports
        self._roster = roster
        self._book = book

    def mine(self) -> Beacon | None:
        """What this peer says; `None` where nobody can call it directly.

        Raises:
            NotFound: The memory belongs to no group.
        """
        membership = self._roster.membership()
        found = Endpoint.parse(membership.endpoint) if membership.endpoint else None
        is_proxied = found is not None and found.is_tls and found.pin is None
        if found is None or found.port is None or is_proxied:
            return None
        return Beacon(label_of(membership.group, self._roster.me), found.port, found.is_tls)

    def note(self, beacon: Beacon, hosts: Sequence[str]) -> PeerId | None:
        """Remember where a peer says that it is.

        Args:
            beacon: What it says.
            hosts: Its addresses; the first one where a peer can be is remembered.

        Returns:
            Who it is; `None` if none of this group.
        """
        peer, host = self._named(beacon.label), next(filter(_may_call, hosts), None)
        if peer is None or host is None or not 0 < beacon.port < 2**16:
            return None
        written = f"[{host}]" if ":" in host else host
        at = f"{'https' if beacon.is_tls else 'http'}://{written}:{beacon.port}"
        endpoint = own_endpoint(at, self._roster.version().group.peer(peer).key)
        if self._book.records()[peer].sighted != endpoint:
            self._book.remember(peer, sighted=endpoint, not_before="")
        return peer

    def forget(self, label: str) -> None:
        """Remember that a peer is on this network no more."""
        peer = self._named(label)
        if peer is not None and self._book.records()[peer].sighted:
            self._book.remember(peer, sighted="")

    def forget_all(self) -> None:
        """Remember of nobody that it is on this network."""
        for peer, record in self._book.records().items():
            if record.sighted:
                self._book.remember(peer, sighted="")

    def _named(self, label: str) -> PeerId | None:
        group, me = self._roster.membership().group, self._roster.me
        others = (peer for peer in self._roster.version().group.peers if peer != me)
        return next((peer for peer in others if label_of(group, peer) == label), None)


def label_of(group: CommitId, peer: PeerId) -> str:
    """What a peer of a group is called on local networks."""
    digest = hashlib.sha256(f"pack-mdns {group} {peer}".encode()).digest()
    return base64.b32encode(digest).decode().lower()[:_LABEL]


def _may_call(host: str) -> bool:
    address = address_of(host)
    return address is not None and not address.is_loopback and may_be_peer(host)
