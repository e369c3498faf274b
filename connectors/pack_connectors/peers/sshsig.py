"""Signatures in the format of `ssh-keygen -Y sign`, which git calls "ssh".

Source: PROTOCOL.sshsig of OpenSSH; only Ed25519, which is all that peers have.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Callable
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from pack.errors import BadSignature, InvalidContent
from pack.mesh.members.keys import KEY_TYPE, PublicKey

GIT: Final = "git"
"""The namespace of git's signatures; one that was made for anything else is none."""

_MAGIC: Final = b"SSHSIG"
_VERSION: Final = (1).to_bytes(4, "big")
_BEGIN: Final = b"-----BEGIN SSH SIGNATURE-----"
_END: Final = b"\n-----END SSH SIGNATURE-----"
_HASHES: Final[dict[bytes, Callable[[bytes], bytes]]] = {
    b"sha512": lambda data: hashlib.sha512(data).digest(),
    b"sha256": lambda data: hashlib.sha256(data).digest(),
}
_HASH: Final = b"sha512"
_WIDTH: Final = 70


def sign(data: bytes, key: Ed25519PrivateKey, namespace: str = GIT) -> str:
    """The armoured signature over some bytes.

    Args:
        data: What is signed.
        key: The private key.
        namespace: What the signature is for.
    """
    name = namespace.encode()
    public = PublicKey(key.public_key().public_bytes_raw())
    made = _text(KEY_TYPE.encode()) + _text(key.sign(_signed(name, _HASH, data)))
    parts = (public.wire, name, b"", _HASH, made)
    blob = base64.b64encode(_MAGIC + _VERSION + b"".join(map(_text, parts))).decode()
    lines = [blob[start : start + _WIDTH] for start in range(0, len(blob), _WIDTH)]
    return "\n".join([_BEGIN.decode(), *lines]) + _END.decode() + "\n"


def verify(data: bytes, armoured: bytes, namespace: str = GIT) -> PublicKey:
    """The key that made a signature. Whether that key may sign is for the caller to say.

    Args:
        data: What should have been signed.
        armoured: The signature; whatever follows its last line is left aside, as OpenSSH does.
        namespace: What it must be for.

    Raises:
        BadSignature: It is not over these bytes, or not for this.
    """
    wire, name, hashed, made = _parts(_dearmoured(armoured))
    if name != namespace.encode():
        raise BadSignature("the signature was made for something else")
    if hashed not in _HASHES:
        raise BadSignature("the signature uses an unknown hash")
    try:
        key = PublicKey.from_wire(wire)
        kind, signature = _texts(made, 2)
        if kind != KEY_TYPE.encode():
            raise BadSignature("the signature is not of the type of its key")
        public = Ed25519PublicKey.from_public_bytes(key.raw)
        public.verify(signature, _signed(name, hashed, data))
    except BadSignature:
        raise
    except (InvalidSignature, InvalidContent, ValueError) as error:
        raise BadSignature("the signature does not match what it should be over") from error
    return key


def _signed(namespace: bytes, hashed: bytes, data: bytes) -> bytes:
    """What the key signs in place of the data."""
    parts = (namespace, b"", hashed, _HASHES[hashed](data))
    return _MAGIC + b"".join(map(_text, parts))


def _dearmoured(armoured: bytes) -> bytes:
    end = armoured.find(_END)
    if not armoured.startswith(_BEGIN) or end < 0:
        raise BadSignature("this is not an SSH signature")
    text = b"".join(armoured[len(_BEGIN) : end].split())
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadSignature("the signature is not base64") from error


def _parts(blob: bytes) -> tuple[bytes, bytes, bytes, bytes]:
    """Public key, namespace, hash and the signature proper."""
    if not blob.startswith(_MAGIC + _VERSION):
        raise BadSignature("the signature has an unknown version")
    key, name, _, hashed, made = _texts(blob[len(_MAGIC) + len(_VERSION) :], 5)
    return key, name, hashed, made


def _text(value: bytes) -> bytes:
    """SSH's string: its length in four bytes, and the bytes."""
    return len(value).to_bytes(4, "big") + value


def _texts(data: bytes, count: int) -> list[bytes]:
    """So many strings, and nothing else.

    Raises:
        BadSignature: There are fewer, or more bytes.
    """
    found, start = [], 0
    for _ in range(count):
        size = int.from_bytes(data[start : start + 4], "big")
        if start + 4 + size > len(data):
            raise BadSignature("the signature is cut off")
        found.append(data[start + 4 : start + 4 + size])
        start += 4 + size
    if start != len(data):
        raise BadSignature("something follows the signature")
    return found
