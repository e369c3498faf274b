"""What happened in a group, as this machine heard of it: for people, and decides nothing."""

from __future__ import annotations

from typing import Final

from pack.mesh.members.group import Group
from pack.mesh.members.keys import PeerId, shown
from pack.mesh.ports import MeshPorts
from pack.mesh.state import MeshEvent, MeshEventKind
from pack.times import format_time

MOST_EVENTS: Final = 500


class MeshJournal:
    """The latest events. May be used from any thread or process."""

    def __init__(self, ports: MeshPorts) -> None:
        self._ports = ports
        self._state = ports.state

    def note(self, kind: MeshEventKind, peer: PeerId, name: str = "", detail: str = "") -> None:
        """Remember something, unless it is what was last remembered of this peer.

        For whoever keeps other processes from it.
        """
        known = self._state.events()
        mine = [one for one in known if one.peer == peer]
        if mine and (mine[-1].kind, mine[-1].detail) == (kind, detail):
            return
        self._add(MeshEvent(self._now(), kind, peer, name or shown(peer), detail))

    def note_once(self, kind: MeshEventKind, peer: PeerId, name: str, detail: str) -> None:
        """Remember something that was not remembered of this peer yet. As `note`.

        Whoever does the same again and again drives nothing else out of what is remembered.
        """
        told = ((one.kind, one.peer, one.detail) for one in self._state.events())
        if (kind, peer, detail) not in told:
            self._add(MeshEvent(self._now(), kind, peer, name, detail))

    def _add(self, event: MeshEvent) -> None:
        self._state.set_events([*self._state.events(), event][-MOST_EVENTS:])

    def _now(self) -> str:
        return format_time(self._ports.clock())

    def group_changed(self, before: Group, now: Group) -> None:
        """Remember who came, went or got a new key. As `note`."""
        for peer, former in now.former.items():
            if peer not in before.former and former.successor in now.peers:
                name = now.peers[former.successor].name
                self.note(MeshEventKind.REKEYED, former.successor, name, shown(peer))
        successors = {one.successor for one in now.former.values()}
        for peer, one in now.peers.items():
            if peer not in before.peers and peer not in successors:
                self.note(MeshEventKind.ADMITTED, peer, one.name)
        for peer, one in before.peers.items():
            if peer not in now.peers and peer not in now.former:
                self.note(MeshEventKind.REMOVED, peer, one.name)
