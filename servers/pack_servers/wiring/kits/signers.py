"""Who signed a tag: the key of a signature that git calls "ssh", as `git verify-tag` reads it.

A tag is a text that ends in its signature, over all that precedes it. So that nobody passes off
an old tag of the publisher's as a new one, the text must also name the tag and the commit that it
is found at.

Source: git's gpg-interface.c, `parse_signature`; git-mktag(1).
"""

from __future__ import annotations

from typing import Final

from pack_connectors.peers.sshsig import verify

from pack.errors import BadSignature
from pack.model import CommitId

_BEGIN: Final = b"\n-----BEGIN SSH SIGNATURE-----"


def signer_of(tag: bytes, name: str, commit: CommitId) -> str | None:
    """The fingerprint of the key that signed a tag; `None` if it is not signed with an Ed25519 key.

    Args:
        tag: The tag object, as `git cat-file tag` prints it.
        name: What the tag is called where it was found.
        commit: The commit that it leads to there.
    """
    start = tag.find(_BEGIN) + 1
    head = f"object {commit}\ntype commit\ntag {name}\ntagger ".encode()
    if not start or not tag.startswith(head):
        return None
    try:
        return verify(tag[:start], tag[start:]).fingerprint
    except BadSignature:
        return None
