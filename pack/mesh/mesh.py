"""A memory as a peer of a group: begin it, let others in, send what is new, take in what comes.

It decides; the ports of `MeshPorts` carry it out. Everything here works with files alone, and HTTP
carries the same files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hmac import compare_digest
from typing import Final, Protocol

from pack.actions import Action
from pack.errors import (
    InvalidContent,
    InvalidRequest,
    LimitExceeded,
    NotFound,
    RefusedForSafety,
)
from pack.mesh.announcement import Announced, Announcement, check_chain
from pack.mesh.bundles import Arrived, BundleStore, KeptBundle
from pack.mesh.group import EVERYTHING, Group, Peer
from pack.mesh.group_chain import (
    GroupChain,
    GroupVersion,
    agreed,
    check_removals,
    checked_chain,
    removal,
)
from pack.mesh.intake import (
    MOST_ANNOUNCEMENTS,
    QUARANTINE,
    BundleOffer,
    CheckMerge,
    IntakeStanding,
    Refusal,
    judge,
)
from pack.mesh.invitation import Invitation, OpenInvitation, check_endpoint, find_open
from pack.mesh.joining import JoinRequest, RequestSigner
from pack.mesh.keys import PeerId, PublicKey, shown
from pack.mesh.meeting import Heard, Welcome, token_digest
from pack.mesh.state import Membership, MeshState, PeerRecord, PeerSource, PeerStatus
from pack.mesh.store import FORKS, GROUP_REF, PEERS, ChainStore
from pack.model import CommitId
from pack.times import format_time, parse_time

MOST_INVITATIONS: Final = 100
PEER_TIMEOUT: Final = timedelta(minutes=5)
REMOVED: Final = "this machine was removed from the group"
NO_INVITATION: Final = "there is no such invitation"
ASK_INVITER: Final = "Ask whoever invited you for a new one."


class MemoryHead(Protocol):
    """The memory that is exchanged."""

    def head(self) -> CommitId | None:
        """Its current commit; `None` before the first."""
        ...

    def height(self, commit: CommitId) -> int:
        """How many commits a commit consists of."""
        ...

    def tree(self, commit: CommitId) -> str:
        """The id of its tree."""
        ...

    def contains(self, ancestor: CommitId, commit: CommitId) -> bool:
        """Whether a commit is another one or leads to it."""
        ...

    def count(self, commit: CommitId, without: CommitId) -> int:
        """How many commits lead to one and not to the other."""
        ...

    def take_in(self, head: CommitId, label: str, *, unrelated: bool = False) -> str:
        """Have the memory consist of a head as well, by a fast-forward or a merge.

        Args:
            head: A commit that is here with all that leads to it.
            label: Whose it is, for people.
            unrelated: Whether the two may have no commit in common.

        Returns:
            What it waits for, or why a person must decide; empty once it is done.

        Raises:
            ConnectorError: The store failed.
        """
        ...

    def is_fresh(self) -> bool:
        """Whether the memory holds nothing but what it was begun with."""
        ...

    def refuse_outgoing(self, head: CommitId, without: CommitId | None) -> str:
        """Why a head must not be sent, as it would show what the person hides; empty if it may be.

        Args:
            head: The head.
            without: A head that was sent before.
        """
        ...


@dataclass(frozen=True, slots=True)
class MeshPorts:
    """What carries out what is decided here.

    Attributes:
        memory: The memory.
        chains: The chains of the group and of peers.
        side_refs: The refs of a folder below `refs/pack/`.
        bundles: Makes and takes bundles.
        inspect: What an arrived bundle offers, and what computes its merges again.
        state: What is remembered.
        signer: Signs requests to join.
        new_secret: A new random secret of 32 bytes.
        new_nonce: A new random word.
        public_of: The public half of the key that a secret is the seed of.
        exclusive: Keeps other processes from the same work.
        clock: Tells the time.
        peer_timeout: After how long a silence a peer counts as unreachable.
    """

    memory: MemoryHead
    chains: ChainStore
    side_refs: Callable[[str], Mapping[str, CommitId]]
    bundles: BundleStore
    inspect: Callable[[Arrived], AbstractContextManager[tuple[BundleOffer, CheckMerge]]]
    state: MeshState
    signer: RequestSigner
    new_secret: Callable[[], bytes]
    new_nonce: Callable[[], str]
    public_of: Callable[[bytes], PublicKey]
    exclusive: Callable[[], AbstractContextManager[None]]
    clock: Callable[[], datetime]
    peer_timeout: timedelta = PEER_TIMEOUT


@dataclass(frozen=True, slots=True)
class TakenIn:
    """What came of a bundle.

    Attributes:
        received: How many peers' heads are new here.
        quarantined: What was refused.
        pending: Commits that the bundle builds on and that are not here yet.
        waiting: Why some of the heads are not in the memory yet.
        head: Where the memory is now.
        is_restored: See `IntakeVerdict`.
        is_cloned: See `IntakeVerdict`.
    """

    received: int = 0
    quarantined: tuple[Refusal, ...] = ()
    pending: tuple[CommitId, ...] = ()
    waiting: tuple[str, ...] = ()
    head: CommitId | None = None
    is_restored: bool = False
    is_cloned: bool = False

    def and_then(self, later: TakenIn) -> TakenIn:
        """What came of this bundle and of one after it."""
        return TakenIn(
            self.received + later.received,
            (*self.quarantined, *later.quarantined),
            self.pending,
            later.waiting,
            later.head,
            self.is_restored or later.is_restored,
            self.is_cloned or later.is_cloned,
        )


@dataclass(frozen=True, slots=True)
class Standpoint:
    """Where a memory is.

    Attributes:
        head: Its current commit; `None` before the first.
        height: How many commits that is.
    """

    head: CommitId | None
    height: int


@dataclass(frozen=True, slots=True)
class PeerView:
    """Another peer, as it is seen from here.

    Attributes:
        peer: Its id.
        name: What people call it.
        head: Where it was when it was last heard from; `None` if it never was.
        lag: How many commits it lacks of what is here.
        record: What is remembered of it.
    """

    peer: PeerId
    name: str
    head: CommitId | None
    lag: int
    record: PeerRecord


@dataclass(frozen=True, slots=True)
class Verification:
    """What a check of everything found.

    Attributes:
        head: Where the memory is.
        commits: How many commits that is.
        problems: What is wrong, in words.
    """

    head: CommitId | None
    commits: int
    problems: tuple[str, ...]


class Mesh:
    """One memory in a group of peers. May be used from any thread or process."""

    def __init__(self, ports: MeshPorts) -> None:
        self._ports = ports
        self._chains = ports.chains
        self._state = ports.state
        self._memory = ports.memory
        self._checked: dict[CommitId, GroupChain] = {}
        self._height: tuple[CommitId, int] | None = None

    @property
    def me(self) -> PeerId:
        """This peer."""
        return self._chains.key.peer

    # --- the group -----------------------------------------------------------------------------

    def begin(self, name: str, group: str, endpoint: str = "") -> Membership:
        """Begin a group, of which this peer is the owner.

        Raises:
            InvalidRequest: The memory belongs to a group already, or a name cannot be used.
            ConnectorError: It cannot be stored.
        """
        with self._ports.exclusive():
            self._refuse_member()
            endpoint = check_endpoint(endpoint) if endpoint else ""
            first = self._begun(group)
            if first is None:
                made = Group.of_one(group, Peer(name, self._chains.key))
                first = self._chains.store_group(None, made, frozenset())
            membership = Membership(first, name, endpoint)
            self._state.set_membership(membership)
            self._announce(membership)
            return membership

    def _refuse_member(self) -> None:
        """Do nothing, unless the memory belongs to a group; half a join is nothing."""
        if self._state.membership() is not None and self._chains.group_heads():
            raise InvalidRequest("this memory already belongs to a group")

    def _begun(self, name: str) -> CommitId | None:
        """The group of this name that this peer owns and left, or did not get to the end of."""
        chains = self._known_chains()
        if not chains:
            return None
        found = agreed(chains.values())
        if found.version.group.owner != self.me or found.version.group.name != name:
            raise InvalidRequest("the repository of this memory already holds another group")
        return found.chain[0].id

    def _refuse_other_group(self, group: CommitId) -> None:
        if any(chain[0].id != group for chain in self._known_chains().values()):
            raise InvalidRequest("the repository of this memory already holds another group")

    def membership(self) -> Membership:
        """The group of this memory.

        Raises:
            NotFound: It belongs to none.
        """
        found = self._state.membership()
        if found is None:
            raise NotFound("a group of this memory", f"{Action.BEGIN_GROUP}.")
        return found

    def version(self) -> GroupVersion:
        """Who belongs to the group now.

        Raises:
            NotFound: The memory belongs to none, or has not heard of its members yet.
        """
        self.membership()
        chains = self._known_chains()
        if not chains:
            raise NotFound("a version of the group", "Import what the owner of the group sent.")
        return agreed(chains.values()).version

    def _known_chains(self) -> dict[str, GroupChain]:
        forks = self._ports.side_refs(FORKS).items()
        refs = {name or GROUP_REF: at for name, at in self._ports.side_refs(GROUP_REF).items()}
        refs |= {f"{FORKS}/{name}": at for name, at in forks}
        known = self._checked  # a commit and all before it never change
        chains = {
            at: known.get(at) or checked_chain(self._chains.group_commits(at))
            for at in refs.values()
        }
        self._checked = chains
        return {ref: chains[at] for ref, at in refs.items()}

    def _change(self, make: Callable[[GroupVersion], tuple[Group, frozenset[PublicKey]]]) -> None:
        """Sign a new version of the group, as one of its owners."""
        version = self.version()
        if self.me not in version.group.owners or not version.may_sign(self._chains.key):
            raise RefusedForSafety(
                "only an owner of the group may do that", "Ask an owner of the group."
            )
        group, revoked = make(version)
        check_removals(group, revoked, version)
        self._chains.store_group(version.id, group, revoked)

    def remove(self, peer: PeerId) -> None:
        """Remove a peer from the group for good.

        Raises:
            NotFound: It is none of the group.
            InvalidRequest: It is the only owner.
            RefusedForSafety: This peer is no owner.
        """
        with self._ports.exclusive():
            self._change(lambda version: removal(version, peer))
            records = dict(self._state.records())
            if records.pop(peer, None) is not None:
                self._state.set_records(records)

    def leave(self) -> None:
        """Stop being a peer; the memory and its history stay as they are.

        Raises:
            NotFound: The memory belongs to no group.
        """
        self.membership()
        with self._ports.exclusive():
            self._state.set_membership(None)
            self._state.set_invitations([])
            self._state.set_records({})

    # --- joining -------------------------------------------------------------------------------

    def invite(self) -> Invitation:
        """An invitation for one machine, good for a day.

        Raises:
            RefusedForSafety: This peer is no owner.
            InvalidRequest: Too many are open.
        """
        membership = self.membership()
        with self._ports.exclusive():
            if self.me not in self.version().group.owners:
                raise RefusedForSafety(
                    "only an owner of the group may invite", "Ask an owner of the group."
                )
            now = self._ports.clock()
            open_ones = [one for one in self._state.invitations() if not one.is_over(now)]
            if len(open_ones) >= MOST_INVITATIONS:
                raise InvalidRequest(f"{MOST_INVITATIONS} invitations are open already")
            secret = self._ports.new_secret()
            made = OpenInvitation(self._ports.public_of(secret), now)
            self._state.set_invitations([*open_ones, made])
        endpoints = (membership.endpoint,) if membership.endpoint else ()
        return Invitation(self.me, endpoints, secret)

    def ask(self, invitation: Invitation, name: str, endpoint: str = "") -> bytes:
        """The request with which this peer asks to be let in.

        Raises:
            InvalidRequest: The memory belongs to a group already, or the address is none.
        """
        self._refuse_member()
        endpoint = check_endpoint(endpoint) if endpoint else ""
        nonce = self._ports.new_nonce()
        request = JoinRequest(invitation.peer, self._chains.key, name, endpoint, nonce)
        return self._ports.signer.sign_request(request, invitation.secret)

    def ask_again(self, peer: PeerId) -> bytes:
        """The request with which this peer, a member, asks another one for a token.

        Raises:
            NotFound: The memory belongs to no group.
        """
        mine, nonce = self.membership(), self._ports.new_nonce()
        request = JoinRequest(peer, self._chains.key, mine.name, mine.endpoint, nonce)
        return self._ports.signer.sign_request(request, None)

    def welcome(self, content: bytes) -> bytes:
        """The answer to a handshake: a token for a member, or for whoever an invitation lets in.

        Args:
            content: The request.

        Raises:
            InvalidContent: It is no request, or not signed as it should be.
            RefusedForSafety: It is by no member, and with no invitation that counts. Nothing is
                said about the group.
            InvalidRequest: The name is taken, or the group is full.
        """
        membership, asked = self.membership(), self._ports.signer.check_request(content)
        newcomer = asked.request.key
        if asked.request.inviter != self.me:
            raise RefusedForSafety(NO_INVITATION, ASK_INVITER)
        if asked.invited != newcomer:
            self.admit(content)
        elif not self._is_member(newcomer):
            if newcomer in self.version().revoked:  # it has proven that it knows the group
                raise RefusedForSafety(REMOVED, "Ask an owner of the group.")
            raise RefusedForSafety(NO_INVITATION, ASK_INVITER)
        with self._ports.exclusive():
            self._remember(newcomer.peer, asked.request.endpoint)
        token, at = self.new_token(newcomer.peer), self.standpoint()
        nonce = asked.request.nonce
        made = Welcome(membership.group, self._chains.key, at.head, at.height, token, nonce)
        return self._ports.signer.sign_welcome(made)

    def _is_member(self, key: PublicKey) -> bool:
        return self.version().may_sign(key)

    def is_welcome(self, welcome: Welcome, peer: PeerId, request: bytes) -> bool:
        """Whether an answer is by the peer that was asked, to this request and no other."""
        asked = self._ports.signer.check_request(request).request
        return welcome.key.peer == peer and welcome.nonce == asked.nonce

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
        if not found or found[0] not in self.version().group.peers:
            raise RefusedForSafety("a token of a peer is needed", "Shake hands again.")
        return found[0]

    def _update(self, peer: PeerId, **fields: object) -> None:
        """Change what is remembered of a peer."""
        records, now = dict(self._state.records()), format_time(self._ports.clock())
        before = records.get(peer, PeerRecord(peer, source=PeerSource.GOSSIP, created_at=now))
        records[peer] = replace(before, **fields, updated_at=now)  # type: ignore[arg-type]
        self._state.set_records(records)

    def admit(self, content: bytes) -> Peer:
        """Let in whoever asks with an invitation of this peer; whoever asks again is in already.

        Args:
            content: The request.

        Raises:
            InvalidContent: It is no request, or not signed as it should be.
            RefusedForSafety: There is no such invitation, or it is over. Nothing is said about the
                group.
            InvalidRequest: The name is taken, or the group is full.
        """
        asked = self._ports.signer.check_request(content)
        request = asked.request
        with self._ports.exclusive():
            invitations = list(self._state.invitations())
            now, newcomer = self._ports.clock(), request.key.peer
            found = find_open(invitations, asked.invited, newcomer, now)
            if found is None or request.inviter != self.me:
                raise RefusedForSafety(NO_INVITATION, ASK_INVITER)
            peer, used = Peer(request.name, request.key), replace(found, used_by=newcomer)
            self._state.set_invitations([used if one == found else one for one in invitations])
            if self.version().group.peers.get(newcomer) is None:
                self._change(lambda version: (version.group.admitting(peer), version.revoked))
            self._remember(newcomer, request.endpoint)
            return peer

    def _remember(self, peer: PeerId, endpoint: str) -> None:
        records, now = dict(self._state.records()), format_time(self._ports.clock())
        before = records.get(peer, PeerRecord(peer, source=PeerSource.GOSSIP, created_at=now))
        is_manual = before.endpoint and before.source is PeerSource.MANUAL
        at = before.endpoint if is_manual else endpoint or before.endpoint
        records[peer] = replace(before, endpoint=at, updated_at=now)
        self._state.set_records(records)

    def join(
        self,
        invitation: Invitation,
        file: str,
        name: str,
        endpoint: str,
        *,
        unrelated: bool = False,
    ) -> TakenIn:
        """Become a member with the bundle that answers a request.

        Args:
            invitation: The invitation.
            file: The bundle.
            name: What this peer is called.
            endpoint: Where it can be reached; empty if nowhere.
            unrelated: Whether this memory may have a history of its own, which is then merged.

        Raises:
            RefusedForSafety: The bundle is not of a group that this peer was let into by its
                inviter.
            InvalidContent: It is damaged.
        """
        self._refuse_member()
        endpoint = check_endpoint(endpoint) if endpoint else ""
        group = self._group_in(file, invitation.peer, unrelated=unrelated)
        self._refuse_other_group(group)
        self._state.set_membership(Membership(group, name, endpoint))
        if invitation.endpoints:
            self._remember(invitation.peer, invitation.endpoints[0])
        return self._take(file, unrelated=unrelated)

    def _group_in(self, file: str, inviter: PeerId, *, unrelated: bool) -> CommitId:
        """The id of the group in a bundle that the inviter owns and this peer belongs to."""
        arrival = self._ports.bundles.arrival(file)
        with arrival as arrived, self._ports.inspect(arrived) as (offer, _):
            head = offer.refs.get(GROUP_REF)
            if head is None:
                raise NotFound("the group in this bundle", "Ask for the bundle that answers yours.")
            chain = checked_chain(offer.group_commits(head))
            if not unrelated:
                self._refuse_unrelated(offer)
        group = chain[-1].group
        if inviter not in group.owners or self.me not in group.peers:
            raise RefusedForSafety(
                "the bundle is not of a group that let this machine in",
                "Ask whoever invited you.",
            )
        return chain[0].id

    def _refuse_unrelated(self, offer: BundleOffer) -> None:
        """Do nothing, unless this memory has a history that the group's has nothing to do with."""
        ours = self._memory.head()
        if self._memory.is_fresh():
            return
        for ref, commit in offer.refs.items() if ours else ():
            if ref.startswith(f"{PEERS}/"):
                said = offer.announcements(commit, 1)[0].said
                if any(one.facts.id == ours for one in offer.new_commits(said.head, ())):
                    return
                if not self._ports.bundles.missing([said.head]):
                    return
        if ours is not None:
            raise RefusedForSafety(
                "this memory has a history of its own, with no commit in common with the group's",
                "Join with a folder that is not there yet; or, to merge the two memories, add "
                "--allow-unrelated.",
            )

    # --- announcing and sending ----------------------------------------------------------------

    def announce(self) -> CommitId | None:
        """Say where the memory is, if that is new; returns this peer's last announcement.

        Raises:
            NotFound: The memory belongs to no group.
            ConnectorError: It cannot be stored.
        """
        membership = self.membership()
        with self._ports.exclusive():
            return self._announce(membership)

    def _announce(self, membership: Membership) -> CommitId | None:
        head, last = self._memory.head(), self._last(self.me)
        said_already = last is not None and last.said.head == head
        if head is None or (last and said_already and last.said.endpoint == membership.endpoint):
            return last.id if last else None
        if why := self._memory.refuse_outgoing(head, last.said.head if last else None):
            raise RefusedForSafety(f"{head[:12]} was not announced: {why}")
        chains = self._known_chains()
        if not chains:
            return None
        said = Announcement(
            group=membership.group,
            peer=self.me,
            n=last.said.n + 1 if last else 1,
            head=head,
            height=self._memory.height(head),
            tree=self._memory.tree(head),
            roster=agreed(chains.values()).chain[-1].id,
            at=format_time(self._ports.clock()),
            endpoint=membership.endpoint,
        )
        return self._chains.announce(last.id if last else None, said)

    def _last(self, peer: PeerId) -> Announced | None:
        commit = self._chains.announced().get(peer)
        return self._chains.announcements(commit, 1)[0] if commit else None

    def export(
        self, file: str, without: Iterable[CommitId] = (), *, only_said: bool = False
    ) -> bool:
        """Write all that this peer knows to a bundle; its receiver needs nothing else.

        Args:
            file: Where.
            without: Commits that the receiver has.
            only_said: Whether to send what was announced, and leave the rest for later.

        Returns:
            Whether there was anything to write.

        Raises:
            NotFound: The memory belongs to no group.
            RefusedForSafety: The group shares only a part of the memory.
            ConnectorError: It cannot be written.
        """
        if not only_said:
            self.announce()
        if self.version().group.share != (EVERYTHING,):
            raise RefusedForSafety(
                "the group shares only a part of the memory, which this PACK cannot divide",
                "Change `share` in the group to everything, or update PACK.",
            )
        refs = [name or GROUP_REF for name in self._ports.side_refs(GROUP_REF)]
        refs += [f"{FORKS}/{name}" for name in self._ports.side_refs(FORKS)]
        refs += [f"{PEERS}/{peer}" for peer in self._told()]
        return self._ports.bundles.write_bundle(file, refs, tuple(without))

    # --- taking in -----------------------------------------------------------------------------

    def take(self, file: str) -> TakenIn:
        """Take in a bundle: what is believed of it, now; what it builds on and is missing, later.

        Raises:
            NotFound: The memory belongs to no group.
            InvalidContent: The file is no bundle, or is damaged.
            LimitExceeded: It is too large.
            ConnectorError: The store failed.
        """
        self.membership()
        missing = self._ports.bundles.missing(self._ports.bundles.read_head(file).needed)
        if missing:
            self._ports.bundles.keep(file)
            return TakenIn(pending=tuple(missing), head=self._memory.head())
        taken = self._take(file)
        for kept in self._ports.bundles.kept():
            head = self._ports.bundles.read_head(kept.file)
            if not self._ports.bundles.missing(head.needed):
                taken = taken.and_then(self._take_kept(kept.file, head.refs))
                self._ports.bundles.drop(kept)
        return taken

    def _take_kept(self, file: str, refs: Mapping[str, CommitId]) -> TakenIn:
        """Take in a bundle that waited; one that is damaged holds up nothing after it."""
        try:
            return self._take(file)
        except (InvalidContent, LimitExceeded) as error:
            why = f"it waited for what it builds on, and {error}"
            refused = tuple(Refusal(ref, commit, why) for ref, commit in sorted(refs.items())[:1])
            return TakenIn(quarantined=refused, head=self._memory.head())

    def settle(self) -> tuple[str, ...]:
        """Take in the heads that came earlier and had to wait; why any still has to.

        That also says why nothing is said of what is here now.
        """
        membership = self.membership()
        with self._ports.exclusive():
            return self._settled(membership, self.version())

    def _settled(
        self, membership: Membership, version: GroupVersion, *, unrelated: bool = False
    ) -> tuple[str, ...]:
        waiting = self._take_heads(version, unrelated=unrelated)
        try:
            self._announce(membership)
        except RefusedForSafety as error:  # what came is here; only nothing is said of it
            return (*waiting, f"{error} {error.remedy}".strip())
        return waiting

    def _take(self, file: str, *, unrelated: bool = False) -> TakenIn:
        membership = self.membership()
        with self._ports.exclusive():
            standing = self._standing(membership)
            with self._ports.bundles.arrival(file) as arrived:
                with self._ports.inspect(arrived) as (offer, check):
                    verdict = judge(offer, standing, check)
                if verdict.refs:
                    arrived.accept(verdict.refs)
            is_fresh = self._memory.is_fresh()
            is_joining = unrelated or is_fresh
            waiting = self._settled(membership, verdict.version, unrelated=is_joining)
        return TakenIn(
            received=len(verdict.heads),
            quarantined=verdict.refused,
            waiting=waiting,
            head=self._memory.head(),
            is_restored=verdict.is_restored,
            is_cloned=verdict.is_cloned,
        )

    def _standing(self, membership: Membership) -> IntakeStanding:
        announced = {
            peer: self._chains.announcements(commit, 1)[0]
            for peer, commit in self._chains.announced().items()
        }
        heads = {one.said.head for one in announced.values()}
        head = self._memory.head()
        quarantined = self._ports.side_refs(QUARANTINE)
        return IntakeStanding(
            group=membership.group,
            chains=self._known_chains(),
            announced=announced,
            is_accepted=lambda peer, one: self._is_accepted(announced.get(peer), one),
            quarantined={PeerId(name): commit for name, commit in quarantined.items()},
            heads=frozenset(heads | {head} if head else heads),
            me=self.me,
        )

    def _is_accepted(self, known: Announced | None, one: CommitId) -> bool:
        is_here = known is not None and not self._ports.bundles.missing([one])
        return is_here and known is not None and self._memory.contains(one, known.id)

    def _take_heads(self, version: GroupVersion, *, unrelated: bool) -> tuple[str, ...]:
        """Have the memory consist of the heads of all peers that count, each where it is new."""
        waiting = []
        for peer, head in self._heads_that_count(version):
            ours = self._memory.head()
            if ours is None or not self._memory.contains(head, ours):
                name = version.group.peers[peer].name
                if why := self._memory.take_in(head, name, unrelated=unrelated):
                    waiting.append(why)
        return tuple(waiting)

    def _heads_that_count(self, version: GroupVersion) -> Sequence[tuple[PeerId, CommitId]]:
        """Sorted by commit, as all peers merge them.

        What this peer said itself counts too: restored from a backup, it hears of it from others.
        """
        found = []
        for peer, commit in self._chains.announced().items():
            if peer in version.group.peers:
                (said,) = self._chains.announcements(commit, 1)
                found.append((peer, said.said.head))
        return sorted(found, key=lambda one: one[1])

    # --- meeting others ------------------------------------------------------------------------

    def heard(self) -> Heard:
        """How far this peer is, as it tells others; announces what is new first.

        Where what is new would show what the person hides, it is as far as it last said.

        Raises:
            NotFound: The memory belongs to no group.
        """
        membership, at = self.membership(), self._said()
        return Heard(
            self.me,
            membership.group,
            at.head,
            at.height,
            tuple(self._chains.group_heads()),
            self._told(),
        )

    def _said(self) -> Standpoint:
        try:
            self.announce()
        except RefusedForSafety:  # `settle` tells the person why
            last = self._last(self.me)
            return Standpoint(last.said.head, last.said.height) if last else Standpoint(None, 0)
        return self.standpoint()

    def _told(self) -> dict[PeerId, CommitId]:
        """The last announcements that are sent to others: those of the group as it is now."""
        peers = self.version().group.peers
        return {peer: at for peer, at in self._chains.announced().items() if peer in peers}

    def note_heartbeat(self, peer: PeerId, theirs: Heard) -> None:
        """Remember that a peer was heard from, and whether both are at the same head."""
        now, at = format_time(self._ports.clock()), self.standpoint()
        with self._ports.exclusive():
            fields: dict[str, object] = {"last_sync_at": now} if theirs.head == at.head else {}
            self._update(peer, last_heartbeat_at=now, **fields)

    def new_token(self, peer: PeerId) -> str:
        """Another token for a peer; the one before counts no more."""
        token = self._ports.new_secret().hex()
        with self._ports.exclusive():
            self._update(peer, accepts=token_digest(token))
        return token

    def lacks(self, theirs: Heard) -> bool:
        """Whether a peer has something that is not here."""
        said = [*theirs.versions, *theirs.announced.values()]
        return bool(self._ports.bundles.missing(said))

    def has_more(self, theirs: Heard) -> bool:
        """Whether something is here that a peer lacks."""
        mine = {*self._chains.group_heads(), *self._told().values()}
        return not mine <= theirs.commits

    def records(self) -> Mapping[PeerId, PeerRecord]:
        """What is remembered of the other peers of the group.

        The address of each is the one that a person gave, else the one that the peer itself says.
        """
        heads, known = self.heads(), self._state.records()
        found = {}
        for peer in self.version().group.peers.keys() - {self.me}:
            record = known.get(peer, PeerRecord(peer, source=PeerSource.GOSSIP))
            said = heads[peer].said.endpoint if peer in heads else ""
            is_manual = record.endpoint and record.source is PeerSource.MANUAL
            found[peer] = record if is_manual else replace(record, endpoint=said or record.endpoint)
        return found

    def remember(self, peer: PeerId, **fields: object) -> None:
        """Change what is remembered of a peer."""
        with self._ports.exclusive():
            self._update(peer, **fields)

    # --- looking -------------------------------------------------------------------------------

    def heads(self) -> Mapping[PeerId, Announced]:
        """What each peer of the group said last, this one included."""
        version = self.version()
        return {
            peer: self._chains.announcements(commit, 1)[0]
            for peer, commit in self._chains.announced().items()
            if peer in version.group.peers
        }

    def standpoint(self) -> Standpoint:
        """Where this peer is."""
        head, known = self._memory.head(), self._height
        if head is None:
            return Standpoint(None, 0)
        if known is None or known[0] != head:
            self._height = known = (head, self._memory.height(head))
        return Standpoint(head, known[1])

    def standpoint_head(self) -> CommitId | None:
        """The memory's current commit; cheap enough to be asked ten times a second."""
        return self._memory.head()

    def peers(self) -> Sequence[PeerView]:
        """The other peers of the group, by name, and how far behind this one each is."""
        version, heads, records = self.version(), self.heads(), self.records()
        head = self._memory.head()
        found = []
        for peer, one in version.group.peers.items():
            if peer != self.me:
                at = heads[peer].said.head if peer in heads else None
                record = self._timed_out(records[peer])
                found.append(PeerView(peer, one.name, at, self._lag(at, head), record))
        return sorted(found, key=lambda view: view.name)

    def _timed_out(self, record: PeerRecord) -> PeerRecord:
        """A peer that was active and has been silent for too long is unreachable."""
        if record.status is not PeerStatus.ACTIVE:
            return record
        silence = self._ports.clock() - parse_time(record.last_heartbeat_at)
        is_silent = abs(silence) > self._ports.peer_timeout
        return replace(record, status=PeerStatus.UNREACHABLE) if is_silent else record

    def quarantined(self) -> Sequence[PeerId]:
        """The peers of which something was refused, and is kept."""
        return [PeerId(name) for name in sorted(self._ports.side_refs(QUARANTINE))]

    def kept(self) -> Sequence[KeptBundle]:
        """The bundles that wait for what they build on."""
        return self._ports.bundles.kept()

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
            version = self.version()
        except InvalidContent as error:
            return Verification(self._memory.head(), 0, (f"the group: {error}",))
        for peer, commit in sorted(self._chains.announced().items()):
            name = version.group.peers[peer].name if peer in version.group.peers else shown(peer)
            try:
                check_chain(self._chains.announcements(commit, MOST_ANNOUNCEMENTS))
            except InvalidContent as error:
                problems.append(f"what {name} said: {error}")
        problems += self._unlike(version)
        position = self.standpoint()
        return Verification(position.head, position.height, tuple(problems))

    def _unlike(self, version: GroupVersion) -> Iterator[str]:
        """Peers that are at the same head and say another tree or height of it: impossible."""
        for peer, announced in self.heads().items():
            said, name = announced.said, version.group.peers[peer].name
            is_same = said.height == self._memory.height(said.head)
            if not is_same or said.tree != self._memory.tree(said.head):
                yield f"{name} claims a tree or height of {said.head[:12]} that it does not have"

    def name_of(self, peer: PeerId) -> str:
        """What people call a peer; its id if it is none of the group."""
        found = self.version().group.peers.get(peer)
        return found.name if found else shown(peer)
