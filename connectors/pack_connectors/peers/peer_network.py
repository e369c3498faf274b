"""How a peer is connected to: at an address that was judged, with the certificate that was told.

A name is looked up once, all addresses that it leads to are judged, and one of them is connected
to, so nobody can change the answer in between. Where the peer's address has the hash of a key, TLS
must end at that key: this is checked before a byte of a request is sent, and no authority is asked.

A peer that sends a byte now and then would keep whoever asked waiting for ever, so there is a pace
for all that goes over a connection.

Why a certificate that is pinned is not verified in any other way: it is signed by its own key,
names may change, and clocks may be wrong by years.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import socket
import ssl
import time
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any, Final

import httpcore
import httpx
from cryptography import x509
from cryptography.hazmat.primitives import serialization

Judge = Callable[[str], str]
"""Why an address must not be connected to; empty if it may be."""
Resolve = Callable[[str, int], Iterable[str]]
_SECONDS: Final = 180.0
_SLOWEST: Final = 16 * 1024
"""Bytes a second in both directions, after the first minutes; the other end wants as many."""


class AddressRefused(httpcore.ConnectError):
    """The name leads to where nobody connects."""


class WrongKey(httpcore.ConnectError):
    """Another key answers than the one that was told."""


def resolve(host: str, port: int) -> list[str]:
    """The addresses that a name leads to, in order of preference.

    Raises:
        OSError: It leads nowhere.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class PeerNetwork(httpcore.SyncBackend):
    """What httpcore connects with.

    Args:
        judge: Judges addresses.
        pin: The hash of the key that must answer; `None` where an authority vouches for it.
        resolver: Looks names up.
    """

    def __init__(self, judge: Judge, pin: str | None, resolver: Resolve = resolve) -> None:
        super().__init__()
        self._judge = judge
        self._pin = pin
        self._resolve = resolver

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """A connection to one of the judged addresses of a host."""
        failure: Exception = httpcore.ConnectError(f"the name {host} leads nowhere")
        for address in self._judged(host, port):
            try:
                made = super().connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return _Paced(made if self._pin is None else _Pinned(made, self._pin))
        raise failure

    def _judged(self, host: str, port: int) -> list[str]:
        try:
            found = list(self._resolve(host, port))
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(f"the name {host} leads nowhere") from error
        for address in found:
            if why := self._judge(address):
                raise AddressRefused(f"{host} leads to {address}, which {why}")
        return found


class _Around(httpcore.NetworkStream):
    """A connection, as it is."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, timeout)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, timeout)

    def close(self) -> None:
        self._stream.close()

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _Paced(_Around):
    """A connection that ends when both sides are slower over it than any network is."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        super().__init__(stream)
        self._until = time.monotonic() + _SECONDS

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        left = self._until - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("it sends too slowly")
        found = super().read(max_bytes, left if timeout is None else min(left, timeout))
        self._until += len(found) / _SLOWEST
        return found

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        super().write(buffer, timeout)
        self._until += len(buffer) / _SLOWEST

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        return _Paced(self._stream.start_tls(ssl_context, server_hostname, timeout))


class _Pinned(_Around):
    """A connection whose TLS must end at one key."""

    def __init__(self, stream: httpcore.NetworkStream, pin: str) -> None:
        super().__init__(stream)
        self._pin = pin

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        secured = self._stream.start_tls(ssl_context, server_hostname, timeout)
        certificate = secured.get_extra_info("ssl_object").getpeercert(True)
        if certificate is None or not hmac.compare_digest(_pin(certificate), self._pin):
            secured.close()
            raise WrongKey("another key answers there than the one in the peer's address")
        return secured


def _pin(certificate: bytes) -> str:
    try:
        key = x509.load_der_x509_certificate(certificate).public_key()
    except ValueError:
        return ""
    info = key.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return base64.urlsafe_b64encode(hashlib.sha256(info).digest()).decode().rstrip("=")


class PeerTransport(httpx.HTTPTransport):
    """The connections of one request to a peer.

    Args:
        network: Connects.
        is_pinned: Whether the network checks the key, and nobody else has to.
    """

    def __init__(self, network: PeerNetwork, *, is_pinned: bool) -> None:
        context = _by_key() if is_pinned else _by_authority()
        super().__init__(verify=context, trust_env=False)
        # httpx offers no way to say how connections are made, and httpcore has no clients.
        self._pool = httpcore.ConnectionPool(context, network_backend=network)


@cache
def _by_authority() -> ssl.SSLContext:
    """Whose certificates are believed; read once, as that takes longer than most requests."""
    return httpx.create_ssl_context(trust_env=False)


@cache
def _by_key() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # the key is checked instead, which is stricter
    return context
