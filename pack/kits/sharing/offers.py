"""Offering kits to other peers, and granting private ones: the person's word, kept at this machine.

It is not in the memory, as whatever is there may come from another machine: no peer could be kept
from writing a grant to itself. It is not in the group's chain either, since an owner of the group
does not own everybody's kits.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from pack.actions import Action
from pack.deferred import dataclass
from pack.errors import InvalidRequest, NotFound
from pack.kits.manifest import Visibility
from pack.kits.persons_word import refuse_machine
from pack.kits.sharing.offer import KitOffer
from pack.kits.shipment import Kit
from pack.provenance import Origin
from pack.times import format_time


class OfferState(Protocol):
    """Where the offers are kept. All raise `Unavailable` where they cannot be read or stored."""

    def offers(self) -> Sequence[KitOffer]:
        """All of them, also those that were withdrawn; by name."""
        ...

    def set_offers(self, offers: Sequence[KitOffer]) -> None:
        """Replace them all."""
        ...

    def exclusive(self) -> AbstractContextManager[object]:
        """Keeps other processes from changing them."""
        ...


@dataclass(frozen=True, slots=True)
class OfferChange:
    """What one command does to an offer.

    Attributes:
        offer: How it is then.
        is_new: Whether anything changes.
    """

    offer: KitOffer
    is_new: bool


class KitOffers:
    """The offers of this machine, for one writer. May be used from any thread or process.

    Args:
        state: Where they are kept.
        origin: Who writes.
        by: Who that is, for people.
        clock: Tells the time.
    """

    def __init__(
        self, state: OfferState, origin: Origin, by: str, clock: Callable[[], datetime]
    ) -> None:
        self._state = state
        self._origin = origin
        self._by = by
        self._clock = clock

    def offered(self) -> list[KitOffer]:
        """What is offered now, by name.

        Raises:
            Unavailable: It cannot be read.
        """
        return [one for one in self._state.offers() if one.is_offered]

    def every(self, name: str) -> list[KitOffer]:
        """The kit of a name, also if it was withdrawn.

        Raises:
            NotFound: It was never offered.
        """
        found = [one for one in self._state.offers() if one.name == name]
        return found or [self.get(name)]

    def get(self, name: str) -> KitOffer:
        """A kit that is offered.

        Raises:
            NotFound: It is not.
        """
        found = next((one for one in self.offered() if one.name == name), None)
        if found is None:
            raise NotFound(f"an offer of a kit called {name[:64]!r}", f"{Action.OFFER_KIT} first.")
        return found

    def offer(self, kit: Kit, *, dry_run: bool = False) -> OfferChange:
        """Offer a kit to the peers of the group, as its manifest says; grants to it stay.

        Raises:
            RefusedForSafety: An agent asks for it.
            InvalidRequest: A kit of this name is offered from another place.
        """
        said, source = kit.manifest, kit.shipment.source

        def change(known: KitOffer | None) -> KitOffer:
            if known is None or not known.is_offered:
                grants = known.grants if known is not None else ()
            elif known.source != source:
                raise InvalidRequest(
                    f"{kit.name} is offered from {known.source}; withdraw that first, "
                    "as whoever was granted it would get something else"
                )
            elif (known.visibility, known.description) == (said.visibility, said.description):
                return known
            else:
                grants = known.grants
            return KitOffer(
                kit.name, source, said.description, said.visibility, self._now(), self._by, grants
            )

        return self._changed(kit.name, change, dry_run=dry_run)

    def withdraw(self, name: str, *, dry_run: bool = False) -> OfferChange:
        """Offer a kit no more; all grants of it are revoked.

        Raises:
            RefusedForSafety: An agent asks for it.
            NotFound: It is not offered.
        """
        return self._changed(
            name, lambda _: self.get(name).withdrawn(self._now(), self._by), dry_run=dry_run
        )

    def grant(self, name: str, peer: str, *, dry_run: bool = False) -> OfferChange:
        """Let a peer have a private kit.

        Raises:
            RefusedForSafety: An agent asks for it.
            NotFound: The kit is not offered.
            InvalidRequest: Every peer may have it as it is.
        """

        def change(_: KitOffer | None) -> KitOffer:
            known = self.get(name)
            if known.visibility is not Visibility.PRIVATE:
                raise InvalidRequest(
                    f"{name} is {known.visibility}, so every peer may have it; if its kit.yaml "
                    "says `visibility: private` by now, offer it again"
                )
            if known.is_granted_to(peer):
                return known
            return known.granted(peer, self._now(), self._by)

        return self._changed(name, change, dry_run=dry_run)

    def revoke(self, name: str, peer: str, *, dry_run: bool = False) -> OfferChange:
        """Let a peer have a private kit no more; what it has, it keeps.

        Raises:
            RefusedForSafety: An agent asks for it.
            NotFound: The kit is not offered, or not granted to it.
        """

        def change(_: KitOffer | None) -> KitOffer:
            known = self.get(name)
            if not known.is_granted_to(peer):
                raise NotFound(f"a grant of {name} to this peer", f"{Action.SEE_GRANTS}.")
            return known.revoked(peer, self._now(), self._by)

        return self._changed(name, change, dry_run=dry_run)

    def _changed(
        self, name: str, change: Callable[[KitOffer | None], KitOffer], *, dry_run: bool
    ) -> OfferChange:
        refuse_machine(self._origin, "who may have a kit")
        with self._state.exclusive():
            known = {one.name: one for one in self._state.offers()}
            before = known.get(name)
            after = change(before)
            if after != before and not dry_run:
                known[name] = after
                self._state.set_offers([known[one] for one in sorted(known)])
            return OfferChange(after, after != before)

    def _now(self) -> str:
        return format_time(self._clock())
