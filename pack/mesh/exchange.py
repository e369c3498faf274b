"""One exchange with one peer: hear how far it is, take what is new there, send what is new here.

Failures are remembered and do not stop the next attempt: 1, 2, 4 … 60 seconds later. After ten in
a row the peer counts as failing, and is asked all the same, so it recovers without anybody's help.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Protocol, TypeVar

from pack.actions import Action
from pack.errors import (
    AdmissionPending,
    InvalidRequest,
    NotFound,
    PackError,
    RateLimited,
    RefusedForSafety,
    RemovedFromGroup,
    RepositoryBusy,
    Unavailable,
    reason_of,
)
from pack.mesh.meeting import LONGEST_WAIT, Health, Heard, PeerLine
from pack.mesh.members.endpoints import check_endpoint
from pack.mesh.members.invitation import Invitation
from pack.mesh.members.keys import PeerId, PublicKey, parse_peer_id
from pack.mesh.mesh import Mesh
from pack.mesh.resolving.address import ToldAddress
from pack.mesh.resolving.exchanging import AddressExchange
from pack.mesh.state import MeshEventKind, PeerRecord, PeerStatus
from pack.mesh.views import TakenIn
from pack.model import CommitId
from pack.times import format_time, parse_time

_T = TypeVar("_T")

LONGEST_PAUSE: Final = 60.0
FAILURES_UNTIL_ERROR: Final = 10
_ROUNDS: Final = 4
_STILL_THERE: Final = timedelta(minutes=1)
_MOST_DOUBLINGS: Final = 10


class FindLine(Protocol):
    """Finds ways to peers."""

    def __call__(self, endpoint: str, *, by_person: bool = False) -> PeerLine:
        """The way to the peer at an address.

        Args:
            endpoint: The address.
            by_person: Whether a person gave it here: whatever else says where a peer is must not
                lead to this machine, or to where no peer can be.

        Raises:
            RefusedForSafety: Nothing may be sent there.
        """
        ...


MakeFile = Callable[[], AbstractContextManager[str]]
"""A file for a bundle, gone afterwards."""


@dataclass(frozen=True, slots=True)
class Met:
    """What an exchange with a peer did.

    Attributes:
        peer: Who.
        sent: Whether something was sent.
        taken: What came.
        is_agreed: Whether both are at the same head.
        problems: What was wrong with the addresses that it told.
    """

    peer: PeerId
    sent: bool
    taken: TakenIn
    is_agreed: bool
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _LastHeard:
    """How far a peer was when both agreed, at which address, and when."""

    theirs: Heard
    endpoint: str
    at: datetime

    def counts(self, endpoint: str, now: datetime) -> bool:
        """Whether nobody else will be at the address by now."""
        return endpoint == self.endpoint and timedelta() <= now - self.at <= _STILL_THERE


@dataclass(frozen=True, slots=True)
class Probe:
    """What a look at a peer found.

    Attributes:
        endpoint: Where it was looked for.
        is_reached: Whether a peer answers there.
        is_let_in: Whether it takes the token of this machine.
        ahead: By how many seconds its clock is ahead of this one's.
        health: What it says of itself.
        problem: Why it does not; empty if it does.
    """

    endpoint: str
    is_reached: bool = False
    is_let_in: bool = False
    ahead: float | None = None
    health: Health | None = None
    problem: str = ""


class PeerExchange:
    """Exchanges a memory with other peers of its group.

    Args:
        mesh: The memory as a peer.
        find_line: The ways to others.
        make_file: Files for bundles on their way.
        clock: Tells the time.
    """

    def __init__(
        self,
        mesh: Mesh,
        find_line: FindLine,
        make_file: MakeFile,
        clock: Callable[[], datetime],
    ) -> None:
        self._mesh = mesh
        self._find_line = find_line
        self._make_file = make_file
        self._clock = clock
        self._heard: dict[PeerId, _LastHeard] = {}
        self._asked_again = set[CommitId]()
        self._addresses = AddressExchange(mesh.gossip, mesh.hub)

    def due(self, *, all_of_them: bool = False) -> list[PeerId]:
        """The peers with an address that may be asked now.

        Args:
            all_of_them: Also those whose pause after a failure is not over.
        """
        now = self._clock()
        return [
            peer
            for peer, one in self._mesh.book.records().items()
            if one.endpoint and one.status is not PeerStatus.PAUSED
            if all_of_them or not _is_put_off(one, now)
        ]

    def meet(self, peer: PeerId) -> Met:
        """Exchange with one peer.

        Raises:
            NotFound: It is none of the group, or nobody knows where it is.
            RepositoryBusy: Something else is at work here, and nothing is held against the peer.
            RateLimited: The peer has enough to do; it is not asked again before it wants to be.
            PackError: It failed; what is remembered of the peer says so.
        """
        return self._remembered(peer, self._meet)

    def resync(self, peer: PeerId) -> Met:
        """Forget what is believed to be at a peer, and exchange everything again.

        Raises:
            As `meet`.
        """
        self._record(peer)
        self._mesh.book.forget(peer)
        return self._remembered(peer, self._meet_afresh)

    def probe(self, peer: PeerId) -> Probe:
        """Whether a peer can be reached, and how it is there. Nothing changes, here or there.

        Raises:
            NotFound: It is none of the group, or nobody knows where it is.
        """
        record, group = self._record(peer), self._mesh.roster.membership().group
        try:
            line = self._find_line(record.endpoint, by_person=record.is_by_person)
            said = line.health(record.token, group)
        except RefusedForSafety as error:
            none = f"there is no token of this peer yet. {Action.SYNC_PEERS}."
            problem = error.reason if record.token else none
            return Probe(record.endpoint, is_reached=True, problem=problem)
        except PackError as error:
            return Probe(record.endpoint, problem=str(error))
        ahead = (said.at - self._clock()).total_seconds() if said.at is not None else None
        return Probe(record.endpoint, is_reached=True, is_let_in=True, ahead=ahead, health=said)

    def ask(self, peer: PeerId, question: Callable[[PeerLine, str, CommitId], _T]) -> _T:
        """What a peer answers to a question of its own; nothing of the memory is exchanged.

        Args:
            peer: Who is asked.
            question: Asks it, given the way to it, the token that it wants to see, and the group.

        Raises:
            NotFound: It is none of the group, or nobody knows where it is.
            RefusedForSafety: It does not let this machine in, or is paused here.
            PackError: As the question.
        """
        record, group = self._record(peer), self._mesh.roster.membership().group
        if record.status is PeerStatus.PAUSED:
            raise RefusedForSafety("this peer is paused here", f"{Action.SEE_PEERS}.")
        line = self._find_line(record.endpoint, by_person=record.is_by_person)
        if record.token:
            try:
                return question(line, record.token, group)
            except RemovedFromGroup:
                raise
            except RefusedForSafety:
                pass  # the token may count no more; whatever else it was is said again
        return question(line, self._shake_hands(peer, line), group)

    def _record(self, peer: PeerId) -> PeerRecord:
        record = self._mesh.book.records().get(peer)
        if record is None or not record.endpoint:
            raise NotFound("an address of this peer", "Say where it can be reached.")
        return record

    def _remembered(self, peer: PeerId, meet: Callable[[PeerId, PeerRecord, PeerLine], Met]) -> Met:
        record = self._record(peer)
        try:
            line = self._find_line(record.endpoint, by_person=record.is_by_person)
            met = self._met(peer, record, line, meet)
        except RepositoryBusy:
            raise  # something else is at work here, for which the peer cannot be blamed
        except RateLimited as error:
            self._put_off(peer, error)
            raise
        except PackError as error:
            self._failed(peer, record, error)
            raise
        self._went_well(peer, record, met)
        return met

    def _met(
        self,
        peer: PeerId,
        record: PeerRecord,
        line: PeerLine,
        meet: Callable[[PeerId, PeerRecord, PeerLine], Met],
    ) -> Met:
        """Meet, and once more if another process has shaken hands meanwhile: its token counts."""
        try:
            return meet(peer, record, line)
        except RefusedForSafety:
            now = self._record(peer)
            if now.token == record.token:
                raise
            return meet(peer, now, line)

    def leave(self) -> list[PeerId]:
        """Stop being a peer of the group, and say so to the others.

        Returns:
            Those that could not be told; they see it by the silence.

        Raises:
            NotFound: The memory belongs to no group.
        """
        group, records = self._mesh.roster.membership().group, self._mesh.book.records()
        untold = []
        for peer in self.due(all_of_them=True):
            record = records[peer]
            try:
                line = self._find_line(record.endpoint, by_person=record.is_by_person)
                line.leave(record.token or self._shake_hands(peer, line), group)
            except PackError:
                untold.append(peer)
        self._mesh.roster.leave()
        return untold

    def _meet_afresh(self, peer: PeerId, record: PeerRecord, line: PeerLine) -> Met:
        group = self._mesh.roster.membership().group
        token, _ = self._greeted(peer, line, record.token or self._shake_hands(peer, line))
        with self._make_file() as file:
            if line.fetch(token, group, [], file):
                self._mesh.take_from(peer, file)
        with self._make_file() as file:
            if self._mesh.outbox.export(file, only_said=True):
                line.push(token, group, file, self._mesh.outbox.standpoint().height)
        return self._meet(peer, replace(record, token=token), line)

    def _meet(self, peer: PeerId, record: PeerRecord, line: PeerLine) -> Met:
        waiting = self._mesh.inbox.settle(announces=self._mesh.outbox.has_met)
        known_peers = self._addresses.to_tell(peer)
        is_sent = self._is_sent_ahead(peer, record, line)
        token = record.token or self._shake_hands(peer, line)
        token, theirs = self._greeted(peer, line, token, known_peers)
        self._mesh.book.note_course(peer, theirs)
        met, last = self._exchange(peer, line, token, theirs, waiting)
        if met.is_agreed and not line.wants_signatures:  # a bundle would be sent in vain
            self._heard[peer] = _LastHeard(last, record.endpoint, self._clock())
        problems = [self._addresses.heard(peer, theirs), self._addresses.finish(peer, line, token)]
        sent = met.sent or is_sent
        return replace(met, sent=sent, problems=tuple(filter(None, problems)))

    def _is_sent_ahead(self, peer: PeerId, record: PeerRecord, line: PeerLine) -> bool:
        """Whether what is new here was sent to where the peer was a moment ago.

        It is there sooner than if the peer was first asked how far it is, which follows all the
        same: where it is elsewhere by now, it keeps what it cannot use yet.
        """
        last = self._heard.pop(peer, None)
        if last is None or not record.token or not last.counts(record.endpoint, self._clock()):
            return False
        if not self._mesh.outbox.has_more(last.theirs):
            return False
        try:
            return self._is_pushed(line, record.token, last.theirs)
        except RefusedForSafety:  # it may have forgotten us; the greeting finds out
            return False

    def _is_pushed(self, line: PeerLine, token: str, theirs: Heard) -> bool:
        group = self._mesh.roster.membership().group
        with self._make_file() as file:
            if not self._mesh.outbox.export(file, theirs.commits, only_said=True):
                return False
            line.push(token, group, file, self._mesh.outbox.standpoint().height)
            return True

    def _greeted(
        self,
        peer: PeerId,
        line: PeerLine,
        token: str,
        known_peers: tuple[ToldAddress, ...] = (),
    ) -> tuple[str, Heard]:
        """The token that counts, and how far the other one is."""
        try:
            mine = replace(self._heard_here(), known_peers=known_peers)
            return token, line.heartbeat(token, mine)
        except RefusedForSafety:  # it has forgotten us, or knows us by our new key by now
            token = self._shake_hands(peer, line)
            mine = replace(self._heard_here(), known_peers=known_peers)
            return token, line.heartbeat(token, mine)

    def _lacks(self, theirs: Heard) -> bool:
        """Whether a peer has something that is to be fetched; the same stray only once."""
        if self._mesh.outbox.lacks(theirs):
            return True
        strays = self._mesh.outbox.strays(theirs) - self._asked_again
        self._asked_again |= strays
        return bool(strays)

    def _heard_here(self) -> Heard:
        return self._mesh.outbox.heard(announces=self._mesh.outbox.has_met)

    def _said(self, taken: TakenIn) -> TakenIn:
        """Say what is here, now that a peer has told what it knows of this machine."""
        if self._mesh.outbox.has_met:
            return taken
        self._mesh.outbox.has_met = True
        waiting = self._mesh.inbox.settle()
        return taken.and_then(TakenIn(waiting=waiting, head=self._mesh.outbox.standpoint().head))

    def _exchange(
        self, peer: PeerId, line: PeerLine, token: str, theirs: Heard, waiting: tuple[str, ...]
    ) -> tuple[Met, Heard]:
        """What it did, and how far the other one is after it."""
        membership = self._mesh.roster.membership()
        taken, is_sent = TakenIn(waiting=waiting, head=self._mesh.outbox.standpoint().head), False
        if theirs.peer != peer and self._mesh.outbox.lacks_version(theirs):
            taken = taken.and_then(self._fetch(peer, line, token))  # does it have a new key?
        is_peer = theirs.peer == peer or self._mesh.rekeying.became(peer, theirs.peer)
        if theirs.group != membership.group or not is_peer:
            raise RefusedForSafety("another peer or group answers at this address", "Correct it.")
        for _ in range(_ROUNDS):  # what comes may be merged here, and the merge is news there
            if self._lacks(theirs):
                taken = taken.and_then(self._fetch(peer, line, token))
            taken = self._said(taken)
            if not self._mesh.outbox.has_more(theirs):
                break
            is_sent = self._is_pushed(line, token, theirs) or is_sent
            token, theirs = self._greeted(peer, line, token)
        is_agreed = theirs.head == self._mesh.outbox.standpoint().head
        return Met(peer, is_sent, taken, is_agreed), theirs

    def _fetch(self, peer: PeerId, line: PeerLine, token: str) -> TakenIn:
        have = sorted(self._heard_here().commits)
        with self._make_file() as file:
            if not line.fetch(token, self._mesh.roster.membership().group, have, file):
                return TakenIn(head=self._mesh.outbox.standpoint().head)
            return self._mesh.take_from(peer, file)

    def _shake_hands(self, peer: PeerId, line: PeerLine) -> str:
        try:
            return self._asked(peer, line)
        except (AdmissionPending, RefusedForSafety):
            key = self._mesh.rekeying.asked_for()
            if key is None:
                if not self._is_introduced(peer, line):
                    raise
                return self._asked(peer, line)
            token = self._asked(peer, line, key)
            self._mesh.rekeying.take_up(key)  # the other one has heard who it is to belong to
            return token

    def _is_introduced(self, peer: PeerId, line: PeerLine) -> bool:
        """Whether a peer has now heard of this machine's new key, by the one that it knew."""
        for key in self._mesh.rekeying.former_keys():
            try:
                welcome = line.handshake(self._mesh.admission.ask_again(peer, key))
            except (AdmissionPending, NotFound, RefusedForSafety):
                continue  # that one is not here any more, or the peer does not know it either
            with self._make_file() as file:
                if self._mesh.outbox.export(file, only_said=True):
                    height = self._mesh.outbox.standpoint().height
                    line.push(welcome.token, welcome.group, file, height)
            return True
        return False

    def _asked(self, peer: PeerId, line: PeerLine, key: PublicKey | None = None) -> str:
        request = self._mesh.admission.ask_again(peer, key)
        welcome = line.handshake(request)
        if not self._mesh.admission.is_welcome(welcome, peer, request):
            raise RefusedForSafety("another peer answers at this address", "Correct the address.")
        self._mesh.book.remember(peer, token=welcome.token)
        return welcome.token

    # --- what is remembered --------------------------------------------------------------------

    def _went_well(self, peer: PeerId, before: PeerRecord, met: Met) -> None:
        now = format_time(self._clock())
        fields: dict[str, object] = {"last_sync_at": now} if met.is_agreed else {}
        problems = [one.reason for one in met.taken.quarantined] + list(met.taken.waiting)
        problems += met.problems
        self._mesh.book.remember(
            peer,
            status=PeerStatus.ACTIVE,
            last_heartbeat_at=now,
            last_error="; ".join(problems)[:1000],
            failures=0,
            not_before="",
            given_up=0,
            denies=False,
            **fields,
        )
        if before.failures >= FAILURES_UNTIL_ERROR:
            self._mesh.book.note_event(peer, MeshEventKind.RECOVERED)
        self._mesh.troubles.tell()

    def _put_off(self, peer: PeerId, error: RateLimited) -> None:
        """The peer is there and has enough to do: that is no failure, and it says until when."""
        due = format_time(self._clock() + timedelta(seconds=error.retry_after))
        self._mesh.book.remember(peer, last_error=str(error)[:1000], not_before=due)

    def _failed(self, peer: PeerId, record: PeerRecord, error: PackError) -> None:
        failures = record.failures + 1
        pause = min(2.0 ** min(record.failures, _MOST_DOUBLINGS), LONGEST_PAUSE)
        is_gone = isinstance(error, Unavailable)
        status = PeerStatus.UNREACHABLE if is_gone else PeerStatus.ERROR
        if failures >= FAILURES_UNTIL_ERROR:
            status = PeerStatus.ERROR
        self._mesh.book.remember(
            peer,
            status=status,
            last_error=reason_of(error)[:1000],
            failures=failures,
            not_before=format_time(self._clock() + timedelta(seconds=pause)),
            denies=isinstance(error, RemovedFromGroup),
            **self._mesh.gossip.given_up(peer, failures),
        )
        if failures == FAILURES_UNTIL_ERROR:
            self._mesh.book.note_event(peer, MeshEventKind.ERROR, reason_of(error)[:300])
        self._mesh.troubles.tell()


def _is_put_off(record: PeerRecord, now: datetime) -> bool:
    """Whether a pause is not over; a clock that was set back makes none longer than any is."""
    if not record.not_before:
        return False
    return now < parse_time(record.not_before) <= now + timedelta(seconds=LONGEST_WAIT)


def join_openly(
    mesh: Mesh,
    line: PeerLine,
    make_file: MakeFile,
    at: str,
    name: str,
    endpoint: str,
    *,
    unrelated: bool = False,
) -> TakenIn:
    """Join a group over the network once an owner has approved of it.

    Args:
        mesh: A memory of no group.
        line: The way to a machine of the group.
        make_file: A file for the bundle.
        at: The address of that machine.
        name: What this peer is to be called.
        endpoint: Where it can be reached; empty if nowhere.
        unrelated: As for `Mesh.join`.

    Raises:
        AdmissionPending: Nobody has approved yet. This machine is noted there.
        PackError: As `join_over`.
    """
    try:
        line.handshake(mesh.admission.ask_openly(name, endpoint))
    except AdmissionPending as told:
        peer = parse_peer_id(told.peer)
    else:
        raise RefusedForSafety("whoever answers is no peer", "Correct the address.")
    request = mesh.admission.ask_openly(name, endpoint, peer)
    asked = Invitation(peer, (check_endpoint(at),), b"")
    return _join(mesh, line, make_file, asked, request, name, endpoint, unrelated=unrelated)


def join_over(
    mesh: Mesh,
    line: PeerLine,
    make_file: MakeFile,
    invitation: Invitation,
    name: str,
    endpoint: str,
    *,
    unrelated: bool = False,
) -> TakenIn:
    """Join a group over the network, with an invitation.

    Args:
        mesh: A memory of no group.
        line: The way to the inviter.
        make_file: A file for the bundle.
        invitation: The invitation.
        name: What this peer is to be called.
        endpoint: Where it can be reached; empty if nowhere.
        unrelated: As for `Mesh.join`.

    Raises:
        RefusedForSafety: The inviter does not let it in, or somebody else answers.
        Unavailable: The inviter does not answer.
        PackError: As `Mesh.join`.
    """
    request = mesh.admission.ask(invitation, name, endpoint)
    return _join(mesh, line, make_file, invitation, request, name, endpoint, unrelated=unrelated)


def _join(
    mesh: Mesh,
    line: PeerLine,
    make_file: MakeFile,
    invitation: Invitation,
    request: bytes,
    name: str,
    endpoint: str,
    *,
    unrelated: bool,
) -> TakenIn:
    welcome = line.handshake(request)
    if not mesh.admission.is_welcome(welcome, invitation.peer, request):
        raise RefusedForSafety("somebody other than the inviter answers", "Ask the inviter.")
    with make_file() as file:
        if not line.fetch(welcome.token, welcome.group, [], file):
            raise InvalidRequest("the inviter has nothing to send")
        taken = mesh.inbox.join(invitation, file, name, endpoint, unrelated=unrelated)
    mesh.book.remember(invitation.peer, token=welcome.token)
    return taken
