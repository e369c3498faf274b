"""`pack serve --http`: an MCP server on a socket, behind the guard."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import anyio
import uvicorn
from anyio.to_thread import run_sync
from mcp.server import MCPServer
from mcp.server.transport_security import TransportSecuritySettings
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from pack._version import __version__
from pack.errors import InvalidConfig, PackError
from pack_servers.http.access import (
    HEALTH_PATH,
    NOT_FOUND,
    READ_ONLY,
    SYNC_PATHS,
    is_of_admin,
    is_of_mesh,
)
from pack_servers.http.bind import (
    BACKLOG,
    Address,
    HttpSettings,
    access_for,
    check_bind,
    open_sockets,
    url_of,
)
from pack_servers.http.guard import Guard
from pack_servers.http.messages import Messages
from pack_servers.http.sessions import SessionLimit
from pack_servers.http.tls import FindTls, open_tls_sockets
from pack_servers.http.uvicorn import (
    MAX_CONNECTIONS,
    STOP_GRACE,
    GuardedServer,
    LimitedProtocol,
    SecuredPort,
)

__all__ = ["Health", "HttpSettings", "More", "build_app", "build_server", "check_bind", "serve"]

Health = Callable[[], Mapping[str, object]]
"""More fields for `/health`, shown to anyone: no secrets, no paths. May raise `PackError`."""


def _nothing() -> None:
    """There is nothing more."""


@dataclass(frozen=True, slots=True)
class More:
    """What is served beside MCP.

    Attributes:
        sync: Serves sync items; `None` where there are none.
        mesh: Gives what serves other peers; `None` while the memory has none.
        admin: Serves the administration of the mesh; `None` where there cannot be one.
        tls: Finds where peers are served over TLS as well; looked at again while the server runs.
    """

    sync: ASGIApp | None = None
    mesh: Callable[[], ASGIApp | None] = _nothing
    admin: ASGIApp | None = None
    tls: FindTls = _nothing


NOTHING_MORE: Final = More()


class _Routes:
    """`/health`, sync items, peers, the paths of the transport, and 404 for the rest."""

    def __init__(
        self, transport: ASGIApp, paths: frozenset[str], health: Health, more: More
    ) -> None:
        self._transport = transport
        self._more = more
        self._paths = paths
        self._health = health
        # A thread of its own: polling health must not use up the threads that tools run on.
        self._one_at_a_time = anyio.CapacityLimiter(1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or scope["path"] in self._paths:
            await self._transport(scope, receive, send)
        elif self._more.sync is not None and scope["path"] in SYNC_PATHS:
            await self._more.sync(scope, receive, send)
        elif is_of_mesh(scope) and (mesh := self._more.mesh()) is not None:
            await mesh(scope, receive, send)
        elif self._more.admin is not None and is_of_admin(scope):
            await self._more.admin(scope, receive, send)
        elif scope["path"] != HEALTH_PATH:
            await NOT_FOUND.send_to(send)
        elif scope["method"] not in ("GET", "HEAD"):
            await READ_ONLY.send_to(send)
        else:
            await (await self._report())(scope, receive, send)

    async def _report(self) -> JSONResponse:
        state: dict[str, object] = {"status": "ok", "version": __version__}
        try:
            state |= await run_sync(self._health, limiter=self._one_at_a_time)
        except PackError as error:
            state |= {"status": "unavailable", "code": error.code}
            return JSONResponse(state, 503)
        return JSONResponse(state)


def build_app(
    server: MCPServer,
    settings: HttpSettings,
    health: Health = dict,
    addresses: tuple[Address, ...] | None = None,
    more: More = NOTHING_MORE,
) -> Guard:
    """The guarded ASGI application: `/mcp`, or `/sse` and `/messages/`; and `/health`.

    Args:
        server: Can serve one application only (the SDK starts its session manager once).
        settings: `port` is the port that clients use, not 0.
        health: More fields for `/health`.
        addresses: What is bound, if known; otherwise what `check_bind` returns.
        more: What else is served.

    Raises:
        InvalidConfig: As `check_bind`; port 0; a malformed allowed host or origin.
    """
    if settings.port == 0:
        raise InvalidConfig("--port", "the guard must know the port that clients use")
    access = access_for(settings, addresses or check_bind(settings))
    # The guard already checks Host and Origin strictly, on every path. The SDK's check would refuse
    # what the user allowed, and log what a stranger sent.
    unchecked = TransportSecuritySettings(enable_dns_rebinding_protection=False)
    if settings.sse_only:
        transport: ASGIApp = server.sse_app(
            max_request_body_size=settings.max_body, transport_security=unchecked
        )
        paths = frozenset({"/sse", "/messages/"})
    else:
        # What is being opened comes on top of the limit: one session for each connection.
        streamable = server.streamable_http_app(
            max_request_body_size=settings.max_body,
            max_sessions=settings.max_sessions + MAX_CONNECTIONS,
            stateless_http=settings.stateless,
            transport_security=unchecked,
        )
        transport = SessionLimit(streamable, settings.max_sessions)
        paths = frozenset({"/mcp"})
    routes = _Routes(Messages(transport), paths, health, more)
    return Guard(
        routes,
        access,
        serves_peers=lambda: more.mesh() is not None,
        serves_admin=more.admin is not None,
    )


def serve(
    server: MCPServer,
    settings: HttpSettings,
    health: Health = dict,
    on_ready: Callable[[str], None] = lambda _url: None,
    more: More = NOTHING_MORE,
) -> None:
    """Serve until SIGINT or SIGTERM, then end streams within a few seconds and return.

    Args:
        server: What to serve.
        settings: Where, and for whom.
        health: More fields for `/health`.
        on_ready: Called once with the URL for clients, when the server answers requests.
        more: As in `build_app`.

    Raises:
        InvalidConfig: As `check_bind`; or the address is taken, foreign or not permitted.
    """
    addresses = check_bind(settings)
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(each) for each in open_sockets(addresses, settings.port)]
        bound = replace(settings, port=sockets[0].getsockname()[1])
        tls = more.tls()
        opened = [stack.enter_context(each) for each in open_tls_sockets(tls)] if tls else []
        secured = SecuredPort(more.tls, tls, opened)
        build_server(server, bound, health, on_ready, addresses, more, secured).run(sockets)


def build_server(
    server: MCPServer,
    settings: HttpSettings,
    health: Health,
    on_ready: Callable[[str], None],
    addresses: tuple[Address, ...],
    more: More = NOTHING_MORE,
    secured: SecuredPort | None = None,
) -> uvicorn.Server:
    """A uvicorn server that is ready to `run` on sockets bound to `addresses`."""
    guard = build_app(server, settings, health, addresses, more)

    class Protocol(LimitedProtocol):
        read_timeout = settings.read_timeout

        def is_stopping(self) -> bool:
            return guard.is_stopping

    config = uvicorn.Config(
        guard,
        http=Protocol,
        ws="none",
        loop="asyncio",
        lifespan="on",
        interface="asgi3",
        log_config=None,  # the caller decides; without a handler Python writes to stderr
        log_level="warning",
        access_log=False,
        proxy_headers=False,  # a stranger can write X-Forwarded-*
        server_header=False,
        workers=1,  # otherwise WEB_CONCURRENCY decides
        backlog=BACKLOG,
        timeout_keep_alive=math.ceil(settings.read_timeout),
        timeout_graceful_shutdown=math.ceil(STOP_GRACE) + 2,
    )
    return GuardedServer(config, guard, partial(on_ready, url_of(settings)), secured)
