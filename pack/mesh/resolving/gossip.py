"""Passing on addresses: what this peer tells another one of where it is itself, and of others.

It rides on every second meeting, both ways. What goes out has one hop less to go than what is
stored here, and what has none left stays here. Whoever knows an announcement already is not told
what is in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from pack.mesh.members.keys import PeerId
from pack.mesh.outbox import Outbox
from pack.mesh.peer_book import PeerBook
from pack.mesh.ports import MeshPorts
from pack.mesh.resolving.address import MOST_TOLD, SaidAddress, ToldAddress
from pack.mesh.resolving.hearsay import Hearsay
from pack.mesh.roster import Roster
from pack.mesh.state import PeerRecord, PeerSource
from pack.model import CommitId


class Gossip:
    """What peers tell each other of addresses. May be used from any thread or process."""

    def __init__(
        self, ports: MeshPorts, roster: Roster, outbox: Outbox, book: PeerBook, hearsay: Hearsay
    ) -> None:
        self._ports = ports
        self._roster = roster
        self._outbox = outbox
        self._book = book
        self._hearsay = hearsay
        self._policy = ports.finding
        self._signed: ToldAddress | None = None

    def is_due(self, meetings: int) -> bool:
        """Whether addresses are told at the next meeting with a peer, after so many with it."""
        return meetings % self._policy.every == 0

    def mine(self) -> ToldAddress | None:
        """Where this peer is, signed; `None` where nobody can call it, or it has announced nothing.

        Raises:
            NotFound: The memory belongs to no group.
        """
        last = self._outbox.last(self._roster.me)
        if last is None or not last.said.endpoint:
            return None
        said = SaidAddress(last.said.group, last.said.peer, last.said.n, last.said.endpoint)
        if self._signed is None or self._signed.said != said:
            signature = self._ports.signer.sign_address(said, self._ports.chains.key)
            self._signed = ToldAddress(said, signature, max(0, self._policy.ttl - 1))
        return self._signed

    def told_to(self, peer: PeerId, known: Mapping[PeerId, CommitId]) -> Sequence[ToldAddress]:
        """What a peer is told.

        Args:
            peer: Who.
            known: The last announcement of each peer that it knows.
        """
        if not self._policy.gossip:
            return ()
        mine, others = self.mine(), list(self._others(peer, known))
        return [*([mine] if mine and self._policy.ttl else []), *others][:MOST_TOLD]

    def _others(self, peer: PeerId, known: Mapping[PeerId, CommitId]) -> Iterator[ToldAddress]:
        announced, group = self._outbox.told(), self._roster.membership().group
        for one, record in self._book.records().items():
            ttl, told = self._ttl(record), record.told
            is_known = one in known and known[one] == announced.get(one)
            if one != peer and told is not None and ttl > 0 and not is_known:
                said = SaidAddress(group, one, told.n, told.endpoint)
                yield ToldAddress(said, told.signature, ttl - 1)

    def _ttl(self, record: PeerRecord) -> int:
        if record.source is PeerSource.MANUAL:
            return self._policy.ttl
        return record.told.ttl if record.told else 0

    def take(self, told: Sequence[ToldAddress], by: PeerId) -> str:
        """Remember what a peer told, within the limits; what is wrong with it, or nothing."""
        if not self._policy.gossip or not told:
            return ""
        forged = self._hearsay.take(told, by, PeerSource.GOSSIP)
        return f"it tells {forged} addresses that their peers did not sign" if forged else ""

    def note_bringer(self, by: PeerId) -> None:
        """Remember which peer brought a bundle, for the addresses that are new in it."""
        self._hearsay.note_bringer(by)

    def given_up(self, peer: PeerId, failures: int) -> Mapping[str, object]:
        """What to change in what is remembered of a peer, after so many failures in a row.

        An address that others told is dropped, if its peer was never met. Any other one stays: a
        peer that was away for a month is still asked, or each side would wait for the other.
        """
        known = self._ports.state.records().get(peer, PeerRecord(peer))
        if known.was_met or failures < self._policy.failures:
            return {}
        head = self._outbox.heads().get(peer)
        numbers = (head.said.n if head else 0, known.told.n if known.told else 0)
        return {"told": None, "given_up": max(numbers)}
