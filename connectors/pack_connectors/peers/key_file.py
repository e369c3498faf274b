"""The private key of this machine: an OpenSSH key that nobody else can read.

It never leaves the machine. Whoever has it is this peer; a copy on a second machine is found out by
the announcements of both.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pack.actions import Action
from pack.errors import InvalidConfig, NotFound, RefusedForSafety, Unavailable
from pack.mesh.members.keys import PeerId, PublicKey
from pack_connectors.system.durable_files import DurableFiles

_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
_LARGEST: Final = 64 * 1024


class KeyFile:
    """The file of a private key, and beside it its public half in `.pub`.

    Args:
        path: Where it is, or will be.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def path(self) -> Path:
        """Where the private key is."""
        return self._path

    @property
    def public_path(self) -> Path:
        """Where its public half is."""
        return self._path.with_name(f"{self._path.name}.pub")

    def exists(self) -> bool:
        """Whether there is a key."""
        return self._path.is_file()

    def load(self) -> Ed25519PrivateKey:
        """The key.

        Raises:
            NotFound: There is none.
            RefusedForSafety: Others than its owner can read it.
            InvalidConfig: It is no Ed25519 key, has a passphrase, or is a symbolic link.
            Unavailable: It cannot be read.
        """
        content = self._read()
        try:
            key = serialization.load_ssh_private_key(content, password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise InvalidConfig(str(self._path), "it is no OpenSSH key, or has a passphrase") from (
                error
            )
        if not isinstance(key, Ed25519PrivateKey):
            raise InvalidConfig(str(self._path), "it is not an Ed25519 key")
        return key

    def mark(self) -> object:
        """Another one after each time that the key was replaced; `None` without a key."""
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns, found.st_mode

    def earlier(self, peer: PeerId) -> KeyFile:
        """Where the key of a peer is that this machine was before."""
        return KeyFile(self._path.with_name(f"{self._path.name}.{peer}"))

    def renew(self, comment: str) -> None:
        """Have a new key in place of this one, which stays as an earlier one.

        Args:
            comment: Follows the public key, for people.

        Raises:
            As `load`.
        """
        before = self.load()
        self.earlier(public_half(before).peer).keep(before, comment)
        self._write(Ed25519PrivateKey.generate(), self._path)
        self._publish(self.load(), comment)

    def keep(self, key: Ed25519PrivateKey, comment: str) -> None:
        """Have the file hold a key, where there is none yet.

        Raises:
            As `load`.
        """
        if not self.exists():
            self._make(key, comment)

    def load_or_make(self, comment: str) -> Ed25519PrivateKey:
        """The key; a new one if there is none. Two processes that make it get the same one.

        Args:
            comment: Follows the public key, for people.

        Raises:
            As `load`.
        """
        self.keep(Ed25519PrivateKey.generate(), comment)
        return self.load()

    def _read(self) -> bytes:
        try:
            descriptor = os.open(self._path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
        except FileNotFoundError as error:
            remedy = f"Put it back where it was, or {Action.REKEY}."
            raise NotFound(f"the key {self._path}", remedy) from error
        except OSError as error:
            if self._path.is_symlink():
                raise InvalidConfig(
                    str(self._path),
                    "it is a symbolic link, which is not followed; name the file itself in "
                    "PACK_MESH_KEY",
                ) from error
            raise Unavailable(f"{self._path}: {error.strerror}") from error
        with os.fdopen(descriptor, "rb") as file:
            found = os.fstat(descriptor)
            if os.name == "posix" and found.st_mode & _OTHERS:
                raise RefusedForSafety(
                    f"others can read the key {self._path}",
                    f"Run `chmod 600 {self._path}`; if somebody may have copied it, make another.",
                )
            return file.read(_LARGEST)

    def _make(self, key: Ed25519PrivateKey, comment: str) -> None:
        """Write a key where there is none; whoever is second leaves the first one's."""
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            temporary = self._path.with_name(f"{self._path.name}.{os.getpid()}.new")
            self._write(key, temporary)
            try:
                with suppress(FileExistsError):
                    os.link(temporary, self._path)
            finally:
                temporary.unlink()
            self._publish(self.load(), comment)
        except OSError as error:
            raise Unavailable(f"{self._path}: {error.strerror}") from error

    @staticmethod
    def _write(key: Ed25519PrivateKey, file: Path) -> None:
        try:
            with DurableFiles() as files:
                files.add(str(file), _private(key), f"{file}-", mode=0o600)
                files.finish()
        except OSError as error:
            raise Unavailable(f"{file}: {error.strerror}") from error

    def _publish(self, key: Ed25519PrivateKey, comment: str) -> None:
        line = public_half(key).line
        words = "".join(c if c.isprintable() else "?" for c in comment)
        with DurableFiles() as files:
            name = str(self.public_path)
            files.add(name, f"{line} {words}".rstrip().encode() + b"\n", name, mode=0o644)
            files.finish()


def public_half(key: Ed25519PrivateKey) -> PublicKey:
    """The public half of a private key."""
    return PublicKey(key.public_key().public_bytes_raw())


def _private(key: Ed25519PrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.OpenSSH,
        serialization.NoEncryption(),
    )
