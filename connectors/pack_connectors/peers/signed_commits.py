"""Signing commits as git does, and reading who signed one.

The signature is a header of the commit, and is over the commit without that header.

Source: gitformat-signature(5), "COMMIT SIGNATURES"; commit.c of git,
`parse_buffer_signed_by_header`, for several such headers.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final, NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pack.errors import BadSignature
from pack.mesh.members.keys import PublicKey
from pack_connectors.peers import sshsig

_HEADER: Final = b"gpgsig"
_OURS: Final = b"gpgsig "
_FIRST: Final = b"tree "
_REMEMBERED: Final = 1024


class Divided(NamedTuple):
    """A commit without its signature, and the signature.

    Attributes:
        payload: What was signed.
        signature: As in the header, without its indentation; `None` if there is none.
    """

    payload: bytes
    signature: bytes | None


def signed(commit: bytes, key: Ed25519PrivateKey) -> bytes:
    """A commit with the signature of a key.

    Args:
        commit: The commit as git stores it, without a signature.
        key: The private key.
    """
    headers, blank, message = commit.partition(b"\n\n")
    lines = sshsig.sign(commit, key).rstrip("\n").encode().split(b"\n")
    return headers + b"\n" + _OURS + b"\n ".join(lines) + blank + message


def divided(commit: bytes) -> Divided:
    """What of a commit was signed, and by what; as git divides it.

    Args:
        commit: The commit as git stores it.
    """
    headers, blank, message = commit.partition(b"\n\n")
    payload: list[bytes] = []
    signature: list[bytes] = []
    into: list[bytes] | None = None  # where continued lines go
    for line in headers.split(b"\n"):
        if line.startswith(b" ") and into is not None:
            into.append(line[1:])
        elif line.startswith(_OURS):
            into = signature
            into.append(line[len(_OURS) :])
        elif line.startswith(_HEADER):
            into = []  # a signature for another hash, which nobody signs
        else:
            into = None
            payload.append(line)
    whole = b"\n".join(signature) + b"\n" if signature else None
    return Divided(b"\n".join(payload) + blank + message, whole)


def signer_of(commit: bytes) -> PublicKey | None:
    """The key that signed a commit; `None` if nobody did.

    Args:
        commit: The commit as git stores it.

    Raises:
        BadSignature: It has a signature that is not over it, or is of another kind.
    """
    return _signer_of(commit) if _HEADER in commit else None


@lru_cache(maxsize=_REMEMBERED)
def _signer_of(commit: bytes) -> PublicKey | None:
    """Those of chains are asked for often."""
    payload, signature = divided(commit)
    if signature is None:
        return None
    if not commit.startswith(_FIRST):
        raise BadSignature("this is not a commit")
    return sshsig.verify(payload, signature)
