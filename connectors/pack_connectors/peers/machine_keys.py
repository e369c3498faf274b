"""The keys of this machine, of which each of its memories goes by one.

The file of the settings holds the machine's key. When the machine gets a new one, the one before
stays beside it as `key.<peer id>`, as groups of other memories still know the machine by it.
"""

from __future__ import annotations

from collections.abc import Callable

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pack.errors import NotFound
from pack.mesh.members.keys import PeerId, PublicKey
from pack_connectors.peers.key_file import KeyFile, public_half


class MachineKeys:
    """See `KeyRing`. May be used from any thread.

    Args:
        file: The machine's key.
        chosen: The peer that a memory is known as; `None` for the one of the machine's key.
        comment: Follows new public keys, for people.
    """

    def __init__(
        self, file: KeyFile, chosen: Callable[[], PeerId | None], comment: str = ""
    ) -> None:
        self._file = file
        self._chosen = chosen
        self._comment = comment
        self._known: tuple[object, Ed25519PrivateKey] | None = None

    def load(self) -> Ed25519PrivateKey:
        """The key that the memory goes by; where it is lost, the machine's.

        Raises:
            As `KeyFile.load`.
        """
        chosen, mark = self._chosen(), self._file.mark()
        known = self._known
        if known is None or known[0] != (chosen, mark):
            earlier = self._file.earlier(chosen) if chosen is not None else self._file
            file = earlier if earlier.exists() else self._file
            self._known = known = ((chosen, mark), file.load())
        return known[1]

    def of(self, key: PublicKey) -> Ed25519PrivateKey:
        """The private half of one of the machine's keys.

        Raises:
            NotFound: It is none of them.
        """
        earlier = self._file.earlier(key.peer)
        for file in (self._file, earlier):
            found = file.load() if file.exists() else None
            if found is not None and public_half(found) == key:
                return found
        raise NotFound("this key on this machine")

    def of_peer(self, peer: PeerId | None) -> Ed25519PrivateKey:
        """The key by which this machine is a peer; the one that `load` gives if it is none.

        Raises:
            As `KeyFile.load`.
        """
        if peer is not None and (earlier := self._file.earlier(peer)).exists():
            found = earlier.load()
            if public_half(found).peer == peer:
                return found
        machine = self._file.load()
        return machine if public_half(machine).peer == peer else self.load()

    def machine_key(self) -> PublicKey:
        """See `KeyRing.machine_key`."""
        return public_half(self._file.load())

    def next_key(self) -> PublicKey:
        """See `KeyRing.next_key`."""
        mine = public_half(self.load())
        if mine == self.machine_key() and self._chosen() in (None, mine.peer):
            self._file.renew(self._comment)
        return self.machine_key()
