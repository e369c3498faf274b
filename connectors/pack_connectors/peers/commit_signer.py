"""Signs what this machine commits, where it can; a write never fails for want of a signature."""

from __future__ import annotations

from threading import Lock

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pack.errors import PackError
from pack_connectors.peers.key_file import KeyFile
from pack_connectors.peers.signed_commits import signed


class CommitSigner:
    """Adds the signature of a machine to commits. May be used from any thread.

    The key is read for the first commit, and again for the next one if that fails: an unsigned
    commit is worth less to other peers, and a write that is refused is worth nothing to anybody.

    Args:
        key_file: The machine's key.
    """

    def __init__(self, key_file: KeyFile) -> None:
        self._key_file = key_file
        self._key: Ed25519PrivateKey | None = None
        self._problem: PackError | None = None
        self._lock = Lock()

    @property
    def problem(self) -> PackError | None:
        """Why the last commit was not signed; `None` if it was."""
        return self._problem

    def __call__(self, commit: bytes) -> bytes:
        """The commit with a signature; as it is if there can be none."""
        with self._lock:
            if self._key is None:
                try:
                    self._key = self._key_file.load()
                except PackError as error:
                    self._problem = error
                    return commit
            self._problem = None
            return signed(commit, self._key)
