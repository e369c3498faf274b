"""Kits that other peers of the group give to this machine: `peer:NAME/KIT` in place of an address.

The peer is asked as for anything else that it gives: at its address, with the token that it gave,
and a signature where the way wants one. What comes is signed by its key, which is the kit's signer
from then on.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from functools import cached_property
from pathlib import Path
from typing import Final, Self

from pack_connectors.peers import sshsig

from pack.actions import Action
from pack.deferred import dataclass, pattern
from pack.errors import (
    InvalidConfig,
    InvalidRequest,
    NotFound,
    NotInitialised,
)
from pack.kits.sharing.listed import ListedKit, parse_listed
from pack.kits.sharing.parcel import NAMESPACE, KitRequest, read_parcel, write_wanted
from pack.kits.shipment import Shipment
from pack.memory import Memory
from pack.mesh.exchange import PeerExchange
from pack.mesh.members.keys import PeerId, PublicKey
from pack.mesh.mesh import Mesh
from pack.model import CommitId
from pack_servers.config.settings import Settings, split_list
from pack_servers.wiring.kits.sources import PEER
from pack_servers.wiring.local import group_of
from pack_servers.wiring.mesh import exchange_of, mesh_of, open_mesh
from pack_servers.wiring.place import Announce
from pack_servers.wiring.places import choose_place

_ADDRESS: Final = pattern(r"peer:(?P<peer>[^/#]+)/(?P<kit>[a-z0-9][a-z0-9-]{0,63})")
_NONCE_BYTES: Final = 16
_ASK: Final = "Whether it offers one, and grants it to this machine, is for its person to say."


@dataclass(frozen=True, slots=True)
class FoundPeer:
    """A peer that may be asked.

    Attributes:
        id: Its id.
        key: Its public key.
        mesh: The memory whose group it is of.
        exchange: What asks it.
    """

    id: PeerId
    key: PublicKey
    mesh: Mesh
    exchange: PeerExchange


class PeerKits:
    """Asks other peers for kits: those of the memory at hand, then of others of the person's.

    Args:
        settings: Those in force; they name the other memories.
        memory: The memory that a kit is to go to.
        announce: As for `open_memory`.
    """

    def __init__(self, settings: Settings, memory: Memory, announce: Announce) -> None:
        self._settings = settings
        self._memory = memory
        self._announce = announce
        self._opened = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._opened.close()

    @cached_property
    def own(self) -> Mesh:
        """The memory at hand as a peer.

        Raises:
            NotFound: It is in no group.
            PackError: As `mesh_of`.
        """
        return self._opened.enter_context(mesh_of(self._settings, self._memory))

    @cached_property
    def _others(self) -> list[Mesh]:
        """Other memories of the person as peers: those that they named, or the default one.

        Raises:
            NotFound: One that they named is in no group.
            PackError: As `open_mesh`.
        """
        named = split_list(self._settings.pack_kit_peers)
        if named:
            return [self._opened_at(Path(one).expanduser()) for one in named]
        with suppress(NotFound, NotInitialised, InvalidConfig):  # it may be none, or elsewhere
            return [self._opened_at(None)]
        return []

    def _opened_at(self, folder: Path | None) -> Mesh:
        place = choose_place(self._settings, folder, None)
        return self._opened.enter_context(open_mesh(self._settings, place, self._announce))

    def _meshes(self) -> Iterator[Mesh]:
        if group_of(self._memory.connector) is not None:
            yield self.own
        yield from self._others  # one of them may be the memory at hand: it is only asked twice

    def peer(self, text: str) -> FoundPeer:
        """The peer of a name or an id, in the first group that has one.

        Raises:
            NotFound: None is called so.
        """
        for mesh in self._meshes():
            group = mesh.roster.version().group
            if (found := group.find(text)) is not None:
                exchange = exchange_of(self._settings, mesh)
                return FoundPeer(found, group.peer(found).key, mesh, exchange)
        raise NotFound(f"a peer called {text[:64]!r}", f"{Action.SEE_PEERS}.")

    def listed(self, text: str) -> list[ListedKit]:
        """The kits that a peer tells this machine of.

        Raises:
            NotFound: As `peer`.
            PackError: As `PeerExchange.ask`; or the answer is none.
        """
        peer = self.peer(text)
        return parse_listed(peer.exchange.ask(peer.id, lambda line, *given: line.kits(*given)))

    def source(self, address: str) -> PeerKitSource:
        """The source that an address names.

        Raises:
            InvalidRequest: It names none.
        """
        found = _ADDRESS.fullmatch(address)
        if found is None:
            raise InvalidRequest(f"{address[:80]!r} names no kit of a peer: peer:NAME/KIT does")
        return PeerKitSource(self, found["peer"], found["kit"])

    def shipped(self, source: PeerKitSource) -> Shipment:
        """What a peer gives for an address."""
        peer = self.peer(source.peer)
        group, nonce = peer.mesh.roster.membership().group, secrets.token_urlsafe(_NONCE_BYTES)
        wanted = KitRequest(group, peer.id, source.kit, nonce)
        body = write_wanted(wanted)
        content = peer.exchange.ask(peer.id, lambda line, *given: line.kit(*given, body))
        if content is None:
            raise NotFound(f"a kit called {source.kit} that {source.peer} gives to you", _ASK)
        files = read_parcel(content, wanted, _signed_by)
        fingerprint = peer.key.fingerprint
        return Shipment(source.address, None, None, files, source.kit, fingerprint)


class PeerKitSource:
    """A kit of another peer; it gives the newest version alone."""

    def __init__(self, kits: PeerKits, peer: str, kit: str) -> None:
        self._kits = kits
        self.peer = peer
        self.kit = kit

    @property
    def address(self) -> str:
        """See `KitSource.address`."""
        return f"{PEER}{self.peer}/{self.kit}"

    @property
    def is_near(self) -> bool:
        """See `KitSource.is_near`."""
        return False

    def refs(self) -> list[str]:
        """See `KitSource.refs`."""
        return []

    def at(self, ref: str | None = None) -> CommitId | None:
        """See `KitSource.at`; a peer tells of no commits."""

    def ship(self, ref: str | None = None) -> Shipment:
        """See `KitSource.ship`.

        Raises:
            NotFound: The peer gives this machine no such kit, whether or not it has one.
            RefusedForSafety: What came is not from that peer.
            PackError: As `PeerExchange.ask`.
        """
        if ref is not None:
            raise InvalidRequest(f"a peer gives its newest version, and no {ref[:60]}")
        return self._kits.shipped(self)


def _signed_by(statement: bytes, signature: bytes) -> PeerId:
    return sshsig.verify(statement, signature, NAMESPACE).peer
