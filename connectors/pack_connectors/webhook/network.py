"""The connection of one delivery: to an address that was judged, and for no longer than agreed.

The name is looked up once, every address it leads to is judged, and one of them is connected to;
TLS and the `Host` header keep the name. No proxy of the environment takes part, as it would look
the name up again.

Why httpcore, which httpx is built on, and not httpx: only httpcore lets us replace how it connects.
Why a timer, and not the time-outs of httpcore: those start again with each piece that is read or
written, so that a slow receiver could hold a delivery for hours.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from ipaddress import ip_address
from typing import Final, Self

import httpcore

from pack.errors import Unavailable
from pack_connectors.webhook.url import WebhookUrl, is_secure, is_usable

Resolve = Callable[[str, int], Iterable[str]]
_NO_TIME: Final = "no time was left to connect"


def resolve(host: str, port: int) -> list[str]:
    """The addresses that a name leads to, in order of preference.

    Raises:
        OSError: It leads nowhere.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def judged_addresses(url: WebhookUrl, resolver: Resolve = resolve) -> list[str]:
    """The addresses of a webhook, all of which may be connected to.

    Raises:
        Unavailable: One of them may not, or there is none.
    """
    try:
        found = list(resolver(url.host, url.port))
    except OSError as error:
        raise Unavailable(f"the name {url.host} leads nowhere") from error
    if not found:
        raise Unavailable(f"the name {url.host} leads nowhere")
    for address in (ip_address(text.partition("%")[0]) for text in found):
        if not is_usable(address, is_allowed=url.is_allowed):
            raise Unavailable(f"the name {url.host} leads to an address that is not public")
        if not is_secure(url, address):
            raise Unavailable(f"{url.host} is not on this machine, so its URL must be https://")
    return found


class WebhookNetwork(httpcore.SyncBackend):
    """What httpcore connects with, for one request inside a `with` block.

    Args:
        url: The webhook.
        seconds: How long the request and its answer may take. A slow look-up of the name counts,
            but cannot be cut short.
        resolver: Looks names up.
    """

    def __init__(self, url: WebhookUrl, seconds: float, resolver: Resolve = resolve) -> None:
        super().__init__()
        self._url = url
        self._resolve = resolver
        self._end = time.monotonic() + seconds
        self._timer = threading.Timer(seconds, self.hang_up)
        self._timer.daemon = True
        self._connection: socket.socket | None = None
        self._is_over = False

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        if self._connection:
            self._connection.close()

    @property
    def is_late(self) -> bool:
        """Whether its time is up."""
        return time.monotonic() >= self._end

    def hang_up(self) -> None:
        """End the connection, and make no other; whoever waits for it fails at once."""
        self._is_over = True
        if self._connection:
            with suppress(OSError):  # it has ended by itself
                self._connection.shutdown(socket.SHUT_RDWR)

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """A connection to one of the judged addresses of the webhook."""
        del host, timeout  # it is looked up here, once; the time is that of the exchange
        failure: Exception = httpcore.ConnectError(_NO_TIME)
        addresses = judged_addresses(self._url, self._resolve)
        for tried, address in enumerate(addresses):
            # One that swallows everything (such as IPv6 that leads nowhere) leaves time for others.
            left = (self._end - time.monotonic()) / min(len(addresses) - tried, 2)
            if self._is_over or left <= 0:
                break
            try:
                made = super().connect_tcp(address, port, left, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return self._known(made)
        raise failure

    def _known(self, stream: httpcore.NetworkStream) -> httpcore.NetworkStream:
        """The same connection, which `hang_up` can now end."""
        made: socket.socket = stream.get_extra_info("socket")
        # A duplicate, as TLS takes the descriptor over, and its socket must not be shut down while
        # another thread reads from it.
        self._connection = made.dup()
        if self._is_over:
            self.hang_up()
        return stream
