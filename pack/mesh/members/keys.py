"""The public keys of peers, and the ids that follow from them.

A peer is one machine with one Ed25519 key. Keys are written as OpenSSH writes them, so that git and
ssh-keygen can read whatever PACK keeps.

Source: RFC 8709, section 4 (the key's wire form); RFC 4648, section 6 (base32).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NewType, Self

from pack.errors import UnusableInput

PeerId = NewType("PeerId", str)
"""Base32 of the SHA-256 of a peer's public key: 52 lower-case characters."""

KEY_TYPE: Final = "ssh-ed25519"
_SIZE: Final = 32
_PREFIX: Final = b"\0\0\0\x0b" + KEY_TYPE.encode() + b"\0\0\0\x20"
_PEER_ID: Final = re.compile(r"[a-z2-7]{51}[aq]\Z")  # the last character carries one bit
_GROUP: Final = 13
_REMEMBERED: Final = 1024


@dataclass(frozen=True, slots=True)
class PublicKey:
    """The public half of an Ed25519 key.

    Attributes:
        raw: Its 32 bytes.
    """

    raw: bytes

    def __post_init__(self) -> None:
        if len(self.raw) != _SIZE:
            raise UnusableInput(f"an Ed25519 key has {_SIZE} bytes, not {len(self.raw)}")

    @classmethod
    def parse(cls, line: str) -> Self:
        """The key in a line such as `ssh-ed25519 AAAA… comment`.

        Raises:
            InvalidContent: It is no such line, or a key of another type.
        """
        kind, _, rest = line.strip().partition(" ")
        if kind != KEY_TYPE:
            raise UnusableInput(f"a key must begin with {KEY_TYPE}, not with {kind[:40]!r}")
        try:
            blob = base64.b64decode(rest.split(" ")[0], validate=True)
        except (binascii.Error, ValueError) as error:
            raise UnusableInput("a key must be base64") from error
        return cls.from_wire(blob)

    @classmethod
    def from_wire(cls, blob: bytes) -> Self:
        """The key in the form that SSH sends.

        Raises:
            InvalidContent: It is none, or a key of another type.
        """
        if not blob.startswith(_PREFIX) or len(blob) != len(_PREFIX) + _SIZE:
            raise UnusableInput(f"this is not a key of type {KEY_TYPE}")
        return cls(blob[len(_PREFIX) :])

    @property
    def wire(self) -> bytes:
        """The form that SSH sends."""
        return _PREFIX + self.raw

    @property
    def line(self) -> str:
        """As in an OpenSSH `.pub` file, without a comment."""
        return f"{KEY_TYPE} {base64.b64encode(self.wire).decode()}"

    @property
    def fingerprint(self) -> str:
        """As `ssh-keygen -l` shows it: `SHA256:` and 43 characters."""
        digest = base64.b64encode(hashlib.sha256(self.wire).digest()).decode().rstrip("=")
        return f"SHA256:{digest}"

    @property
    def peer(self) -> PeerId:
        """The id of the peer whose key it is."""
        return _peer_of(self.raw)


@lru_cache(maxsize=_REMEMBERED)
def _peer_of(raw: bytes) -> PeerId:
    """The id that follows from a key; asked for at every step."""
    digest = base64.b32encode(hashlib.sha256(raw).digest()).decode()
    return PeerId(digest.rstrip("=").lower())


def parse_peer_id(text: str) -> PeerId:
    """A peer id that a person may have typed: in groups, with hyphens, in capitals.

    Raises:
        InvalidContent: It is none.
    """
    plain = re.sub(r"[\s-]+", "", text).lower()
    if not _PEER_ID.match(plain):
        raise UnusableInput("a peer id has 52 characters: letters, and the digits 2 to 7")
    return PeerId(plain)


def shown(peer: PeerId) -> str:
    """A peer id in four groups, which two people can compare over the telephone."""
    return " ".join(peer[start : start + _GROUP] for start in range(0, len(peer), _GROUP))
