"""A memory as a peer of a group: begin it, let others in, send what is new, take in what comes.

It decides; the ports of `MeshPorts` carry it out. Everything here works with files alone, and HTTP
carries the same files.
"""

from __future__ import annotations

from pack.mesh.admission import Admission
from pack.mesh.approval import Approval
from pack.mesh.inbox import Inbox
from pack.mesh.journal import MeshJournal
from pack.mesh.members.keys import PeerId
from pack.mesh.outbox import Outbox
from pack.mesh.overview import Overview
from pack.mesh.peer_book import PeerBook
from pack.mesh.ports import MeshPorts
from pack.mesh.rekeying import Rekeying
from pack.mesh.roster import Roster
from pack.mesh.state import Membership
from pack.mesh.troubles import Troubles


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
        self.admission = Admission(ports, self.roster, self.outbox, self.book, self.approval)
        self.troubles = Troubles(ports, self.roster, self.book, self.rekeying)
        self.inbox = Inbox(
            ports, self.roster, self.outbox, self.book, self.rekeying, self.troubles, self.journal
        )
        self.overview = Overview(ports, self.roster, self.outbox, self.book, self.troubles)

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
        membership = self.roster.begin(name, group, endpoint)
        self.outbox.announce()
        return membership
