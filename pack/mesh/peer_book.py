"""What is remembered of the other peers of a group: where each is, and how it went with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from hmac import compare_digest

from pack.errors import RefusedForSafety
from pack.mesh.journal import MeshJournal
from pack.mesh.meeting import Heard, token_digest
from pack.mesh.members.keys import PeerId
from pack.mesh.outbox import Outbox
from pack.mesh.ports import MeshPorts
from pack.mesh.roster import Roster
from pack.mesh.state import MeshEventKind, PeerRecord, PeerSource, PeerStatus
from pack.times import format_time


class PeerBook:
    """What is remembered. May be used from any thread or process."""

    def __init__(
        self, ports: MeshPorts, roster: Roster, outbox: Outbox, journal: MeshJournal
    ) -> None:
        self._ports = ports
        self._journal = journal
        self._roster = roster
        self._outbox = outbox
        self._state = ports.state

    def records(self) -> Mapping[PeerId, PeerRecord]:
        """What is remembered of the other peers of the group.

        The address of each is the one that a person gave, else the one that the peer itself says.
        """
        heads, known = self._outbox.heads(), self._state.records()
        found = {}
        for peer in self._roster.version().group.peers.keys() - {self._roster.me}:
            record = known.get(peer, PeerRecord(peer, source=PeerSource.GOSSIP))
            said = heads[peer].said.endpoint if peer in heads else ""
            is_manual = record.endpoint and record.source is PeerSource.MANUAL
            found[peer] = record if is_manual else replace(record, endpoint=said or record.endpoint)
        return found

    def remember(self, peer: PeerId, **fields: object) -> None:
        """Change what is remembered of a peer."""
        with self._ports.exclusive():
            self._update(peer, **fields)

    def learn(self, peer: PeerId, endpoint: str) -> None:
        """Remember where a peer says that it is; an address that a person gave stays."""
        records, now = dict(self._state.records()), format_time(self._ports.clock())
        before = records.get(peer, PeerRecord(peer, source=PeerSource.GOSSIP, created_at=now))
        is_manual = before.endpoint and before.source is PeerSource.MANUAL
        at = before.endpoint if is_manual else endpoint or before.endpoint
        records[peer] = replace(before, endpoint=at, updated_at=now)
        self._state.set_records(records)

    def note_heartbeat(self, peer: PeerId, theirs: Heard) -> None:
        """Remember that a peer was heard from, and whether both are at the same head."""
        now, at = format_time(self._ports.clock()), self._outbox.standpoint()
        with self._ports.exclusive():
            fields: dict[str, object] = {"last_sync_at": now} if theirs.head == at.head else {}
            self._update(peer, last_heartbeat_at=now, **fields)
            self._note_rollback(peer, theirs)

    def note_event(self, peer: PeerId, kind: MeshEventKind, detail: str = "") -> None:
        """Remember something that happened with a peer."""
        with self._ports.exclusive():
            self._journal.note(kind, peer, self._roster.name_of(peer), detail)

    def note_course(self, peer: PeerId, theirs: Heard) -> None:
        """Remember it where a peer says what it had said earlier."""
        with self._ports.exclusive():
            self._note_rollback(peer, theirs)

    def _note_rollback(self, peer: PeerId, theirs: Heard) -> None:
        said, known = theirs.announced.get(peer), self._ports.chains.announced().get(peer)
        if said is None or known in (None, said) or self._ports.bundles.missing([said]):
            return
        if known is not None and self._ports.memory.contains(said, known):
            name = self._roster.name_of(peer)
            self._journal.note(MeshEventKind.ROLLBACK, peer, name, f"it is at {said[:12]} again")

    def forget(self, peer: PeerId) -> None:
        """Forget what is believed to be at a peer, and that anything failed; not where it is."""
        self.remember(
            peer,
            status=PeerStatus.PENDING,
            last_sync_at="",
            last_error="",
            failures=0,
            not_before="",
            sent=None,
            denies=False,
        )

    def new_token(self, peer: PeerId) -> str:
        """Another token for a peer; the one before counts no more."""
        token = self._ports.new_secret().hex()
        with self._ports.exclusive():
            self._update(peer, accepts=token_digest(token))
        return token

    def caller(self, token: str) -> PeerId:
        """Whose token a request shows.

        Raises:
            RefusedForSafety: Nobody's who belongs to the group.
        """
        digest = token_digest(token)
        found = [
            peer
            for peer, one in self._state.records().items()
            if one.accepts and compare_digest(one.accepts, digest)
        ]
        if not found or found[0] not in self._roster.version().group.peers:
            raise RefusedForSafety("a token of a peer is needed", "Shake hands again.")
        return found[0]

    def _update(self, peer: PeerId, **fields: object) -> None:
        """Change what is remembered of a peer."""
        records, now = dict(self._state.records()), format_time(self._ports.clock())
        before = records.get(peer, PeerRecord(peer, source=PeerSource.GOSSIP, created_at=now))
        records[peer] = replace(before, **fields, updated_at=now)  # type: ignore[arg-type]
        self._state.set_records(records)
