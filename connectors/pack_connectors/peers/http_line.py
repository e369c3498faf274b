"""The way to another peer over HTTP. See `pack.mesh.meeting.PeerLine`.

A token is sent over TLS, over the loopback interface, or into a network that the person has named
as safe, and nowhere else. Nothing follows a redirect: a peer is where its address says.
"""

from __future__ import annotations

import ipaddress
import json
import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import httpx

from pack.errors import (
    AdmissionPending,
    InvalidConfig,
    InvalidContent,
    PackError,
    RefusedForSafety,
    RemovedFromGroup,
    Unavailable,
)
from pack.mesh.bundles import LARGEST as LARGEST_BUNDLE
from pack.mesh.meeting import (
    BUNDLE_TYPE,
    LARGEST,
    PATHS,
    SEQUENCE_HEADER,
    Health,
    Heard,
    Welcome,
    heard_fields,
    parse_health,
    parse_heard,
)
from pack.model import CommitId

_TIMEOUT: Final = httpx.Timeout(60.0, connect=10.0)
_BLOCK: Final = 256 * 1024
_PENDING: Final = 202
_NO_CONTENT: Final = 204
_REFUSALS: Final = (401, 403)


class SafeNetworks:
    """Where a token may be sent without TLS.

    Args:
        named: Host names, addresses and networks such as `100.64.0.0/10` that the person trusts.

    Raises:
        InvalidConfig: One of them is none.
    """

    def __init__(self, named: Sequence[str] = ()) -> None:
        self._hosts: set[str] = set()
        self._networks: list[ipaddress.IPv4Network | ipaddress.IPv6Network] = []
        for name in named:
            try:
                self._networks.append(ipaddress.ip_network(name))
            except ValueError as error:
                if "/" in name:
                    raise InvalidConfig("PACK_MESH_PLAIN_HTTP", f"{name!r} is no network") from (
                        error
                    )
                self._hosts.add(name.lower())

    def holds(self, host: str) -> bool:
        """Whether a host is on this machine, or in one of the networks."""
        name = host.lower().strip("[]")
        if name in ("localhost", *self._hosts):
            return True
        try:
            address = ipaddress.ip_address(name)
        except ValueError:
            return False
        if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped  # so a socket for both names a caller of the older kind
        return address.is_loopback or any(address in one for one in self._networks)


class HttpLine:
    """See `PeerLine`.

    Args:
        endpoint: The peer's address.
        check_welcome: Checks the signature of an answer to a handshake.
        networks: Where a token may be sent without TLS.

    Raises:
        RefusedForSafety: The way there is not safe for a token.
    """

    def __init__(
        self, endpoint: str, check_welcome: Callable[[bytes], Welcome], networks: SafeNetworks
    ) -> None:
        parts = urlsplit(endpoint)
        if parts.scheme != "https" and not networks.holds(parts.hostname or ""):
            raise RefusedForSafety(
                f"{endpoint} is reached without TLS, and whoever listens could take the token",
                "Use https, or name the network in PACK_MESH_PLAIN_HTTP if it encrypts by itself.",
            )
        self._base = f"{endpoint}{PATHS}"
        self._check_welcome = check_welcome

    def handshake(self, request: bytes) -> Welcome:
        """See `PeerLine.handshake`."""
        return self._check_welcome(self._post("/handshake", request))

    def heartbeat(self, token: str, mine: Heard) -> Heard:
        """See `PeerLine.heartbeat`."""
        body = json.dumps(heard_fields(mine)).encode()
        answer = self._post("/heartbeat", body, token)
        try:
            return parse_heard(answer.decode("utf-8", "replace"))
        except InvalidContent as error:
            raise Unavailable(f"{self._base} does not answer as a peer does: {error}") from error

    def health(self, token: str, group: CommitId) -> Health:
        """See `PeerLine.health`."""
        with self._stream(f"/groups/{group}/status", None, token) as answer:
            content = self._read(answer)
        try:
            return parse_health(content.decode("utf-8", "replace"))
        except InvalidContent as error:
            raise Unavailable(f"{self._base} does not answer as a peer does: {error}") from error

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
                        raise Unavailable(f"{self._base} sends more than {LARGEST_BUNDLE:,} bytes")
                    opened.write(block)
            return True

    def push(self, token: str, group: CommitId, file: str, height: int) -> None:
        """See `PeerLine.push`."""
        headers = {"content-type": BUNDLE_TYPE, SEQUENCE_HEADER: str(height)}
        with self._stream(f"/groups/{group}/events", _blocks(file), token, headers) as answer:
            self._read(answer)

    # --- requests ------------------------------------------------------------------------------

    def _post(self, path: str, body: bytes, token: str | None = None) -> bytes:
        with self._stream(path, body, token) as answer:
            return self._read(answer)

    def _read(self, answer: httpx.Response) -> bytes:
        content = bytearray()
        for block in answer.iter_bytes(_BLOCK):
            content += block
            if len(content) > LARGEST:
                raise Unavailable(f"{self._base} sends too much")
        return bytes(content)

    def _stream(
        self,
        path: str,
        body: bytes | Iterator[bytes] | None,
        token: str | None,
        headers: Mapping[str, str] | None = None,
    ) -> _Answer:
        sent = {"content-type": "application/json", **(headers or {})}
        if token is not None:
            sent["authorization"] = f"Bearer {token}"
        return _Answer(f"{self._base}{path}", body, sent)


class _Answer:
    """An answer that is read while it comes, whose failures are told as ours."""

    def __init__(
        self, url: str, body: bytes | Iterator[bytes] | None, headers: Mapping[str, str]
    ) -> None:
        self._url = url
        self._client = httpx.Client(verify=_trust(), timeout=_TIMEOUT, trust_env=False)
        self._stream = self._client.stream(
            "POST" if body is not None else "GET", url, content=body, headers=headers
        )

    def __enter__(self) -> httpx.Response:
        try:
            answer = self._stream.__enter__()
        except httpx.HTTPError as error:
            self._client.close()
            raise Unavailable(f"{self._url}: {error or type(error).__name__}") from error
        if answer.is_success and answer.status_code != _PENDING:
            return answer
        try:
            raise _refused(self._url, answer)
        finally:
            self.__exit__(None, None, None)

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        del kind, trace
        try:
            self._stream.__exit__(None, None, None)
        finally:
            self._client.close()
        if isinstance(error, httpx.HTTPError):
            raise Unavailable(f"{self._url}: {error or type(error).__name__}") from error


@cache
def _trust() -> ssl.SSLContext:
    """Whose certificates are believed; read once, as that takes longer than most requests."""
    return httpx.create_ssl_context(trust_env=False)


def _refused(url: str, answer: httpx.Response) -> PackError:
    """What a refusal says; of whatever a stranger sends, a line that can be printed."""
    said, fields = "", {}
    try:
        content = next(answer.iter_bytes(LARGEST), b"")
        fields = json.loads(content[:LARGEST])
        said = str(fields.get("message", ""))[:300]
    except (ValueError, AttributeError, httpx.HTTPError):
        said, fields = "", {}
    words = "".join(c if c.isprintable() else "?" for c in said) or answer.reason_phrase
    if answer.status_code == _PENDING:
        return AdmissionPending(str(fields.get("peer_id", ""))[:100])
    if answer.status_code in _REFUSALS and fields.get("code") == RemovedFromGroup.code:
        return RemovedFromGroup(f"the peer says: {words}", "Ask an owner of the group.")
    if answer.status_code in _REFUSALS:
        return RefusedForSafety(f"the peer does not let this machine in: {words}", "Ask its owner.")
    return Unavailable(f"{url} answers {answer.status_code}: {words}")


def _blocks(file: str) -> Iterator[bytes]:
    with Path(file).open("rb") as opened:
        while block := opened.read(_BLOCK):
            yield block
