"""What a person should know of a group: a key on two machines, a peer that fails, what waits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

from pack.actions import Action
from pack.errors import InvalidContent
from pack.history.origins import written_by
from pack.merge.heads import MERGE_VERSION
from pack.mesh.intake import QUARANTINE
from pack.mesh.members.group import ALL_LEVELS
from pack.mesh.members.group_chain import GroupVersion
from pack.mesh.members.keys import PeerId
from pack.mesh.peer_book import PeerBook
from pack.mesh.ports import MeshPorts
from pack.mesh.rekeying import Rekeying
from pack.mesh.roster import Roster
from pack.mesh.state import MeshEventKind, PeerStatus
from pack.model import CommitId

WAITED_LONG: Final = timedelta(hours=24)
ASK_OWNER: Final = "Ask an owner of the group."
_LET_WRITE: Final = "Have an owner of the group let"
_ELSEWHERE: Final = "or write it on a machine that may, and take it back here."


class TroubleKind(StrEnum):
    """What is wrong."""

    MEMBERSHIP = "membership"
    """This machine does not belong to the group, or somebody says so."""
    KEY = "key"
    """A key is on two machines."""
    REFUSED = "refused"
    """Something of a peer was refused, and is kept."""
    PEER = "peer"
    """A peer cannot be reached, or does not answer as it should."""
    UNHEARD = "unheard"
    """What was written here goes nowhere."""
    BUNDLES = "bundles"
    """Bundles wait for what they build on."""
    MERGING = "merging"
    """The group merges by rules that are not known here."""


GRAVE: Final = frozenset({TroubleKind.MEMBERSHIP, TroubleKind.KEY})
"""What makes the verdict of a check a bad one."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that is wrong.

    Attributes:
        kind: What it is about.
        text: What happened.
        remedy: What to do.
    """

    kind: TroubleKind
    text: str
    remedy: str


class Troubles:
    """What is wrong. May be used from any thread or process."""

    def __init__(
        self, ports: MeshPorts, roster: Roster, book: PeerBook, rekeying: Rekeying
    ) -> None:
        self._ports = ports
        self._roster = roster
        self._book = book
        self._rekeying = rekeying

    def found(self) -> tuple[Trouble, ...]:
        """Everything that is wrong, the worst first.

        Raises:
            NotFound: The memory belongs to no group.
        """
        version = self._roster.version()
        return (
            *self._membership(version),
            *self._unheard(version),
            *self._refused(version),
            *self._peers(version),
            *self._bundles(),
            *self._merging(version),
        )

    def tell(self) -> None:
        """Have those who read the memory know what they should, also where no peer is running."""
        told = [f"{one.text}. {one.remedy}" for one in self.found()]
        if told != list(self._ports.state.notices()):
            self._ports.state.set_notices(told)

    def _membership(self, version: GroupVersion) -> Iterator[Trouble]:
        me, key = self._roster.me, self._ports.chains.key
        if version.may_sign(key):
            yield from self._denied(version)
            return
        if me in version.group.former:
            text, remedy = "another machine has taken the place of this one's key", Action.REKEY
        elif key in version.revoked:
            text, remedy = "this machine was removed from the group", Action.REKEY
        else:
            text, remedy = "this machine's key is not known to the group", Action.SYNC_PEERS
        yield Trouble(
            TroubleKind.MEMBERSHIP, text, f"{remedy}, then have an owner of the group let it in."
        )

    def _denied(self, version: GroupVersion) -> Iterator[Trouble]:
        names = [
            version.group.peers[peer].name
            for peer, one in sorted(self._book.records().items())
            if one.denies
        ]
        if names:
            text = f"this machine was removed from the group, as {', '.join(names)} says"
            yield Trouble(TroubleKind.MEMBERSHIP, text, ASK_OWNER)

    def _unheard(self, version: GroupVersion) -> Iterator[Trouble]:
        """Where this machine wrote what the group does not let it write."""
        me, head = version.group.peers.get(self._roster.me), self._ports.memory.head()
        is_free = me is not None and me.may_write and me.levels.issuperset(ALL_LEVELS)
        if me is None or is_free or head is None:
            return
        own = self._ports.memory.own(head, self._taken_in(version, me.id))
        if not me.may_write and next(own, None) is not None:
            text = "this machine may only read, so what was written here reaches nobody else"
            yield Trouble(TroubleKind.UNHEARD, text, f"{_LET_WRITE} it write, {_ELSEWHERE}")
            return
        if any(written_by(one).level not in me.levels for one in own):
            levels = ", ".join(map(str, sorted(me.levels)))
            text = f"this machine may only write at level {levels}, so others refuse what it says"
            yield Trouble(TroubleKind.UNHEARD, text, f"{_LET_WRITE} it, {_ELSEWHERE}")

    def _taken_in(self, version: GroupVersion, me: PeerId) -> list[CommitId]:
        """Where those are that others listen to, or once did."""
        peers, found = version.group.peers, []
        for peer, commit in sorted(self._ports.chains.announced().items()):
            if peer != me and (peer not in peers or peers[peer].may_write):
                (one,) = self._ports.chains.announcements(commit, 1)
                found.append(one.said.head)
        return found

    def _refused(self, version: GroupVersion) -> Iterator[Trouble]:
        for name in sorted(self._ports.side_refs(QUARANTINE)):
            peer = PeerId(name)
            known = version.group.peers.get(peer)
            if known is None:
                continue  # it was removed, or has a new key
            if self._rekeying.is_on_two_machines(peer):
                text = f"the key of {known.name} is on two machines"
                remedy = f"On one of them, {Action.REKEY}."
                yield Trouble(TroubleKind.KEY, text, remedy)
            elif not self._is_over(peer):
                text = f"something by {known.name} was refused, and is kept apart"
                yield Trouble(TroubleKind.REFUSED, text, self._why_refused(peer))

    def _why_refused(self, peer: PeerId) -> str:
        """The reason that was noted last; it may have gone from the events since."""
        refusals = (MeshEventKind.REFUSED, MeshEventKind.CLONED)
        for one in reversed(self._ports.state.events()):
            if one.peer == peer and one.kind in refusals and one.detail:
                return f"The reason: {one.detail}."
        return f"{Action.SEE_EVENTS} for the reason."

    def _is_over(self, peer: PeerId) -> bool:
        """Whether what was refused came into the memory by another way since."""
        commit = self._ports.side_refs(QUARANTINE)[peer]
        head = self._ports.memory.head()
        try:
            (one,) = self._ports.chains.announcements(commit, 1)
        except InvalidContent:
            return False
        return head is not None and self._ports.memory.contains(one.said.head, head)

    def _peers(self, version: GroupVersion) -> Iterator[Trouble]:
        for peer, one in sorted(self._book.records().items()):
            if one.status is PeerStatus.ERROR and not one.denies:
                text = f"{version.group.peers[peer].name} fails: {one.last_error}"
                yield Trouble(TroubleKind.PEER, text.rstrip("."), f"{Action.SEE_PEERS}.")

    def _merging(self, version: GroupVersion) -> Iterator[Trouble]:
        """Its merges are texts like any other of whoever announces them; see `intake.is_merge`."""
        if version.group.merge_version != MERGE_VERSION:
            text = f"the group merges by version {version.group.merge_version} of the rules"
            remedy = "Update PACK on this machine. Until then, what it merges may look different."
            yield Trouble(TroubleKind.MERGING, f"{text}, and this PACK by {MERGE_VERSION}", remedy)

    def _bundles(self) -> Iterator[Trouble]:
        now = self._ports.clock()
        old = [one for one in self._ports.bundles.kept() if now - one.came_at > WAITED_LONG]
        if old:
            text = f"bundles wait for what they build on, since {old[0].came_at:%Y-%m-%d}"
            remedy = "Import what was sent before them."
            yield Trouble(TroubleKind.BUNDLES, f"{len(old)} {text}", remedy)
