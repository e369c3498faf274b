"""A hub: a peer that others ask where everybody is. Its role in the group makes it one.

It carries addresses, never members, and no peer depends on it: what it said last is remembered, and
counts for as long as nothing newer is heard.
"""

from __future__ import annotations

from collections.abc import Sequence

from pack.errors import NotFound
from pack.mesh.members.group import Role
from pack.mesh.members.keys import PeerId
from pack.mesh.peer_book import PeerBook
from pack.mesh.ports import MeshPorts
from pack.mesh.resolving.address import SaidAddress, ToldAddress
from pack.mesh.resolving.hearsay import Hearsay
from pack.mesh.resolving.listing import ListedPeer, Presence
from pack.mesh.roster import Roster
from pack.mesh.state import PeerRecord, PeerSource
from pack.times import format_time, parse_time


class Hub:
    """Asking hubs, and being one. May be used from any thread or process."""

    def __init__(self, ports: MeshPorts, roster: Roster, book: PeerBook, hearsay: Hearsay) -> None:
        self._ports = ports
        self._roster = roster
        self._book = book
        self._hearsay = hearsay

    # --- asking --------------------------------------------------------------------------------

    def is_asked(self, peer: PeerId) -> bool:
        """Whether a peer is a hub that this one asks."""
        one = self._roster.version().group.peers.get(peer)
        is_hub = one is not None and Role.HUB in one.roles
        return is_hub and self._ports.finding.asks_hubs

    def take(self, listed: Sequence[ListedPeer], hub: PeerId) -> str:
        """Remember what a hub answered; what is wrong with it, or nothing."""
        if not self.is_asked(hub):
            return ""
        told = [one.address for one in listed if one.address is not None]
        online = {one.peer for one in listed if one.presence is Presence.ONLINE}
        forged = self._hearsay.take(told, hub, PeerSource.HUB, online)
        return f"it lists {forged} addresses that their peers did not sign" if forged else ""

    # --- being one -----------------------------------------------------------------------------

    def register(self, caller: PeerId, address: ToldAddress | None) -> Sequence[ListedPeer]:
        """Note where a member is, and tell it of all others.

        Args:
            caller: The member.
            address: What it says; anything that is not its own is left aside.

        Raises:
            NotFound: This peer is no hub of the group.
        """
        version = self._roster.version()
        if Role.HUB not in version.group.peer(self._roster.me).roles:
            raise NotFound("a hub at this address", "Ask another peer.")
        self._book.remember(caller, last_heartbeat_at=format_time(self._ports.clock()))
        if address is not None and address.said.peer == caller:
            self._hearsay.take([address], caller, PeerSource.GOSSIP)
        return [
            self._listed(version.group.peers[peer].name, record)
            for peer, record in sorted(self._book.records().items())
            if peer != caller
        ]

    def _listed(self, name: str, record: PeerRecord) -> ListedPeer:
        group, told, seen = self._roster.membership().group, record.told, record.last_heartbeat_at
        is_online = bool(seen) and not self._is_over(seen)
        address = None
        if told is not None:
            said = SaidAddress(group, record.peer, told.n, told.endpoint)
            address = ToldAddress(said, told.signature)
        presence = Presence.ONLINE if is_online else Presence.OFFLINE
        return ListedPeer(record.peer, name, presence, seen, address)

    def _is_over(self, seen: str) -> bool:
        return abs(self._ports.clock() - parse_time(seen)) > self._ports.peer_timeout
