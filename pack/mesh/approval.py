"""Machines that ask to be let in without an invitation, until an owner says yes or no.

Whoever asks is told nothing of the group, not even whether there is one. So little is kept of
them that nobody can fill a disk, and a person compares the key before it counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

from pack.errors import NotFound, RefusedForSafety
from pack.mesh.joining import JoinRequest
from pack.mesh.members.group import Peer, Role
from pack.mesh.members.keys import PeerId, shown
from pack.mesh.peer_book import PeerBook
from pack.mesh.ports import MeshPorts
from pack.mesh.rekeying import Rekeying
from pack.mesh.roster import Roster
from pack.mesh.state import Applicant

MOST_APPLICANTS: Final = 20
MOST_REFUSED: Final = 100
KEPT_FOR: Final = timedelta(days=7)


class Approval:
    """Who asks, and what an owner says. May be used from any thread or process."""

    def __init__(
        self, ports: MeshPorts, roster: Roster, book: PeerBook, rekeying: Rekeying
    ) -> None:
        self._ports = ports
        self._roster = roster
        self._book = book
        self._rekeying = rekeying
        self._state = ports.state

    def note(self, request: JoinRequest) -> bool:
        """Keep who asks, unless too many do or it was refused; whether it may hope for an answer.

        Only an owner can say yes, so nobody else keeps anything.
        """
        if self._roster.me not in self._roster.version().group.owners:
            return False
        with self._ports.exclusive():
            known = {one.key: one for one in self._fresh()}
            before = known.get(request.key)
            if before is not None and before.is_refused:
                return False
            if before is None and self.is_full():
                return True  # told as everybody is, so that nobody learns how many ask
            at = before.asked_at if before is not None else self._ports.clock()
            asking = Applicant(request.key, request.name, request.endpoint, at)
            if asking != before:
                self._state.set_applicants([*({**known, request.key: asking}.values())])
            return True

    def _fresh(self) -> list[Applicant]:
        now = self._ports.clock()
        return [one for one in self._state.applicants() if abs(now - one.asked_at) <= KEPT_FOR]

    def is_full(self) -> bool:
        """Whether so many ask that nobody else is kept until some are let in or refused."""
        return sum(not one.is_refused for one in self._fresh()) >= MOST_APPLICANTS

    def waiting(self) -> Sequence[Applicant]:
        """Who asks, the first one first; also members with a new key that nobody can vouch for."""
        version = self._roster.version()
        asking = [one for one in self._fresh() if not one.is_refused]
        doubtful = [
            Applicant(key, version.group.peers[peer].name, "", self._ports.clock(), former=peer)
            for peer, key in self._rekeying.doubtful()
        ]
        return [
            one
            for one in (*asking, *doubtful)
            if one.key.peer not in version.group.peers and one.key not in version.revoked
        ]

    def approve(
        self,
        peer: PeerId,
        name: str = "",
        roles: Iterable[Role] = (),
        levels: Iterable[int] = (),
    ) -> Peer:
        """Let in whoever asks.

        Args:
            peer: Who.
            name: What it is to be called; empty for what it asked for.
            roles: What it may do; none for a member's.
            levels: The levels that it may claim; none for all.

        Raises:
            NotFound: It does not ask.
            InvalidRequest: The name is taken, or the group is full.
            RefusedForSafety: This peer is no owner.
        """
        with self._ports.exclusive():
            asking = self._asking(peer)
            if asking.former is not None:
                self._rekeying.succeed(asking.former, asking.key)
                return self._roster.version().group.peer(peer)
            made = Peer(name or asking.name, asking.key)
            made = replace(
                made,
                roles=frozenset(roles) or made.roles,
                levels=frozenset(levels) or made.levels,
            )
            self._roster.change(lambda one: (one.group.admitting(made), one.revoked))
            self._forget(asking)
            self._book.learn(peer, asking.endpoint)
            return made

    def refuse(self, peer: PeerId) -> None:
        """Let somebody not in, who is told so from now on.

        Raises:
            NotFound: It does not ask.
            RefusedForSafety: Only the machine that goes by this key can take its request back.
        """
        with self._ports.exclusive():
            asking = self._asking(peer)
            if asking.former is not None:
                raise RefusedForSafety(
                    "a member asks for a new key, and stays a member without it",
                    "Remove that member, or leave the request alone.",
                )
            others = [one for one in self._fresh() if one.key != asking.key]
            refused = [one for one in others if one.is_refused][1 - MOST_REFUSED :]
            asking_on = [one for one in others if not one.is_refused]
            refusal = replace(asking, is_refused=True)
            self._state.set_applicants([*asking_on, *refused, refusal])

    def _asking(self, peer: PeerId) -> Applicant:
        for one in self.waiting():
            if one.key.peer == peer:
                return one
        raise NotFound(f"a request to join by {shown(peer)}", "Have that machine ask again.")

    def _forget(self, asking: Applicant) -> None:
        self._state.set_applicants([one for one in self._fresh() if one.key != asking.key])
