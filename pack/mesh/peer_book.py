"""What is remembered of the other peers of a group: where each is, and how it went with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from hmac import compare_digest
from typing import Final

from pack.errors import InvalidRequest, RefusedForSafety
from pack.mesh.journal import MeshJournal
from pack.mesh.meeting import Heard, token_digest
from pack.mesh.members.endpoints import Endpoint, check_endpoint, own_endpoint
from pack.mesh.members.keys import PeerId
from pack.mesh.outbox import Outbox
from pack.mesh.ports import MeshPorts
from pack.mesh.resolving.resolver import Directory, MemberResolver
from pack.mesh.roster import Roster
from pack.mesh.state import MeshEventKind, PeerRecord, PeerSource, PeerStatus
from pack.times import format_time, parse_time

_SILENCE: Final = timedelta(seconds=10)


class PeerBook:
    """What is remembered. May be used from any thread or process.

    Attributes:
        resolver: Where each peer is, by all that is known.
    """

    def __init__(
        self, ports: MeshPorts, roster: Roster, outbox: Outbox, journal: MeshJournal
    ) -> None:
        self._ports = ports
        self._journal = journal
        self._roster = roster
        self._outbox = outbox
        self._state = ports.state
        self.resolver = MemberResolver(Directory(ports, roster, outbox))

    def records(self) -> Mapping[PeerId, PeerRecord]:
        """What is remembered of the other peers of the group, with the address that counts."""
        return self.resolver.records()

    def reached_at(self, peer: PeerId, endpoint: str) -> str:
        """The address of a peer that a person gives: with the hash of its key, if it serves TLS.

        A peer that says of itself an https address without a hash has a proxy in front of it.

        Raises:
            NotFound: It is none of the group.
        """
        key, heads = self._roster.version().group.peer(peer).key, self._outbox.heads()
        said = heads[peer].said.endpoint if peer in heads else ""
        is_proxied = bool(said) and Endpoint.parse(said).is_tls and not Endpoint.parse(said).pin
        return endpoint if is_proxied else own_endpoint(endpoint, key)

    def remember(self, peer: PeerId, **fields: object) -> None:
        """Change what is remembered of a peer."""
        with self._ports.exclusive():
            self._update(peer, **fields)

    def place(self, peer: PeerId, endpoint: str) -> str:
        """Remember where a person says that a peer is; empty to believe the peer itself again.

        Returns:
            The address as it is remembered, with the hash of the peer's key where it serves TLS.

        Raises:
            InvalidContent: It is no address.
            InvalidRequest: The person said so of another peer.
        """
        source = PeerSource.MANUAL if endpoint else PeerSource.GOSSIP
        endpoint = self.reached_at(peer, check_endpoint(endpoint)) if endpoint else ""
        for other, record in self.records().items():
            if other != peer and _is_manual(record) and record.endpoint == endpoint:
                name = self._roster.name_of(other)
                raise InvalidRequest(f"{name} is at {endpoint}, where only one peer can be")
        self.remember(peer, endpoint=endpoint, source=source, not_before="")
        return endpoint

    def pause(self, peer: PeerId, *, is_paused: bool) -> None:
        """Exchange nothing with a peer, or go on with one that was paused."""
        status = self._state.records().get(peer, PeerRecord(peer)).status
        if is_paused:
            self.remember(peer, status=PeerStatus.PAUSED)
        elif status is PeerStatus.PAUSED:
            self.remember(peer, status=PeerStatus.PENDING, failures=0, not_before="")

    def learn(self, peer: PeerId, endpoint: str) -> None:
        """Remember where a peer says that it is; an address that a person gave stays."""
        records, now = dict(self._state.records()), format_time(self._ports.clock())
        before = records.get(peer, PeerRecord(peer, source=PeerSource.GOSSIP, created_at=now))
        at = before.endpoint if _is_manual(before) else endpoint or before.endpoint
        records[peer] = replace(before, endpoint=at, updated_at=now)
        self._state.set_records(records)

    def note_heartbeat(self, peer: PeerId, theirs: Heard) -> None:
        """Remember that a peer was heard from, and whether both are at the same head."""
        now, at = format_time(self._ports.clock()), self._outbox.standpoint()
        with self._ports.exclusive():
            fields: dict[str, object] = {"last_sync_at": now} if theirs.head == at.head else {}
            if self._is_back(self._state.records().get(peer)):
                fields["not_before"] = ""
            self._update(peer, last_heartbeat_at=now, given_up=0, **fields)
            self._note_rollback(peer, theirs)

    def _is_back(self, record: PeerRecord | None) -> bool:
        """Whether a peer calls that did not answer, and so may be asked before its pause is over.

        One that calls all the time cannot be reached the other way round.
        """
        if record is None or not record.failures:
            return False
        if not record.last_heartbeat_at:
            return True
        return abs(self._ports.clock() - parse_time(record.last_heartbeat_at)) >= _SILENCE

    def note_leaving(self, peer: PeerId) -> None:
        """Remember that a peer has left: its token is void, and its old address is not called.

        It is a member all the same until an owner removes it, and may come back.
        """
        head = self._outbox.heads().get(peer)
        with self._ports.exclusive():
            before = self._state.records().get(peer, PeerRecord(peer))
            fields: dict[str, object] = {} if _is_manual(before) else {"endpoint": ""}
            told = before.told.n if before.told else 0
            given_up = max(told, head.said.n if head else 0)
            self._update(peer, accepts="", token="", told=None, given_up=given_up, **fields)

    def note_event(self, peer: PeerId, kind: MeshEventKind, detail: str = "") -> None:
        """Remember something that happened with a peer."""
        with self._ports.exclusive():
            self._journal.note(kind, peer, self._roster.name_of(peer), detail)

    def note_fetched(self, peer: PeerId, kit: str) -> None:
        """Remember that a peer was given a kit, of a version as people call it."""
        with self._ports.exclusive():
            name = self._roster.name_of(peer)
            self._journal.note_once(MeshEventKind.FETCHED, peer, name, kit)

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
            RefusedForSafety: Nobody's who belongs to the group, or of a peer that is paused.
        """
        digest = token_digest(token)
        found = [
            peer
            for peer, one in self._state.records().items()
            if one.accepts and compare_digest(one.accepts, digest)
        ]
        if not found or found[0] not in self._roster.version().group.peers:
            raise RefusedForSafety("a token of a peer is needed", "Shake hands again.")
        if self._state.records()[found[0]].status is PeerStatus.PAUSED:
            raise RefusedForSafety("this peer is paused here", "Ask the person at this machine.")
        return found[0]

    def _update(self, peer: PeerId, **fields: object) -> None:
        """Change what is remembered of a peer."""
        records, now = dict(self._state.records()), format_time(self._ports.clock())
        before = records.get(peer, PeerRecord(peer, source=PeerSource.GOSSIP, created_at=now))
        records[peer] = replace(before, **fields, updated_at=now)  # type: ignore[arg-type]
        self._state.set_records(records)


def _is_manual(record: PeerRecord) -> bool:
    return bool(record.endpoint) and record.source is PeerSource.MANUAL
