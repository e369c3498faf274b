"""Connections of webhooks: to the very address that was judged, and never for longer than agreed.

The name is resolved once for a connection, every address it leads to is judged, and one of them is
connected to; TLS and the `Host` header keep the name. No proxy of the environment takes part, as it
would resolve the name again.

Why httpcore, which httpx stands on, and not httpx: only there is connecting replaceable, and a
deadline for the whole exchange can be kept: httpx's time-outs begin anew with each piece.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address, ip_address
from ssl import SSLContext
from typing import Any, Final

import httpcore

from pack.errors import Unavailable
from pack_connectors.webhook.url import WebhookUrl, is_secure, is_usable

Resolve = Callable[[str, int], Iterable[str]]
_IDLE: Final = "no connection"


def resolve(host: str, port: int) -> list[str]:
    """The addresses that a name leads to, in the order of preference.

    Raises:
        OSError: It leads nowhere.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class Deadline:
    """A moment after which nothing is waited for."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self, asked: float | None = None) -> float:
        """Seconds until then, or what was asked for if that is sooner; never zero.

        Raises:
            httpcore.TimeoutException: It has passed.
        """
        left = self._end - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("the deadline has passed")
        return left if asked is None else min(left, asked)


class Connections:
    """Makes the connections of one webhook, and can end those there are.

    Args:
        url: Where it is.
        resolver: Looks names up.
    """

    def __init__(self, url: WebhookUrl, resolver: Resolve = resolve) -> None:
        self._url = url
        self._resolve = resolver
        self._open: set[socket.socket] = set()
        self.is_closed = False

    def backend(self, deadline: Deadline) -> httpcore.NetworkBackend:
        """What httpcore connects with, for one exchange."""
        return _Backend(self, deadline)

    def close(self) -> None:
        """End all connections, and make no more; whoever waits for one fails at once."""
        self.is_closed = True
        for one in tuple(self._open):
            with suppress(OSError):  # it has ended by itself
                # The plain one: that of a TLS socket may not be called while another thread reads.
                socket.socket.shutdown(one, socket.SHUT_RDWR)

    def addresses(self) -> list[str]:
        """Where to connect to; every address that the host leads to may be connected to.

        Raises:
            Unavailable: One of them may not, or there is none.
        """
        host = self._url.host
        try:
            found = list(self._resolve(host, self._url.port))
        except OSError as error:
            raise Unavailable(f"the name {host} leads nowhere") from error
        for text in found:
            self._check(ip_address(text.partition("%")[0]))
        if not found:
            raise Unavailable(f"the name {host} leads nowhere")
        return found

    def _check(self, address: IPv4Address | IPv6Address) -> None:
        """Return if an address may be used."""
        host = self._url.host
        if not is_usable(address, is_allowed=self._url.is_allowed):
            raise Unavailable(f"the name {host} leads to an address that is not public")
        if not is_secure(self._url, address):
            raise Unavailable(f"{host} leads beyond this machine: its address must be https://")

    def opened(self, stream: httpcore.NetworkStream) -> None:
        """Know of a connection, so that it can be ended."""
        found = stream.get_extra_info("socket")
        if isinstance(found, socket.socket):
            self._open.add(found)
        if self.is_closed:
            self.close()

    def ended(self, stream: httpcore.NetworkStream) -> None:
        """Forget a connection."""
        found = stream.get_extra_info("socket")
        if isinstance(found, socket.socket):
            self._open.discard(found)


class _Backend(httpcore.NetworkBackend):
    """Connects to judged addresses only."""

    def __init__(self, connections: Connections, deadline: Deadline) -> None:
        self._connections = connections
        self._deadline = deadline
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        del host  # it is looked up here, once
        failure: Exception = httpcore.ConnectError(_IDLE)
        addresses = self._connections.addresses()
        for tried, address in enumerate(addresses):
            if self._connections.is_closed:
                break
            # One that swallows what is sent to it (IPv6 that leads nowhere) leaves time for others.
            left = self._deadline.left(timeout) / min(len(addresses) - tried, 2)
            try:
                made = self._sockets.connect_tcp(address, port, left, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return _Stream(made, self._connections, self._deadline)
        raise failure


class _Stream(httpcore.NetworkStream):
    """A connection whose every wait ends with the deadline."""

    def __init__(
        self, stream: httpcore.NetworkStream, connections: Connections, deadline: Deadline
    ) -> None:
        self._stream = stream
        self._connections = connections
        self._deadline = deadline
        connections.opened(stream)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._deadline.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        # Not with the stream's own: there the time-out begins anew with each piece that is taken.
        connection: socket.socket = self._stream.get_extra_info("socket")
        rest = memoryview(buffer)
        try:
            while rest:
                connection.settimeout(self._deadline.left(timeout))
                rest = rest[connection.send(rest) :]
        except TimeoutError as error:
            raise httpcore.WriteTimeout(str(error)) from error
        except OSError as error:
            raise httpcore.WriteError(str(error)) from error

    def close(self) -> None:
        self._connections.ended(self._stream)
        self._stream.close()

    def start_tls(
        self,
        ssl_context: SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        self._connections.ended(self._stream)
        left = self._deadline.left(timeout)
        made = self._stream.start_tls(ssl_context, server_hostname, left)
        return _Stream(made, self._connections, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
