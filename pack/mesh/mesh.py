"""A memory as a peer of a group: begin it, let others in, send what is new, take in what comes.

It decides; the ports of `MeshPorts` carry it out. Everything here works with files alone, and HTTP
carries the same files.
"""

from __future__ import annotations

from dataclasses import replace

from pack.errors import RefusedForSafety
from pack.mesh.admission import Admission
from pack.mesh.approval import Approval
from pack.mesh.inbox import Inbox
from pack.mesh.journal import MeshJournal
from pack.mesh.meeting import Heard
from pack.mesh.members.keys import PeerId
from pack.mesh.outbox import Outbox
from pack.mesh.overview import Overview
from pack.mesh.peer_book import PeerBook
from pack.mesh.ports import MeshPorts
from pack.mesh.rekeying import Rekeying
from pack.mesh.resolving.gossip import Gossip
from pack.mesh.resolving.hearsay import Hearsay
from pack.mesh.resolving.hub import Hub
from pack.mesh.resolving.neighbours import NearbyPeers
from pack.mesh.roster import Roster
from pack.mesh.state import Membership
from pack.mesh.troubles import Troubles
from pack.mesh.views import TakenIn


class Mesh:
    """One memory in a group of peers. May be used from any thread or process.

    Attributes:
        roster: Who belongs to the group.
        admission: Who is let in.
        outbox: What goes out.
        approval: Who asks to be let in.
        rekeying: New keys.
        inbox: What comes in.
        book: What is remembered of other peers.
        gossip: What peers tell each other of addresses.
        neighbours: Hearing of peers on the local network.
        hub: Asking hubs where peers are, and being one.
        overview: How it stands.
        troubles: What is wrong.
        journal: What happened.
    """

    def __init__(self, ports: MeshPorts) -> None:
        self.journal = MeshJournal(ports)
        self.roster = Roster(ports, self.journal)
        self.outbox = Outbox(ports, self.roster)
        self.book = PeerBook(ports, self.roster, self.outbox, self.journal)
        self.rekeying = Rekeying(ports, self.roster, self.outbox)
        self.approval = Approval(ports, self.roster, self.book, self.rekeying)
        self.admission = Admission(
            ports, self.roster, self.outbox, self.book, self.approval, self.rekeying
        )
        self.troubles = Troubles(ports, self.roster, self.book, self.rekeying)
        self.inbox = Inbox(
            ports, self.roster, self.outbox, self.book, self.rekeying, self.troubles, self.journal
        )
        self.overview = Overview(ports, self.roster, self.outbox, self.book, self.troubles)
        hearsay = Hearsay(ports, self.roster, self.outbox)
        self.gossip = Gossip(ports, self.roster, self.outbox, self.book, hearsay)
        self.neighbours = NearbyPeers(ports, self.roster, self.book)
        self.hub = Hub(ports, self.roster, self.book, hearsay)

    @property
    def me(self) -> PeerId:
        """This peer."""
        return self.roster.me

    def begin(self, name: str, group: str, endpoint: str = "") -> Membership:
        """Begin a group, of which this peer is the owner, and say where the memory is.

        Raises:
            InvalidRequest: The memory belongs to a group already, or a name cannot be used.
            ConnectorError: It cannot be stored.
        """
        self.roster.begin(name, group, endpoint)
        self.outbox.announce()
        return self.roster.membership()

    def place(self, peer: PeerId, endpoint: str) -> str:
        """Have a peer be reached at an address, whatever it says itself.

        Args:
            peer: A member of the group. Where it is this one, the others are told.
            endpoint: The address; empty for what the peer says, or for nowhere where it is this
                one.

        Returns:
            The address as it is remembered.

        Raises:
            NotFound: It is none of the group.
            InvalidContent: It is no address.
            ConnectorError: It cannot be stored.
        """
        self.roster.version().group.peer(peer)
        if peer == self.me:
            self.roster.move(endpoint)
            self.outbox.heard()
            return self.roster.membership().endpoint
        return self.book.place(peer, endpoint)

    def take_from(self, peer: PeerId, file: str) -> TakenIn:
        """Take in a bundle that a peer brought; see `Inbox.take`."""
        taken = self.inbox.take(file)
        self.gossip.note_bringer(peer)
        return taken

    def hear(self, caller: PeerId, theirs: Heard) -> Heard:
        """Note how far a peer is and what it tells, and answer with the same.

        Args:
            caller: Whose token the peer shows.
            theirs: What it says.

        Raises:
            RefusedForSafety: It speaks for another peer.
            NotFound: The memory belongs to no group.
        """
        if theirs.peer != caller:
            raise RefusedForSafety("the token is another peer's", "Shake hands again.")
        if self.outbox.knows_all_of_me(theirs):
            self.outbox.has_met = True
        mine = self.outbox.heard(announces=self.outbox.has_met)
        self.book.note_heartbeat(caller, theirs)
        if problem := self.gossip.take(theirs.known_peers, caller):
            self.book.remember(caller, last_error=problem)
        told = self.gossip.told_to(caller, theirs.announced)
        return replace(mine, known_peers=tuple(told))
