"""The kits that this machine gives to other peers: what it tells of them, and what it hands out."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pack_connectors.peers import sshsig
from pack_connectors.peers.offer_files import OfferFiles

from pack.deferred import dataclass
from pack.errors import InvalidRequest, NotFound, PackError, Unavailable
from pack.kits.manifest import Visibility
from pack.kits.sharing.listed import write_listed
from pack.kits.sharing.offer import KitOffer, offer_for
from pack.kits.sharing.offers import KitOffers, OfferState
from pack.kits.sharing.parcel import NAMESPACE, KitRequest, write_parcel
from pack.kits.shipment import Kit, unpack
from pack.memory import Memory
from pack_servers.config.settings import Settings
from pack_servers.wiring.kits.sources import KitSources, author_of, is_there, kit_sources
from pack_servers.wiring.mesh import memory_keys, mesh_folder

logger = logging.getLogger(__name__)
_GIT: Final = ".git"
_AWAY: Final = "the kit cannot be read there now"


@dataclass(frozen=True, slots=True)
class GivenKit:
    """A kit on its way to a peer.

    Attributes:
        called: Its name and version.
        blocks: The parcel.
    """

    called: str
    blocks: Iterator[bytes]


class KitGiving:
    """Answers other peers, by what the person at this machine has said. For any thread.

    Args:
        state: What they said.
        load_key: The key of this machine.
    """

    def __init__(self, state: OfferState, load_key: Callable[[], Ed25519PrivateKey]) -> None:
        self._state = state
        self._load_key = load_key

    def listed(self, peer: str) -> str:
        """What a peer is told of the kits that are offered."""
        return write_listed(self._offers(), peer, _said_now)

    def given(self, peer: str, wanted: KitRequest) -> GivenKit | None:
        """What a peer gets; `None` if there is no such kit, or none that it may have.

        Raises:
            Unavailable: It may have it, and it cannot be read.
        """
        offer = offer_for(self._offers(), wanted.name, peer)
        if offer is None:
            return None
        kit = _read(offer)
        if not offer.admits(peer, kit.manifest.visibility):
            return None
        blocks = write_parcel(kit, wanted, self._sign)
        return GivenKit(f"{kit.name} {kit.manifest.version}", blocks)

    def _offers(self) -> Sequence[KitOffer]:
        """What is offered; of what is wrong with the list of it, others hear nothing."""
        try:
            return self._state.offers()
        except Unavailable as error:
            logger.warning("what is offered to peers cannot be read: %s", error)
            raise Unavailable("what is offered cannot be read there now") from error

    def _sign(self, data: bytes) -> str:
        return sshsig.sign(data, self._load_key(), NAMESPACE)


def kit_to_offer(sources: KitSources, text: str) -> Kit:
    """The kit at a place on this machine; as it was committed, if it is in a git repository.

    Raises:
        InvalidRequest: The place is on another machine, or a version is named.
        PackError: As `KitSources.kit`.
    """
    committed = _in_repository(text)
    if committed is not None:
        with suppress(NotFound):  # git knows nothing of this folder
            return _near(sources, committed)
    return _near(sources, text)


def _in_repository(text: str) -> str | None:
    """The address of a folder that is below the top of a git repository; `None` if it is not."""
    if not is_there(text):
        return None
    folder = Path(text).expanduser().resolve()
    if (folder / _GIT).exists():
        return None
    above = next((one for one in folder.parents if (one / _GIT).exists()), None)
    return f"{above}#{folder.relative_to(above).as_posix()}" if above is not None else None


def _near(sources: KitSources, text: str) -> Kit:
    source, ref = sources.find(text)
    if not source.is_near or ref is not None:
        raise InvalidRequest(
            "a kit that is offered is on this machine, and given as it is there; name its folder"
        )
    return unpack(source.ship())


def _read(offer: KitOffer) -> Kit:
    """The kit that is offered, as it is now; of what is wrong with it, others hear nothing."""
    try:
        with kit_sources() as sources:
            found, _ = sources.find(offer.source)
            if not found.is_near:
                raise Unavailable(f"{offer.source} is not on this machine any more")
            kit = unpack(found.ship()).read_now()
    except PackError as error:
        logger.warning("the kit that is offered from %s cannot be read: %s", offer.source, error)
        raise Unavailable(_AWAY) from error
    if kit.name != offer.name:
        logger.warning("%s holds the kit %s now, not %s", offer.source, kit.name, offer.name)
        raise Unavailable(_AWAY)
    return kit


def _said_now(offer: KitOffer) -> Visibility:
    """Who may have a kit, as it says now; where that cannot be told, nobody else hears of it."""
    try:
        return _read(offer).manifest.visibility
    except Unavailable:
        return Visibility.PRIVATE


def kit_giving(settings: Settings, memory: Memory) -> KitGiving:
    """What answers other peers of a memory in a folder.

    Raises:
        InvalidConfig: It is not in a folder.
    """
    folder = mesh_folder(memory)
    return KitGiving(OfferFiles(folder), memory_keys(settings.pack_mesh_key, folder).load)


def kit_offers(memory: Memory) -> KitOffers:
    """What is offered to other peers of a memory in a folder.

    Raises:
        InvalidConfig: It is not in a folder.
    """
    who = author_of(memory)
    return memory.kits.offers(OfferFiles(mesh_folder(memory)), f"{who.name} <{who.email}>")
