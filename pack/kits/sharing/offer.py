"""A kit that this machine offers to other peers, and who may have it.

    public      every peer of the group sees it in the list and may have it
    unlisted    every peer may have it that knows its name
    private     only the peers to which the person has granted it

What is decided here depends on two things alone: what the person said at this machine, and who
asks. A kit's own manifest can only ever narrow it: somebody else may have written that.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from pack.deferred import dataclass
from pack.kits.manifest import Visibility

_STRICTNESS: Final = (Visibility.PUBLIC, Visibility.UNLISTED, Visibility.PRIVATE)


@dataclass(frozen=True, slots=True)
class Grant:
    """What a person gave to one peer, and took back. Times are ISO 8601, in UTC.

    Attributes:
        peer: The id of the peer: a new key is another peer.
        at: When.
        by: Who said so.
        revoked_at: When it was taken back; empty while it is in force.
        revoked_by: Who said that.
    """

    peer: str
    at: str
    by: str
    revoked_at: str = ""
    revoked_by: str = ""

    @property
    def is_in_force(self) -> bool:
        """Whether it counts."""
        return not self.revoked_at


@dataclass(frozen=True, slots=True)
class KitOffer:
    """A kit that is offered, or was. Nothing of it is ever forgotten.

    Attributes:
        name: Its name.
        source: Where it is, on this machine.
        description: What it is for.
        visibility: Who may have it, as the person saw it when they offered it.
        at: When it was offered last.
        by: Who said so.
        grants: To whom it was granted, the oldest first.
        withdrawn_at: When it was withdrawn; empty while it is offered.
        withdrawn_by: Who said that.
    """

    name: str
    source: str
    description: str
    visibility: Visibility
    at: str
    by: str
    grants: tuple[Grant, ...] = ()
    withdrawn_at: str = ""
    withdrawn_by: str = ""

    @property
    def is_offered(self) -> bool:
        """Whether it is offered now."""
        return not self.withdrawn_at

    def is_granted_to(self, peer: str) -> bool:
        """Whether a grant to a peer is in force."""
        return any(one.peer == peer and one.is_in_force for one in self.grants)

    def admits(self, peer: str, said: Visibility = Visibility.PUBLIC) -> bool:
        """Whether a peer may have it.

        Args:
            peer: Who asks.
            said: What the kit says of itself now.
        """
        if not self.is_offered:
            return False
        return self._seen_as(said) is not Visibility.PRIVATE or self.is_granted_to(peer)

    def is_listed_for(self, peer: str, said: Visibility = Visibility.PUBLIC) -> bool:
        """Whether a peer that did not name it is told of it. The arguments are as for `admits`."""
        return self.admits(peer, said) and self._seen_as(said) is not Visibility.UNLISTED

    def _seen_as(self, said: Visibility) -> Visibility:
        return max(self.visibility, said, key=_STRICTNESS.index)

    def granted(self, peer: str, at: str, by: str) -> KitOffer:
        """The same, granted to a peer."""
        return replace(self, grants=(*self.grants, Grant(peer, at, by)))

    def revoked(self, peer: str, at: str, by: str) -> KitOffer:
        """The same, granted to a peer no more."""
        return self._taking_back([peer], at, by)

    def withdrawn(self, at: str, by: str) -> KitOffer:
        """The same, offered no more: whoever offers it again begins without grants."""
        peers = [one.peer for one in self.grants]
        return replace(self._taking_back(peers, at, by), withdrawn_at=at, withdrawn_by=by)

    def _taking_back(self, peers: Iterable[str], at: str, by: str) -> KitOffer:
        gone = set(peers)
        grants = (
            replace(one, revoked_at=at, revoked_by=by)
            if one.is_in_force and one.peer in gone
            else one
            for one in self.grants
        )
        return replace(self, grants=tuple(grants))


def offer_for(offers: Iterable[KitOffer], name: str, peer: str) -> KitOffer | None:
    """The kit of a name, if a peer may have it.

    A kit that it may not have, one that was withdrawn and one that never was are all `None`.
    """
    found = (one for one in offers if one.name == name and one.admits(peer))
    return next(found, None)
