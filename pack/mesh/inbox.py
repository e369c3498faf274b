"""What comes from others: bundles are judged, kept where something is missing, and merged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial, reduce

from pack.errors import InvalidContent, LimitExceeded, NotFound, RefusedForSafety
from pack.merge.heads import maximal
from pack.mesh.announcement import Announced
from pack.mesh.bundles import REF_PREFIX, Arrived, KeptBundle
from pack.mesh.intake import (
    QUARANTINE,
    BundleOffer,
    IntakeStanding,
    IntakeVerdict,
    Refusal,
    judge,
)
from pack.mesh.journal import MeshJournal
from pack.mesh.members.agreement import agreed
from pack.mesh.members.group_chain import GroupChain, GroupVersion, checked_chain
from pack.mesh.members.invitation import Invitation
from pack.mesh.members.keys import PeerId
from pack.mesh.outbox import Outbox
from pack.mesh.peer_book import PeerBook
from pack.mesh.ports import MeshPorts
from pack.mesh.rekeying import Rekeying
from pack.mesh.roster import Roster
from pack.mesh.state import Membership, MeshEventKind
from pack.mesh.store import FORKS, GROUP_REF, KITS, PEERS, WITNESSES
from pack.mesh.troubles import Troubles
from pack.mesh.views import TakenIn
from pack.model import CommitId


class Inbox:
    """What comes in. May be used from any thread or process."""

    def __init__(
        self,
        ports: MeshPorts,
        roster: Roster,
        outbox: Outbox,
        book: PeerBook,
        rekeying: Rekeying,
        troubles: Troubles,
        journal: MeshJournal,
    ) -> None:
        self._ports = ports
        self._roster = roster
        self._outbox = outbox
        self._book = book
        self._rekeying = rekeying
        self._troubles = troubles
        self._journal = journal
        self._chains = ports.chains
        self._state = ports.state
        self._memory = ports.memory

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
        self._roster.refuse_member()
        endpoint = self._roster.own_address(endpoint)
        with self._ports.exclusive():
            with self._ports.bundles.arrival(file) as arrived:
                with self._ports.inspect(arrived) as (offer, check):
                    group = self._group_in(offer, invitation.peer, unrelated=unrelated)
                    self._roster.refuse_other_group(group)
                    membership = Membership(group, name, endpoint, self._roster.me)
                    self._state.set_membership(membership)
                    if invitation.endpoints:
                        at = invitation.endpoints[0]
                        self._book.learn(invitation.peer, at)
                        self._book.remember(invitation.peer, invited_at=at)
                    standing = self._standing(membership)
                    verdict = judge(offer, standing, check)
                self._accept(arrived, verdict)
            return self._taken(verdict, standing, unrelated=unrelated)

    def _group_in(self, offer: BundleOffer, inviter: PeerId, *, unrelated: bool) -> CommitId:
        """The id of the group in a bundle that the inviter owns and this peer belongs to."""
        head = offer.refs.get(GROUP_REF)
        if head is None:
            raise NotFound("the group in this bundle", "Ask for the bundle that answers yours.")
        first = offer.group_commits(head)[0].id
        group = agreed(self._chains_in(offer, first)).version.group
        if not unrelated:
            self._refuse_unrelated(offer)
        if inviter not in group.owners or self._roster.me not in group.peers:
            raise RefusedForSafety(
                "the bundle is not of a group that let this machine in",
                "Ask whoever invited you.",
            )
        return first

    @staticmethod
    def _chains_in(offer: BundleOffer, group: CommitId) -> Iterator[GroupChain]:
        """Every chain of a group in a bundle: another one than its first may let this peer in."""
        for ref, commit in offer.refs.items():
            if ref == GROUP_REF or ref.startswith(f"{FORKS}/"):
                commits = offer.group_commits(commit)
                if ref == GROUP_REF or commits[0].id == group:
                    yield checked_chain(commits)

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

    def take(self, file: str) -> TakenIn:
        """Take in a bundle: what is believed of it, now; what it builds on and is missing, later.

        Raises:
            NotFound: The memory belongs to no group.
            InvalidContent: The file is no bundle, or is damaged.
            LimitExceeded: It is too large.
            ConnectorError: The store failed.
        """
        self._roster.membership()
        missing = self._ports.bundles.missing(self._ports.bundles.read_head(file).needed)
        if missing:
            dropped = self._ports.bundles.keep(file)
            told = tuple(
                f"a bundle that came on {one.came_at:%Y-%m-%d} waits no more: there is no room for "
                "all. Import it again once what it builds on is here."
                for one in dropped
            )
            return TakenIn(pending=tuple(missing), waiting=told, head=self._memory.head())
        taken = self._take(file)
        for kept in self._ports.bundles.kept():
            now = self._take_kept(kept.file)
            if now is not None:
                taken = taken.and_then(now)
                self._ports.bundles.drop(kept)
        return taken

    def _take_kept(self, file: str) -> TakenIn | None:
        """Take in a bundle that waited, `None` if it still has to.

        One that is damaged holds up nothing after it.
        """
        refs: Mapping[str, CommitId] = {}
        try:
            head = self._ports.bundles.read_head(file)
            refs = head.refs
            return None if self._ports.bundles.missing(head.needed) else self._take(file)
        except (InvalidContent, LimitExceeded) as error:
            why = f"it waited for what it builds on, and {error}"
            ref, commit = min(refs.items(), default=("a bundle", CommitId("")))
            return TakenIn(quarantined=(Refusal(ref, commit, why),), head=self._memory.head())

    def settle(self, *, announces: bool = True) -> tuple[str, ...]:
        """Take in the heads that came earlier and had to wait; why any still has to.

        That also says why nothing is said of what is here now.

        Args:
            announces: Whether to say what is here now.
        """
        self._roster.membership()
        with self._ports.exclusive():
            return self._settled(self._roster.version(), announces=announces)

    def _settled(
        self, version: GroupVersion, *, unrelated: bool = False, announces: bool = True
    ) -> tuple[str, ...]:
        waiting = self._take_heads(version, unrelated=unrelated)
        self._outbox.caught_up()
        self._rekeying.settle()
        try:
            if announces:
                self._outbox.announce_for(self._roster.membership())
        except RefusedForSafety as error:  # what came is here; only nothing is said of it
            waiting = (*waiting, error.reason)
        self._troubles.tell()
        return waiting

    def _take(self, file: str) -> TakenIn:
        membership = self._roster.membership()
        with self._ports.exclusive():
            standing, before = self._standing(membership), self._roster.agreed()
            with self._ports.bundles.arrival(file) as arrived:
                with self._ports.inspect(arrived) as (offer, check):
                    verdict = judge(offer, standing, check)
                if verdict.is_restored:
                    self._state.set_membership(replace(membership, is_restored=True))
                self._accept(arrived, verdict)
            if before is not None:
                self._journal.group_changed(before.version.group, verdict.version.group)
            return self._taken(verdict, standing)

    def _accept(self, arrived: Arrived, verdict: IntakeVerdict) -> None:
        """Have what is believed in the repository, and what comes along with it of kits.

        That may be all that is new: a machine may have the memory from elsewhere.
        """
        kits = {
            ref.removeprefix(REF_PREFIX): at
            for ref, at in arrived.head.refs.items()
            if ref.startswith(f"{REF_PREFIX}{KITS}/")
        }
        if verdict.refs or (kits and not verdict.refused):
            arrived.accept(verdict.refs)
        if kits and self._ports.kits is not None:
            heads = [*verdict.heads.values(), self._memory.head()]
            self._ports.kits.take(kits, filter(None, heads))

    def _taken(
        self, verdict: IntakeVerdict, standing: IntakeStanding, *, unrelated: bool = False
    ) -> TakenIn:
        """Have what was accepted in the memory; what came of it all."""
        self._note(verdict, standing)
        is_joining = unrelated or self._memory.is_fresh()
        waiting = self._settled(verdict.version, unrelated=is_joining)
        return TakenIn(
            received=len(verdict.heads),
            quarantined=verdict.refused,
            waiting=waiting,
            head=self._memory.head(),
            is_restored=verdict.is_restored,
            is_cloned=verdict.is_cloned,
            commits=verdict.commits,
        )

    def _note(self, verdict: IntakeVerdict, standing: IntakeStanding) -> None:
        if verdict.is_restored:
            name = self._roster.membership().name
            self._journal.note(MeshEventKind.RESTORED, self._roster.me, name)
        for one in verdict.refused:
            if one.peer is not None and standing.quarantined.get(one.peer) != one.commit:
                is_double = self._rekeying.is_on_two_machines(one.peer)
                kind = MeshEventKind.CLONED if is_double else MeshEventKind.REFUSED
                name = self._roster.name_of(one.peer)
                self._journal.note(kind, one.peer, name, one.reason)

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
            chains=self._roster.known_chains(),
            announced=announced,
            is_accepted=lambda peer, one: self._is_accepted(announced.get(peer), one),
            quarantined={PeerId(name): commit for name, commit in quarantined.items()},
            heads=frozenset(heads | {head} if head else heads),
            me=self._roster.me,
            witnesses=frozenset(self._ports.side_refs(WITNESSES).values()),
        )

    def _is_accepted(self, known: Announced | None, one: CommitId) -> bool:
        is_here = known is not None and not self._ports.bundles.missing([one])
        return is_here and known is not None and self._memory.contains(one, known.id)

    def _take_heads(self, version: GroupVersion, *, unrelated: bool) -> tuple[str, ...]:
        """Have the memory consist of the heads of all peers that count, each where it is new."""
        waiting = []
        names = {head: peer for peer, head in self._heads_that_count(version)}
        for head in self._in_order(list(names)):
            ours = self._memory.head()
            if ours is None or not self._memory.contains(head, ours):
                name = version.group.peers[names[head]].name
                if why := self._memory.take_in(head, name, unrelated=unrelated):
                    waiting.append(why)
        return tuple(waiting)

    def _in_order(self, heads: Sequence[CommitId]) -> Sequence[CommitId]:
        """The heads as they are to be taken in one by one, so that all peers fold them alike.

        The branch is a part of each merge that is made on it. So those that come before it in the
        order are merged aside, and are taken in as one.
        """
        ours = self._memory.head()
        if ours is None:
            return maximal(heads, self._memory.contains)
        new = [head for head in heads if not self._memory.contains(head, ours)]
        tops = maximal((ours, *filter(partial(self._is_related, ours), new)), self._memory.contains)
        before = sorted(head for head in tops if ours not in tops or head < ours)
        after = sorted(head for head in new if head not in before)
        if len(before) > 1 and not self._take_as_one(before):
            return sorted(new)
        return [*before, *sorted(after, key=lambda head: head not in tops)]

    def _is_related(self, ours: CommitId, head: CommitId) -> bool:
        return self._memory.count(head, ours) < self._memory.height(head)

    def _take_as_one(self, heads: Sequence[CommitId]) -> bool:
        """Whether the memory now consists of these heads as well; why not, each of them tells."""
        try:
            return not self._memory.take_in(reduce(self._memory.merged, heads), "other peers")
        except RefusedForSafety:
            return False

    def _heads_that_count(self, version: GroupVersion) -> Sequence[tuple[PeerId, CommitId]]:
        """Sorted by commit, as all peers merge them.

        What this peer said itself counts where it was restored from a backup and heard of it from
        others. Else the branch is where the person wants it, also where they took it back.
        """
        found, membership = [], self._roster.membership()
        for peer, commit in self._chains.announced().items():
            counts = peer != self._roster.me or membership.is_restored
            if counts and peer in version.group.peers:
                (said,) = self._chains.announcements(commit, 1)
                found.append((peer, said.said.head))
        return sorted(found, key=lambda one: one[1])

    def kept(self) -> Sequence[KeptBundle]:
        """The bundles that wait for what they build on."""
        return self._ports.bundles.kept()

    def quarantined(self) -> Sequence[PeerId]:
        """The peers of which something was refused, and is kept."""
        return [PeerId(name) for name in sorted(self._ports.side_refs(QUARANTINE))]
