"""Where the HTTP server listens, and whom it answers there.

A bind that other machines can reach needs a token. What counts are the addresses that are bound,
not the text of the setting: names are resolved once, and sockets are opened on what was checked.
"""

from __future__ import annotations

import contextlib
import errno
import ipaddress
import math
import re
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from pydantic import SecretStr

from pack.errors import InvalidConfig
from pack_servers.http.access import (
    Access,
    HostPort,
    OriginParts,
    parse_authority,
    parse_origin,
)

DEFAULT_PORT: Final = 3005
BACKLOG: Final = 64
"""Connections that the system queues; asyncio accepts as many at a time."""

Address = tuple[socket.AddressFamily, tuple[Any, ...]]
Resolve = Callable[[str, int], list[Address]]

_LOOPBACK_NAMES: Final = ("127.0.0.1", "localhost", "::1")
_LOOPBACK_V4: Final = ipaddress.IPv4Network("127.0.0.0/8")
_NUMBER = r"(?:0[xX][0-9A-Fa-f]*|[0-9]+)"
_NUMERIC_HOST = re.compile(rf"{_NUMBER}(?:\.{_NUMBER})*\.?")


@dataclass(frozen=True, slots=True)
class HttpSettings:
    """Where to listen, and for whom.

    Attributes:
        host: Name or address to bind. Loopback unless there is a token.
        port: 0 for any free one.
        token: What callers must present (`PACK_HTTP_TOKEN`); `None` for nothing.
        more_tokens: As `Access.more_tokens`.
        sync_tokens: As `Access.sync_tokens`.
        sse_only: Offer the legacy SSE transport in place of streamable HTTP.
        stateless: Keep no sessions, so that any of several servers can answer a client.
        allowed_hosts: Further `name` or `name:port` that clients may use as Host, as behind a
            reverse proxy; they need a token, because others reach the server by them.
        allowed_origins: Further origins (`https://name[:port]`) whose pages may call.
        max_body: Bytes of a request body.
        read_timeout: Seconds for the head of a request, and again for its body. A connection
            may also be idle that long between two requests. Responses are not limited.
        max_sessions: Sessions of clients of the 2025 protocols: connected, or gone without a word
            in the last half hour.
    """

    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    token: SecretStr | None = None
    sse_only: bool = False
    stateless: bool = False
    allowed_hosts: tuple[str, ...] = ()
    allowed_origins: tuple[str, ...] = ()
    max_body: int = 4 * 1024 * 1024
    read_timeout: float = 30.0
    max_sessions: int = 1000
    more_tokens: frozenset[str] = frozenset()
    sync_tokens: frozenset[str] = frozenset()


def check_bind(settings: HttpSettings, resolve: Resolve | None = None) -> tuple[Address, ...]:
    """The addresses to bind, each of them on the loopback interface unless there is a token.

    Args:
        settings: What is asked for.
        resolve: Turns a name and port into addresses; the system's resolver by default.

    Raises:
        InvalidConfig: The host is no full address or name, a token is needed or malformed
            (`PACK_HTTP_TOKEN`), or another setting is out of range.
    """
    _check_values(settings)
    host = settings.host
    numeric = _NUMERIC_HOST.fullmatch(host) is not None
    if not host or (numeric and not _is_ipv4(host)):
        raise InvalidConfig("--host", "it is not a full address or name, such as 127.0.0.1")
    addresses = tuple(dict.fromkeys((resolve or _system_resolve)(host, settings.port)))
    if not addresses:
        raise InvalidConfig("--host", "the name has no address")
    if settings.token is None and not all(map(_is_loopback, addresses)):
        raise InvalidConfig(
            "PACK_HTTP_TOKEN",
            f"listening on {host[:120]!r} lets other machines in, and needs a token; set one, or "
            "listen on 127.0.0.1",
        )
    return addresses


def _check_values(settings: HttpSettings) -> None:
    token = settings.token
    if token is not None and not re.fullmatch(r"[\x21-\x7e]+", token.get_secret_value()):
        raise InvalidConfig("PACK_HTTP_TOKEN", "it must be visible ASCII without spaces")
    if not 0 <= settings.port <= 65535:
        raise InvalidConfig("--port", "it must be between 0 and 65535")
    if (
        min(settings.max_body, settings.max_sessions) < 1
        or not 0 < settings.read_timeout < math.inf
    ):
        raise InvalidConfig("HTTP limits", "sizes and time must be positive")
    if settings.allowed_hosts and token is None:
        raise InvalidConfig(
            "PACK_HTTP_TOKEN", "a further host name lets others in, and needs a token"
        )


def _is_ipv4(text: str) -> bool:
    try:
        ipaddress.IPv4Address(text)
    except ValueError:
        return False
    return True


def _system_resolve(host: str, port: int) -> list[Address]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, ValueError) as error:  # ValueError: a name no resolver can be asked for
        raise InvalidConfig("--host", "the name cannot be resolved") from error
    return [(family, address) for family, _, _, _, address in found]


def _is_loopback(address: Address) -> bool:
    ip = ipaddress.ip_address(address[1][0])
    if isinstance(ip, ipaddress.IPv4Address):
        return ip in _LOOPBACK_V4
    return ip == ipaddress.IPv6Address("::1")


def access_for(settings: HttpSettings, addresses: tuple[Address, ...]) -> Access:
    """Whom a server on these addresses answers; `settings.port` is the port it really has.

    Raises:
        InvalidConfig: An allowed host or origin is malformed.
    """
    port, local = settings.port, all(map(_is_loopback, addresses))
    names = {*_LOOPBACK_NAMES, *(address[1][0] for address in addresses)} if local else ()
    origins: set[OriginParts] = {("http", name, port) for name in names}
    origins.update(map(_allowed_origin, settings.allowed_origins))
    # Nobody can make a name of the loopback interface resolve to somewhere else, so health
    # checks on the machine itself may use them on any bind.
    hosts: set[HostPort] = {(name, port) for name in (*names, *_LOOPBACK_NAMES)}
    for text in settings.allowed_hosts:
        hosts.update(_allowed_host(text, port))
    any_host = not local and not settings.allowed_hosts
    return Access(
        hosts=None if any_host else frozenset(hosts),
        origins=frozenset(origins),
        token=settings.token,
        max_body=settings.max_body,
        read_timeout=settings.read_timeout,
        more_tokens=settings.more_tokens,
        sync_tokens=settings.sync_tokens,
    )


def _allowed_host(text: str, port: int) -> set[HostPort]:
    authority = parse_authority(text)
    if authority is None:
        raise InvalidConfig("allowed hosts", f"{text[:120]!r} is not a name or name:port")
    host, own = authority
    # Without a port it is a proxy's name on its default port, or this server's on its own.
    return {(host, port), (host, 80), (host, 443)} if own is None else {(host, own)}


def _allowed_origin(text: str) -> OriginParts:
    origin = parse_origin(text)
    if origin is None:
        raise InvalidConfig("allowed origins", f"{text[:120]!r} is not scheme://name[:port]")
    return origin


def url_of(settings: HttpSettings) -> str:
    """What a client on this machine connects to."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104  # compared, not bound
    bracketed = f"[{host}]" if ":" in host else host
    return f"http://{bracketed}:{settings.port}{'/sse' if settings.sse_only else '/mcp'}"


def open_sockets(addresses: tuple[Address, ...], port: int) -> list[socket.socket]:
    """Listening sockets on all addresses with one port, any free one where `port` is 0.

    An address family the machine does not have is left out where another one remains.

    Raises:
        InvalidConfig: The port is taken or not permitted, or no address is this machine's.
    """
    attempts = 5 if port == 0 else 1  # a port free on one address may be taken on the other
    while True:
        attempts -= 1
        with contextlib.ExitStack() as undo:
            try:
                sockets = _listen_all(addresses, port, undo)
            except OSError as error:
                if attempts and error.errno == errno.EADDRINUSE:
                    continue
                raise _bind_error(error, port) from error
            undo.pop_all()
            return sockets


def _listen_all(
    addresses: tuple[Address, ...], port: int, undo: contextlib.ExitStack
) -> list[socket.socket]:
    sockets: list[socket.socket] = []
    missing: OSError | None = None
    for family, address in addresses:
        try:
            one = _listen(family, (address[0], port, *address[2:]), undo)
        except OSError as error:
            if error.errno not in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
                raise
            missing = error
            continue
        port = one.getsockname()[1]
        sockets.append(one)
    if missing is not None and not sockets:
        raise missing
    return sockets


def _listen(
    family: socket.AddressFamily, address: tuple[Any, ...], undo: contextlib.ExitStack
) -> socket.socket:
    with contextlib.ExitStack() as failed:
        one = failed.enter_context(socket.socket(family, socket.SOCK_STREAM))
        # On Windows REUSEADDR lets another program take the port over; elsewhere it only skips
        # the wait after a restart.
        exclusive = getattr(socket, "SO_EXCLUSIVEADDRUSE", None)
        one.setsockopt(socket.SOL_SOCKET, exclusive or socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        one.bind(address)
        # Two sockets that only are bound may share an address; a listening one is alone.
        one.listen(BACKLOG)
        undo.push(failed.pop_all())
    return one


def _bind_error(error: OSError, port: int) -> InvalidConfig:
    if error.errno == errno.EADDRINUSE:
        reason = f"port {port} is in use by another program; use --port"
        return InvalidConfig("--port", reason)
    if error.errno in (errno.EACCES, getattr(errno, "WSAEACCES", errno.EACCES)):
        return InvalidConfig("--port", f"port {port} is not permitted; use --port above 1023")
    return InvalidConfig("--host", "it is not an address of this machine")
