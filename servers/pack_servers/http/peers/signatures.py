"""Which requests must be signed, and whether they are, by whom they are from and just now.

A token that somebody has read is worth nothing where requests are signed. They are not where nobody
can read it: on this machine, in a network that the person has named as safe, and over TLS that ends
in this process, whose key the peer knows. A proxy in front of this process is none of these, though
what it passes on seems to come from this machine. A handshake is always signed: whoever has seen
one could ask for a token with it.
"""

from __future__ import annotations

from typing import Final

from starlette.requests import Request

from pack.errors import BadSignature
from pack.mesh.challenges import CHALLENGE_FIELD, DIGEST_FIELD, SentRequest, write_challenge
from pack.mesh.members.endpoints import Endpoint, pin_of
from pack.mesh.members.keys import PeerId, PublicKey
from pack_servers.http.access import PROXY_FIELDS
from pack_servers.http.peers.refusal import NotServed
from pack_servers.http.peers.serving import MeshServing

_SIGNATURE: Final = "signature"


class SignedRequests:
    """Checks signatures. For one thread."""

    def __init__(self, serving: MeshServing) -> None:
        self._serving = serving
        self._challenges = serving.challenges

    def is_needed(self, request: Request, endpoint: str, me: PublicKey) -> bool:
        """Whether a request has to be signed; one that is, is checked in any case.

        Args:
            request: The request.
            endpoint: Where this peer is reached.
            me: Its key.
        """
        if _SIGNATURE in request.headers or any(one in request.headers for one in PROXY_FIELDS):
            return True
        return request.url.scheme != "https" and _is_behind_proxy(endpoint, me)

    def check(self, request: Request, key: PublicKey, endpoint: str) -> str:
        """The nonce of a request that is signed with a key, and fresh; it is used with that.

        Args:
            request: The request.
            key: Whose signature it must be.
            endpoint: Where this peer is reached.

        Raises:
            NotServed: It is not; the answer says over which nonce a signature is wanted.
        """
        if _SIGNATURE not in request.headers:
            raise self._refused(key.peer, "the request must be signed")
        for url in _urls(request, endpoint):
            sent = SentRequest(request.method, url, request.headers.items())
            try:
                nonce = self._serving.check_signature(sent, key)
            except BadSignature:
                continue
            if self._challenges.use(key.peer, nonce):
                return nonce
            raise self._refused(key.peer, "the nonce of the request was used, or is too old")
        raise self._refused(key.peer, "the request is not signed by the peer that it is from")

    def digest(self, request: Request) -> str:
        """The digest of the body, which a checked signature covers."""
        return str(request.headers[DIGEST_FIELD])

    def give_back(self, nonce: str) -> None:
        """Forget a request that was refused."""
        self._challenges.give_back(nonce)

    def challenge(self, peer: PeerId) -> dict[str, str]:
        """The field of an answer that gives a peer the nonce for its next request."""
        return {CHALLENGE_FIELD: write_challenge(peer, self._challenges.give(peer))}

    def _refused(self, peer: PeerId, why: str) -> NotServed:
        return NotServed(401, "signature_needed", why, self.challenge(peer))


def _is_behind_proxy(endpoint: str, me: PublicKey) -> bool:
    """Whether https at this peer's address ends at somebody else, who passes requests on."""
    if not endpoint:
        return False
    found = Endpoint.parse(endpoint)
    return found.is_tls and found.pin != pin_of(me)


def _urls(request: Request, endpoint: str) -> list[str]:
    """What the request may have been sent to: as it came, or before a proxy changed the address."""
    query = request.scope["query_string"].decode("latin-1")
    path = request.scope.get("raw_path", request.url.path.encode()).decode("latin-1")
    target = f"{path}?{query}" if query else path
    received = f"{request.url.scheme}://{request.headers.get('host', '')}{target}"
    return [received, f"{Endpoint.parse(endpoint).url}{target}"] if endpoint else [received]
