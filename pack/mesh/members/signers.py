"""Git's own files about who may sign: `allowed_signers`, and the list of keys that are revoked.

They are what stock git needs to come to the same verdict as PACK: `gpg.ssh.allowedSignersFile` and
`gpg.ssh.revocationFile`. PACK writes them from the group and never takes anybody's word from them.

Source: ssh-keygen(1), "ALLOWED SIGNERS" and "KEY REVOCATION LISTS".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from pack.errors import UnusableInput
from pack.mesh.members.keys import KEY_TYPE, PeerId, PublicKey

_NAMESPACES: Final = 'namespaces="git"'


def allowed_signers(keys: Mapping[PeerId, PublicKey]) -> str:
    """The file for these peers, sorted; a peer's id is its principal."""
    return "".join(f"{peer} {_NAMESPACES} {keys[peer].line}\n" for peer in sorted(keys))


def revoked_keys(keys: Iterable[PublicKey]) -> str:
    """The list of these keys, sorted: one public key a line, as ssh-keygen takes it."""
    return "".join(f"{line}\n" for line in sorted({key.line for key in keys}))


def parse_revoked(text: str) -> frozenset[PublicKey]:
    """The keys of such a list.

    Raises:
        InvalidContent: A line is no key. A list that cannot be read must not pass for an empty one.
    """
    found = set()
    for number, line in enumerate(text.splitlines(), 1):
        if not line.startswith(f"{KEY_TYPE} "):
            raise UnusableInput("not a key that could be revoked", number)
        found.add(PublicKey.parse(line))
    return frozenset(found)
