"""Kits that other peers of the group give to this machine: `peer:NAME/KIT` in place of an address.

The peer is asked as for anything else that it gives: at its address, with the token that it gave,
and a signature where the way wants one. What comes is signed by its key, which is the kit's signer
from then on.
"""

from __future__ import annotations

import re
import secrets
from contextlib import ExitStack
from functools import cached_property
from typing import Final, Self

from pack_connectors.peers import sshsig

from pack.actions import Action
from pack.errors import InvalidRequest, NotFound
from pack.kits.sharing.listed import ListedKit, parse_listed
from pack.kits.sharing.parcel import NAMESPACE, KitRequest, read_parcel, write_wanted
from pack.kits.shipment import Shipment
from pack.memory import Memory
from pack.mesh.exchange import PeerExchange
from pack.mesh.members.keys import PeerId
from pack.mesh.mesh import Mesh
from pack.model import CommitId
from pack_servers.config.settings import Settings
from pack_servers.wiring.kits.sources import PEER
from pack_servers.wiring.local import group_of
from pack_servers.wiring.mesh import exchange_of, mesh_of, open_mesh
from pack_servers.wiring.place import Announce
from pack_servers.wiring.places import choose_place

_ADDRESS: Final = re.compile(r"peer:(?P<peer>[^/#]+)/(?P<kit>[a-z0-9][a-z0-9-]{0,63})")
_NONCE_BYTES: Final = 16
_ASK: Final = "Whether it offers one, and grants it to this machine, is for its person to say."


class PeerKits:
    """Asks other peers for kits, as the memory at hand or, if that has no group, the default one.

    Args:
        settings: Those in force.
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
    def mesh(self) -> Mesh:
        """The memory as a peer.

        Raises:
            NotFound: Neither is in a group.
            PackError: As `open_mesh`.
        """
        if group_of(self._memory.connector) is not None:
            return self._opened.enter_context(mesh_of(self._settings, self._memory))
        place = choose_place(self._settings, None, None)
        return self._opened.enter_context(open_mesh(self._settings, place, self._announce))

    @cached_property
    def _exchange(self) -> PeerExchange:
        return exchange_of(self._settings, self.mesh)

    def peer(self, text: str) -> PeerId:
        """The peer of a name or an id.

        Raises:
            NotFound: None is called so.
        """
        found = self.mesh.roster.version().group.find(text)
        if found is None:
            raise NotFound(f"a peer called {text[:64]!r}", f"{Action.SEE_PEERS}.")
        return found

    def listed(self, peer: PeerId) -> list[ListedKit]:
        """The kits that a peer tells this machine of.

        Raises:
            PackError: As `PeerExchange.ask`; or the answer is none.
        """
        return parse_listed(self._exchange.ask(peer, lambda line, *given: line.kits(*given)))

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
        peer, group = self.peer(source.peer), self.mesh.roster.membership().group
        key = self.mesh.roster.version().group.peer(peer).key
        wanted = KitRequest(group, peer, source.kit, secrets.token_urlsafe(_NONCE_BYTES))
        body = write_wanted(wanted)
        content = self._exchange.ask(peer, lambda line, *given: line.kit(*given, body))
        if content is None:
            raise NotFound(f"a kit called {source.kit} that {source.peer} gives to you", _ASK)
        files = read_parcel(content, wanted, _signed_by)
        return Shipment(source.address, None, None, files, source.kit, key.fingerprint)


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
