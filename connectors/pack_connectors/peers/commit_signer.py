"""Signs what this machine commits, where it can; a write never fails for want of a signature."""

from __future__ import annotations

from threading import Lock
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pack.errors import PackError
from pack_connectors.peers.signed_commits import signed


class KeySource(Protocol):
    """Where the key of this machine is."""

    def load(self) -> Ed25519PrivateKey:
        """The key as it is now.

        Raises:
            PackError: It cannot be read.
        """
        ...


class CommitSigner:
    """Adds the signature of a machine to commits. May be used from any thread.

    A commit for which no key can be read stays unsigned: it is worth less to other peers, and a
    write that is refused is worth nothing to anybody.

    Args:
        keys: Where the key is.
    """

    def __init__(self, keys: KeySource) -> None:
        self._keys = keys
        self._problem: PackError | None = None
        self._lock = Lock()

    @property
    def problem(self) -> PackError | None:
        """Why the last commit was not signed; `None` if it was."""
        return self._problem

    def __call__(self, commit: bytes) -> bytes:
        """The commit with a signature; as it is if there can be none."""
        with self._lock:
            try:
                key = self._keys.load()
            except PackError as error:
                self._problem = error
                return commit
            self._problem = None
            return signed(commit, key)
