"""The way to another peer over HTTP. See `pack.mesh.meeting.PeerLine`.

A token is sent over TLS, over the loopback interface, or into a network that the person has named
as safe, and nowhere else. Nothing follows a redirect: a peer is where its address says. Where the
peer asks for it, each request is signed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import httpx

from pack.errors import (
    AdmissionPending,
    InvalidContent,
    PackError,
    RateLimited,
    RefusedForSafety,
    RemovedFromGroup,
    Unavailable,
)
from pack.kits.sharing.listed import LARGEST_LIST
from pack.kits.sharing.parcel import LARGEST as LARGEST_PARCEL
from pack.mesh.bundles import LARGEST as LARGEST_BUNDLE
from pack.mesh.challenges import CHALLENGE_FIELD, digest_field, nonce_in, peer_in
from pack.mesh.meeting import (
    BUNDLE_TYPE,
    LARGEST,
    LONGEST_WAIT,
    PATHS,
    SEQUENCE_HEADER,
    Health,
    Heard,
    Welcome,
    heard_fields,
    parse_health,
    parse_heard,
)
from pack.mesh.members.endpoints import Endpoint
from pack.mesh.members.keys import PeerId
from pack.mesh.resolving.address import ToldAddress
from pack.mesh.resolving.listing import ListedPeer, parse_listing, write_registration
from pack.model import CommitId
from pack_connectors.peers.networks import (
    SafeNetworks,
    is_loopback,
    why_not_announced,
    why_not_connected,
)
from pack_connectors.peers.peer_network import (
    AddressRefused,
    PeerNetwork,
    PeerTransport,
    Resolve,
    WrongKey,
    resolve,
)
from pack_connectors.system.retry import parse_retry_after

_TIMEOUT: Final = httpx.Timeout(60.0, connect=10.0)
_BLOCK: Final = 256 * 1024
_PENDING: Final = 202
_NO_CONTENT: Final = 204
_UNAUTHORIZED: Final = 401
_NOT_FOUND: Final = 404
_REFUSALS: Final = (_UNAUTHORIZED, 403)
_BUSY: Final = (429, 503)
_ASK: Final = "Ask its owner."
_SEE: Final = "See that PACK is served there and that the address is right."
_AS_IT_IS: Final = "identity"
"""How an answer must come: a packed one of a few hundred bytes can fill any memory."""
_NO_EFFECT: Final = "; nothing was written"
_GIVE_IT: Final = "If the peer is there all the same, give its address here yourself."

SignRequest = Callable[[str, str, str, str], Mapping[str, str]]
"""See `MessageSigner.sign`."""


@dataclass(frozen=True, slots=True)
class PeerWays:
    """What this machine needs to reach others.

    Attributes:
        networks: Where a token may be sent without TLS.
        check_welcome: Checks the signature of an answer to a handshake.
        sign_as: What signs requests as a peer that this machine is, or was before it got another
            key, as `MessageSigner.sign` does; `None` where the other one does not say which.
        clock: Tells the time.
        is_here: Whether this machine itself is reached at the loopback interface.
        resolver: Looks names up.
    """

    networks: SafeNetworks
    check_welcome: Callable[[bytes], Welcome]
    sign_as: Callable[[PeerId | None], SignRequest]
    clock: Callable[[], datetime]
    is_here: bool = False
    resolver: Resolve = resolve


class HttpLine:
    """See `PeerLine`. For one thread.

    Args:
        endpoint: The peer's address.
        ways: What is needed to reach it.
        by_person: Whether a person gave the address, and no announcement.

    Raises:
        RefusedForSafety: The way there is not safe for a token, or leads where no peer is.
    """

    def __init__(self, endpoint: str, ways: PeerWays, *, by_person: bool = False) -> None:
        found = Endpoint.parse(endpoint)
        if not found.is_tls and not ways.networks.holds(found.host):
            raise RefusedForSafety(
                f"{endpoint} is reached without TLS, and whoever listens could take the token",
                "Use https, or name the network in PACK_MESH_PLAIN_HTTP if it encrypts by itself.",
            )
        if not by_person and (why := why_not_announced(found)):
            raise RefusedForSafety(f"the peer says that it is at {endpoint}, and {why}", _GIVE_IT)
        self._endpoint = found
        self._base = f"{found.url}{PATHS}"
        self._ways = ways
        self._by_person = by_person
        self._challenge = ""

    @property
    def wants_signatures(self) -> bool:
        """See `PeerLine.wants_signatures`."""
        return bool(self._challenge)

    def handshake(self, request: bytes) -> Welcome:
        """See `PeerLine.handshake`."""
        return self._ways.check_welcome(self._post("/handshake", request))

    def heartbeat(self, token: str, mine: Heard) -> Heard:
        """See `PeerLine.heartbeat`."""
        body = json.dumps(heard_fields(mine)).encode()
        answer = self._post("/heartbeat", body, token)
        try:
            return parse_heard(answer.decode("utf-8", "replace"))
        except InvalidContent as error:
            raise _unavailable(f"{self._base} does not answer as a peer does: {error}") from error

    def register(self, token: str, mine: ToldAddress | None) -> Sequence[ListedPeer]:
        """See `PeerLine.register`."""
        answer = self._post("/peers", write_registration(mine).encode(), token)
        try:
            return parse_listing(answer.decode("utf-8", "replace"))
        except InvalidContent as error:
            raise _unavailable(f"{self._base} does not answer as a hub does: {error}") from error

    def leave(self, token: str, group: CommitId) -> None:
        """See `PeerLine.leave`."""
        self._post(f"/groups/{group}/leave", b"{}", token)

    def health(self, token: str, group: CommitId) -> Health:
        """See `PeerLine.health`."""
        with self._stream(f"/groups/{group}/status", None, token) as answer:
            content = self._read(answer)
        try:
            return parse_health(content.decode("utf-8", "replace"))
        except InvalidContent as error:
            raise _unavailable(f"{self._base} does not answer as a peer does: {error}") from error

    def fetch(self, token: str, group: CommitId, have: list[CommitId], file: str) -> bool:
        """See `PeerLine.fetch`."""
        body = json.dumps({"have": have}).encode()
        with self._stream(f"/groups/{group}/bundle", body, token) as answer:
            if answer.status_code == _NO_CONTENT:
                return False
            size = 0
            with Path(file).open("wb") as opened:
                for block in answer.iter_bytes(_BLOCK):
                    size += len(block)
                    if size > LARGEST_BUNDLE:
                        raise _unavailable(f"{self._base} sends more than {LARGEST_BUNDLE:,} bytes")
                    opened.write(block)
            return True

    def push(self, token: str, group: CommitId, file: str, height: int) -> None:
        """See `PeerLine.push`."""
        headers = {"content-type": BUNDLE_TYPE, SEQUENCE_HEADER: str(height)}
        with self._stream(f"/groups/{group}/events", Path(file), token, headers) as answer:
            self._read(answer)

    def kits(self, token: str, group: CommitId) -> bytes:
        """See `PeerLine.kits`."""
        with self._stream(f"/groups/{group}/kits", None, token) as answer:
            return self._read(answer, LARGEST_LIST)

    def kit(self, token: str, group: CommitId, wanted: bytes) -> bytes | None:
        """See `PeerLine.kit`."""
        with self._stream(f"/groups/{group}/kit", wanted, token, may_lack=True) as answer:
            is_there = answer.status_code != _NOT_FOUND
            return self._read(answer, LARGEST_PARCEL) if is_there else None

    # --- requests ------------------------------------------------------------------------------

    def _post(self, path: str, body: bytes, token: str | None = None) -> bytes:
        with self._stream(path, body, token) as answer:
            return self._read(answer)

    def _read(self, answer: httpx.Response, most: int = LARGEST) -> bytes:
        content = bytearray()
        for block in answer.iter_bytes(_BLOCK):
            content += block
            if len(content) > most:
                raise _unavailable(f"{self._base} sends too much")
        return bytes(content)

    @contextmanager
    def _stream(
        self,
        path: str,
        body: bytes | Path | None,
        token: str | None,
        headers: Mapping[str, str] | None = None,
        *,
        may_lack: bool = False,
    ) -> Iterator[httpx.Response]:
        """An answer that is read while it comes, whose failures are told as ours.

        With `may_lack`, it is none that the peer has nothing at the path.

        Where the peer wants the request to be signed, it says over which nonce, and is asked again.
        """
        url = f"{self._base}{path}"
        sent = {"content-type": "application/json", "accept-encoding": _AS_IT_IS, **(headers or {})}
        if token:
            sent["authorization"] = f"Bearer {token}"
        try:
            with self._client() as client:
                for is_last in (False, True):
                    with self._asked(client, url, body, sent) as answer:
                        if answer.status_code == _UNAUTHORIZED and self._challenge and not is_last:
                            continue
                        is_lacking = may_lack and answer.status_code == _NOT_FOUND
                        is_taken = answer.is_success and answer.status_code != _PENDING
                        if not is_taken and not is_lacking:
                            raise self._refused(url, answer)
                        yield answer
                        return
        except httpx.HTTPError as error:
            raise _failure(url, error) from error

    @contextmanager
    def _asked(
        self, client: httpx.Client, url: str, body: bytes | Path | None, sent: Mapping[str, str]
    ) -> Iterator[httpx.Response]:
        challenge, self._challenge = self._challenge, ""
        method = "GET" if body is None else "POST"
        signed = self._signature(method, url, body or b"", challenge)
        content = _blocks(body) if isinstance(body, Path) else body
        with client.stream(method, url, content=content, headers={**sent, **signed}) as answer:
            said = answer.headers.get(CHALLENGE_FIELD, "")
            self._challenge = said if nonce_in(said) else ""
            if answer.headers.get("content-encoding", _AS_IT_IS) != _AS_IT_IS:
                raise _unavailable(f"{self._base} sends an answer that is packed")
            yield answer

    def _signature(
        self, method: str, url: str, body: bytes | Path, challenge: str
    ) -> Mapping[str, str]:
        """The fields of a signature by the key that the peer asks for: it may know no other."""
        nonce = nonce_in(challenge)
        if nonce is None:
            return {}
        return self._ways.sign_as(peer_in(challenge))(method, url, _digest(body), nonce)

    def _client(self) -> httpx.Client:
        pin = self._endpoint.pin
        network = PeerNetwork(self._why_not, pin, self._ways.resolver)
        transport = PeerTransport(network, is_pinned=pin is not None)
        return httpx.Client(transport=transport, timeout=_TIMEOUT, trust_env=False)

    def _why_not(self, address: str) -> str:
        """Why an address is not connected to; empty if it may be."""
        is_plain = not self._endpoint.is_tls
        if is_plain and is_loopback(self._endpoint.host) and not is_loopback(address):
            return "is another machine, where a token would be read"
        return "" if self._by_person else why_not_connected(address, is_here=self._ways.is_here)

    def _refused(self, url: str, answer: httpx.Response) -> PackError:
        """What a refusal says; of whatever a stranger sends, a line that can be printed."""
        said = _said(answer)
        words = _line_of(said.get("message")) or answer.reason_phrase
        words = words.removesuffix(_NO_EFFECT)  # as whoever asked says that of itself
        remedy = _line_of(said.get("remedy"))
        if answer.status_code == _PENDING:
            return AdmissionPending(str(said.get("peer_id", ""))[:100])
        if answer.status_code in _REFUSALS and said.get("code") == RemovedFromGroup.code:
            return RemovedFromGroup(f"the peer says: {words}", "Ask an owner of the group.")
        if answer.status_code in _REFUSALS:
            return RefusedForSafety(
                f"the peer does not let this machine in: {words}", remedy or _ASK
            )
        if answer.status_code in _BUSY:
            now = self._ways.clock()
            seconds = parse_retry_after(answer.headers.get("retry-after"), now)
            if seconds is not None and seconds > 0:
                pause = min(seconds, LONGEST_WAIT)
                return RateLimited(url, pause, now + timedelta(seconds=pause))
        return _unavailable(f"{url} answers {answer.status_code}: {words}")


def _failure(url: str, error: httpx.HTTPError) -> PackError:
    """Why there is no answer."""
    if isinstance(error.__cause__, WrongKey | AddressRefused):
        return RefusedForSafety(f"{url}: {error}", _GIVE_IT)
    return _unavailable(f"{url}: {error or type(error).__name__}")


def _unavailable(reason: str) -> Unavailable:
    made = Unavailable(reason)
    made.remedy = _SEE
    return made


def _said(answer: httpx.Response) -> Mapping[str, object]:
    """What a refusal says, of whatever a stranger sends."""
    try:
        content = next(answer.iter_bytes(LARGEST), b"")
        fields = json.loads(content[:LARGEST])
    except (ValueError, AttributeError, httpx.HTTPError):
        return {}
    return fields if isinstance(fields, dict) else {}


def _line_of(said: object) -> str:
    """A line that can be printed."""
    return "".join(c if c.isprintable() else "?" for c in str(said or "")[:300])


def _digest(body: bytes | Path) -> str:
    if isinstance(body, bytes):
        return digest_field(hashlib.sha256(body).digest())
    with body.open("rb") as opened:
        return digest_field(hashlib.file_digest(opened, "sha256").digest())


def _blocks(file: Path) -> Iterator[bytes]:
    with file.open("rb") as opened:
        while block := opened.read(_BLOCK):
            yield block
