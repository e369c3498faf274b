"""A second way in, for other peers alone: TLS with the key of this machine, at a port of its own.

Why not the port of MCP clients: those speak plain HTTP on this machine, and need no certificate.
Nothing but the endpoints for peers is behind this one, so it may listen where others reach it
without opening the rest of the server to them.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from pack.errors import InvalidConfig
from pack_servers.http.access import NOT_FOUND, SECURITY_HEADERS, is_of_mesh
from pack_servers.http.bind import Address, open_sockets

HANDSHAKE_SECONDS: Final = 10.0
_EVERYWHERE: Final[tuple[Address, ...]] = (
    (socket.AF_INET, ("0.0.0.0", 0)),  # noqa: S104 - for peers with a token or an invitation only
    (socket.AF_INET6, ("::", 0, 0, 0)),
)
_NOTHING: Final = replace(NOT_FOUND, headers=(*NOT_FOUND.headers, *SECURITY_HEADERS))


@dataclass(frozen=True, slots=True)
class TlsForPeers:
    """Where TLS is served.

    Attributes:
        host: The host in this peer's address.
        port: The port in it.
        context: Has the certificate.
    """

    host: str
    port: int
    context: ssl.SSLContext


FindTls = Callable[[], TlsForPeers | None]
"""Where TLS is served now, the same object for as long as nothing changes; `None` if nowhere."""


def open_tls_sockets(tls: TlsForPeers) -> list[socket.socket]:
    """Listening sockets at a peer's address; on all interfaces where that is not this machine's.

    A name may lead to this machine alone, as `/etc/hosts` often has it, and a router may have the
    address; so only a number that is this machine's says where to listen.

    Raises:
        InvalidConfig: The port is taken or not permitted.
    """
    try:
        return open_sockets(_addresses(tls.host), tls.port)
    except InvalidConfig as error:
        raise InvalidConfig(
            "the address of this machine in the mesh",
            f"TLS cannot be served at port {tls.port}: it is in use, by clients perhaps, or not "
            "permitted; choose another port for one of them",
        ) from error


def _addresses(host: str) -> tuple[Address, ...]:
    if host == "localhost":
        host = "127.0.0.1"
    try:
        is_v4 = ipaddress.ip_address(host).version == 4
    except ValueError:
        return _EVERYWHERE
    family, address = (socket.AF_INET, (host, 0)) if is_v4 else (socket.AF_INET6, (host, 0, 0, 0))
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind(address)
        except OSError:
            return _EVERYWHERE
    return ((family, address),)


class PeersOnly:
    """ASGI middleware that lets through what is for the endpoints of peers."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI scope."""
        if scope["type"] == "http" and not is_of_mesh(scope):
            await _NOTHING.send_to(send)
        else:
            await self._app(scope, receive, send)
