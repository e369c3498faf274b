"""Which requests are fresh: those that are signed over a nonce that this peer gave a moment ago.

Why not the time in a signature: clocks may be wrong by years. Why not all nonces ever seen: whoever
restarts would have forgotten them, and a list without an end fills the memory. So a peer that asks
gets a nonce, which is good for a few minutes of *this* process, for one peer and for one request.
What is kept are the nonces that were used in that time, and only those in valid signatures.

Sources: RFC 9421, sections 3.2.1, 5 (`Accept-Signature`) and 7.2.2; RFC 9530 (`Content-Digest`).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from pack.mesh.members.keys import PeerId

DIGEST_FIELD: Final = "content-digest"
SIGNED: Final = ("@method", "@authority", "@path", "@query", DIGEST_FIELD)
"""What a signature covers."""
TAG: Final = "pack-sync-1"
"""What a signature is for."""
CHALLENGE_FIELD: Final = "accept-signature"
"""In which field of an answer the next nonce comes."""
_SECONDS: Final = 300
_MOST_USED: Final = 50_000
_GIVEN: Final = re.compile(r"([0-9]{1,15})\.([A-Za-z0-9_-]{8,64})\.([0-9a-f]{64})\Z")
_IN_CHALLENGE: Final = re.compile(r';nonce="([A-Za-z0-9._-]{8,200})"')
_ASKED_FOR: Final = re.compile(r';keyid="([a-z2-7]{52})"')


@dataclass(frozen=True, slots=True)
class SentRequest:
    """A request as it was sent.

    Attributes:
        method: Such as `POST`.
        url: The whole address.
        fields: The header.
    """

    method: str
    url: str
    fields: Sequence[tuple[str, str]]


class Challenges:
    """Gives nonces, and lets each be used once. For one thread.

    Args:
        secret: Known to this process alone.
        new_word: A new random word.
        seconds: The time since some moment; it never goes back.
    """

    def __init__(
        self, secret: bytes, new_word: Callable[[], str], seconds: Callable[[], float]
    ) -> None:
        self._secret = secret
        self._new_word = new_word
        self._seconds = seconds
        self._used: dict[str, int] = {}

    def give(self, peer: PeerId) -> str:
        """A nonce for a peer, which nothing has to be remembered for."""
        at, word = int(self._seconds()), self._new_word()
        return f"{at}.{word}.{self._seal(peer, at, word)}"

    def use(self, peer: PeerId, nonce: str) -> bool:
        """Whether a nonce was given to a peer and is used for the first time."""
        found, now = _GIVEN.match(nonce), int(self._seconds())
        if found is None:
            return False
        at, word, seal = int(found[1]), found[2], found[3]
        is_ours = hmac.compare_digest(seal, self._seal(peer, at, word))
        if not is_ours or now - at > _SECONDS or seal in self._used:
            return False
        if len(self._used) >= _MOST_USED:
            self._used = {one: used for one, used in self._used.items() if now - used <= _SECONDS}
        if len(self._used) >= _MOST_USED:
            return False
        self._used[seal] = at
        return True

    def give_back(self, nonce: str) -> None:
        """Forget that a nonce was used: the request changed nothing, as it was refused."""
        self._used.pop(nonce.rpartition(".")[2], None)

    def _seal(self, peer: PeerId, at: int, word: str) -> str:
        text = f"{peer} {at} {word}".encode()
        return hmac.new(self._secret, text, hashlib.sha256).hexdigest()


def digest_field(digest: bytes) -> str:
    """The `Content-Digest` of a body with this SHA-256."""
    return f"sha-256=:{base64.b64encode(digest).decode()}:"


def write_challenge(peer: PeerId, nonce: str) -> str:
    """What an answer says of the signature that the next request needs."""
    covered = " ".join(f'"{one}"' for one in SIGNED)
    return f'pack=({covered});keyid="{peer}";alg="ed25519";nonce="{nonce}";tag="{TAG}"'


def nonce_in(challenge: str) -> str | None:
    """The nonce that an answer gives for the next request; `None` if there is none."""
    found = _IN_CHALLENGE.search(challenge[:1000])
    return found[1] if found else None


def peer_in(challenge: str) -> PeerId | None:
    """The peer whose signature an answer wants for the next request; `None` if it does not say."""
    found = _ASKED_FOR.search(challenge[:1000])
    return PeerId(found[1]) if found else None
