"""What this peer says of itself, and what it sends to others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

from pack.errors import InvalidContent, NotFound, RefusedForSafety
from pack.mesh.announcement import Announced, Announcement
from pack.mesh.intake import QUARANTINE
from pack.mesh.meeting import Heard
from pack.mesh.members.agreement import AgreedGroup
from pack.mesh.members.group import EVERYTHING
from pack.mesh.members.keys import PeerId, PublicKey
from pack.mesh.ports import MeshPorts
from pack.mesh.roster import Roster
from pack.mesh.state import Membership
from pack.mesh.store import FORKS, GROUP_REF, PEERS, WITNESSES
from pack.mesh.views import Standpoint
from pack.model import CommitId
from pack.times import format_time


class Outbox:
    """What goes out. May be used from any thread or process.

    Attributes:
        has_met: Whether this process has heard from another peer. Until then, nothing new is said
            by itself: the memory may be a backup, and others may know what it said since.
    """

    def __init__(self, ports: MeshPorts, roster: Roster) -> None:
        self.has_met = False
        self._ports = ports
        self._roster = roster
        self._chains = ports.chains
        self._memory = ports.memory

    def head(self) -> CommitId | None:
        """The memory's current commit; cheap enough to be asked ten times a second."""
        return self._memory.head()

    def standpoint(self) -> Standpoint:
        """Where this peer is."""
        head = self._memory.head()
        return Standpoint(head, self._memory.height(head) if head else 0)

    def announce(self) -> CommitId | None:
        """Say where the memory is, if that is new; returns this peer's last announcement.

        Raises:
            NotFound: The memory belongs to no group.
            ConnectorError: It cannot be stored.
        """
        membership = self._roster.membership()
        with self._ports.exclusive():
            return self.announce_for(membership)

    def announce_for(self, membership: Membership) -> CommitId | None:
        """As `announce`, for whoever keeps other processes from it already."""
        head, last = self._memory.head(), self.last(self._roster.me)
        is_new_of_me = last is not None and _is_new_of_me(membership, last.said)
        if head is None or (last and head == last.said.head and not is_new_of_me):
            return last.id if last else None
        if last is not None and membership.is_restored:
            return last.id  # it first takes in again what it said
        known = self._roster.agreed()
        if known is None:
            return None
        if why := self._refuse_telling(head, last):
            if last is not None and is_new_of_me:
                # The others must hear of a new address or key all the same.
                self._announce_head(membership, last.said.head, last, known)
            raise RefusedForSafety(f"{head[:12]} was not announced: {why}".rstrip("."))
        return self._announce_head(membership, head, last, known)

    def caught_up(self) -> None:
        """Remember that this peer has taken in again what it had said, if it now has."""
        membership, head = self._roster.membership(), self._memory.head()
        last = self.last(self._roster.me) if membership.is_restored else None
        if last and head and self._memory.contains(last.said.head, head):
            self._ports.state.set_membership(replace(membership, is_restored=False))

    def _announce_head(
        self,
        membership: Membership,
        head: CommitId,
        last: Announced | None,
        known: AgreedGroup,
    ) -> CommitId | None:
        said = Announcement(
            group=membership.group,
            peer=self._roster.me,
            n=last.said.n + 1 if last else 1,
            head=head,
            height=self._memory.height(head),
            tree=self._memory.tree(head),
            roster=known.chain[-1].id,
            at=format_time(self._ports.clock()),
            endpoint=membership.endpoint,
            successor=_successor(membership),
        )
        made = self._chains.announce(last.id if last else None, said)
        stored = self._ports.state.membership()
        if stored is not None and stored.told != (told := _of_me(membership)):
            self._ports.state.set_membership(replace(stored, told=told))
        return made

    def _refuse_telling(self, head: CommitId, last: Announced | None) -> str:
        """Why a head must not be told; what others have told as it is, is no secret to them."""
        if any(one.said.head == head for one in self.heads().values()):
            return ""
        return self._memory.refuse_outgoing(head, last.said.head if last else None)

    def last(self, peer: PeerId) -> Announced | None:
        """What a peer announced last; `None` if nothing is known."""
        commit = self._chains.announced().get(peer)
        return self._chains.announcements(commit, 1)[0] if commit else None

    def heads(self) -> Mapping[PeerId, Announced]:
        """What each peer of the group said last, this one included."""
        version = self._roster.version()
        return {
            peer: self._chains.announcements(commit, 1)[0]
            for peer, commit in self._chains.announced().items()
            if peer in version.group.peers
        }

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
        had = tuple(without)
        if not only_said:
            self.announce()
        self.refuse_part()
        refs = [name or GROUP_REF for name in self._ports.side_refs(GROUP_REF)]
        refs += [f"{FORKS}/{name}" for name in self._ports.side_refs(FORKS)]
        refs += [f"{PEERS}/{peer}" for peer in self.told()]
        refs += self._witnesses()
        refs += self._kits(had)
        return self._ports.bundles.write_bundle(file, refs, had)

    def refuse_part(self) -> None:
        """Do nothing, unless a peer may have only a part of the memory: a history has no parts.

        Raises:
            NotFound: The memory belongs to no group.
            RefusedForSafety: The group shares only a part.
        """
        if self._roster.version().group.share != (EVERYTHING,):
            raise RefusedForSafety(
                "the group shares only a part of the memory, which this PACK cannot divide",
                "Change `share` in the group to everything, or update PACK.",
            )

    def _kits(self, without: Sequence[CommitId]) -> Sequence[str]:
        """What goes along, as the receiver gets to know of kits that it did not have."""
        kits, last = self._ports.kits, self.last(self._roster.me)
        if kits is None or last is None:
            return ()
        known = list[CommitId]()
        for one in without:
            with suppress(InvalidContent, NotFound):  # a version of the group, or unknown here
                known += [said.said.head for said in self._chains.announcements(one, 1)]
        return kits.new_since(last.said.head, known)

    def heard(self, *, announces: bool = True) -> Heard:
        """How far this peer is, as it tells others; announces what is new first.

        Where what is new would show what the person hides, it is as far as it last said.

        Args:
            announces: Whether to; without it, it is as far as it last said, if it said anything.

        Raises:
            NotFound: The memory belongs to no group.
        """
        membership, at = self._roster.membership(), self._said(announces=announces)
        return Heard(
            self._roster.me,
            membership.group,
            at.head,
            at.height,
            tuple(self._chains.group_heads()),
            self.told(),
        )

    def _said(self, *, announces: bool) -> Standpoint:
        last = self.last(self._roster.me)
        if announces or last is None:
            try:
                self.announce()
            except RefusedForSafety:  # `settle` tells the person why
                pass
            else:
                return self.standpoint()
        return Standpoint(last.said.head, last.said.height) if last else Standpoint(None, 0)

    def speak_to(self, have: Sequence[CommitId]) -> None:
        """Announce what is new to a peer that asks for it, unless it may know more than is here.

        Args:
            have: The commits that it has: all announcements that it knows, and more.
        """
        if not self._ports.bundles.missing(have):
            self.has_met = True
        self.heard(announces=self.has_met)

    def knows_all_of_me(self, theirs: Heard) -> bool:
        """Whether this machine has what a peer last heard of it, and is no older backup."""
        said = theirs.announced.get(self._roster.me)
        return said is None or self._is_taken_in(self._roster.me, said)

    def strays(self, theirs: Heard) -> set[CommitId]:
        """What a peer announces that is here, and that nobody has judged yet.

        So it is after a crash between the two, and where only a part of a backup came back.
        """
        return {at for peer, at in theirs.announced.items() if not self._is_taken_in(peer, at)}

    def _is_taken_in(self, peer: PeerId, said: CommitId) -> bool:
        """Whether an announcement is known, or was refused, or is older than what is known."""
        known = self._chains.announced().get(peer)
        if said in (known, self._ports.side_refs(QUARANTINE).get(peer)):
            return True
        is_here = known is not None and not self._ports.bundles.missing([said])
        return is_here and known is not None and self._memory.contains(said, known)

    def told(self) -> dict[PeerId, CommitId]:
        """The last announcements that are sent to others: those of the group as it is now."""
        peers = self._roster.version().group.peers
        return {peer: at for peer, at in self._chains.announced().items() if peer in peers}

    def _witnesses(self) -> list[str]:
        """What former members said of commits that came into this memory by them, or by others."""
        peers, mine = self._roster.version().group.peers, self.last(self._roster.me)
        if mine is None:
            return []
        said = {
            f"{PEERS}/{peer}": at
            for peer, at in self._chains.announced().items()
            if peer not in peers
        }
        witnesses = self._ports.side_refs(WITNESSES).items()
        said |= {f"{WITNESSES}/{name}": at for name, at in witnesses}
        return [ref for ref, at in said.items() if self._has_taken_in(at, mine)]

    def _has_taken_in(self, said: CommitId, mine: Announced) -> bool:
        (one,) = self._chains.announcements(said, 1)
        return self._memory.contains(one.said.head, mine.said.head)

    def lacks(self, theirs: Heard) -> bool:
        """Whether a peer has something that is not here."""
        said = [*theirs.versions, *theirs.announced.values()]
        return bool(self._ports.bundles.missing(said))

    def lacks_version(self, theirs: Heard) -> bool:
        """Whether a peer knows a version of the group that is not here."""
        return bool(self._ports.bundles.missing(theirs.versions))

    def has_more(self, theirs: Heard) -> bool:
        """Whether something is here that a peer lacks."""
        mine = {*self._chains.group_heads(), *self.told().values()}
        return not mine <= theirs.commits


def _is_new_of_me(membership: Membership, last: Announcement) -> bool:
    """Whether this machine has not said yet where it is and which key it asks for.

    What counts is what it said itself: where another machine has its key and says otherwise, each
    would correct the other for ever.
    """
    if membership.told is not None:
        return membership.told != _of_me(membership)
    return (membership.endpoint, _successor(membership)) != (last.endpoint, last.successor)


def _of_me(membership: Membership) -> tuple[str, str]:
    return membership.endpoint, membership.successor


def _successor(membership: Membership) -> PublicKey | None:
    """The key by which this peer wants to go on, if it asks for a new one."""
    return PublicKey.parse(membership.successor) if membership.successor else None
