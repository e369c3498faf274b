"""How it stands with a group: where its peers are, and whether all that is held is in order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pack.errors import InvalidContent
from pack.mesh.announcement import check_chain
from pack.mesh.intake import MOST_ANNOUNCEMENTS
from pack.mesh.members.group_chain import GroupVersion
from pack.mesh.members.keys import shown
from pack.mesh.outbox import Outbox
from pack.mesh.peer_book import PeerBook
from pack.mesh.ports import MeshPorts
from pack.mesh.roster import Roster
from pack.mesh.troubles import GRAVE, Troubles
from pack.mesh.views import PeerView, Verification
from pack.model import CommitId


class Overview:
    """How it stands. May be used from any thread or process."""

    def __init__(
        self, ports: MeshPorts, roster: Roster, outbox: Outbox, book: PeerBook, troubles: Troubles
    ) -> None:
        self._ports = ports
        self._troubles = troubles
        self._roster = roster
        self._outbox = outbox
        self._book = book
        self._chains = ports.chains
        self._memory = ports.memory

    def peers(self) -> Sequence[PeerView]:
        """The other peers of the group, by name, and how far behind this one each is."""
        version, heads, records = self._roster.version(), self._outbox.heads(), self._book.records()
        head = self._memory.head()
        found = []
        for peer, one in version.group.peers.items():
            if peer != self._roster.me:
                at = heads[peer].said.head if peer in heads else None
                record = records[peer]
                found.append(PeerView(peer, one.name, at, self._lag(at, head), record, one))
        return sorted(found, key=lambda view: view.name)

    def _lag(self, theirs: CommitId | None, ours: CommitId | None) -> int:
        if ours is None or theirs == ours:
            return 0
        return self._memory.height(ours) if theirs is None else self._memory.count(ours, theirs)

    def verify(self) -> Verification:
        """Check everything that this peer holds again, as if it had just come from a stranger.

        Raises:
            NotFound: The memory belongs to no group.
            ConnectorError: The store cannot be read.
        """
        problems: list[str] = []
        try:
            version = self._roster.version()
        except InvalidContent as error:
            return Verification(self._memory.head(), 0, (f"the group: {error}",))
        for peer, commit in sorted(self._chains.announced().items()):
            name = version.group.peers[peer].name if peer in version.group.peers else shown(peer)
            try:
                check_chain(self._chains.announcements(commit, MOST_ANNOUNCEMENTS))
            except InvalidContent as error:
                problems.append(f"what {name} said: {error}")
        problems += self._unlike(version)
        grave = (one for one in self._troubles.found() if one.kind in GRAVE)
        problems += (f"{one.text}. {one.remedy}" for one in grave)
        position = self._outbox.standpoint()
        return Verification(position.head, position.height, tuple(problems))

    def _unlike(self, version: GroupVersion) -> Iterator[str]:
        """Peers that are at the same head and say another tree or height of it: impossible."""
        for peer, announced in self._outbox.heads().items():
            said, name = announced.said, version.group.peers[peer].name
            is_same = said.height == self._memory.height(said.head)
            if not is_same or said.tree != self._memory.tree(said.head):
                yield f"{name} claims a tree or height of {said.head[:12]} that it does not have"
