"""The outermost ASGI layer: only allowed and complete requests reach the application.

`Access` judges everything that a stranger can send. The guard reads the body,
puts the security headers on every answer, and ends running streams when the server stops.

Source: ASGI 3.0, HTTP and WebSocket message format.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from typing import Final

import anyio
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pack_servers.http.access import (
    SECURITY_HEADERS,
    STOPPING,
    TOO_LARGE,
    TOO_SLOW,
    Access,
    HttpRefusal,
    announces_body,
    is_of_admin,
    is_of_mesh,
)

REFUSED: Final = "pack.refused"
"""Set in the state of a scope that was refused: its connection serves no further request."""


def _nobody() -> bool:
    """No peers are served."""
    return False


class Guard:
    """ASGI middleware that lets only allowed, complete requests reach the application.

    The body is read in full before the application starts, within `Access.read_timeout`; after
    that a response may take as long as it likes, so event streams stay open. WebSockets are
    refused, lifespan is passed on.
    """

    def __init__(
        self,
        app: ASGIApp,
        access: Access,
        *,
        serves_peers: Callable[[], bool] = _nobody,
        serves_admin: bool = False,
    ) -> None:
        self._app = app
        self._serves_peers = serves_peers
        self._serves_admin = serves_admin
        self._access = access
        self._running: dict[anyio.CancelScope, str] = {}
        self._stopping = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI scope."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await self._serve(scope, receive, _Answer(send))
        else:
            await send({"type": "websocket.close", "code": 1008})

    @property
    def is_stopping(self) -> bool:
        """Whether no new request is accepted any more."""
        return self._stopping

    def stop(self, *, streams_only: bool) -> None:
        """Accept no new requests and end running ones; event streams end properly.

        Args:
            streams_only: Give requests other than GET time to finish.
        """
        self._stopping = True
        for scope, method in list(self._running.items()):
            if method == "GET" or not streams_only:
                scope.cancel()

    async def _serve(self, scope: Scope, receive: Receive, answer: _Answer) -> None:
        is_peer = is_of_mesh(scope) and self._serves_peers()
        refuse = self._access.refuse_peer if is_peer else self._access.refuse
        if self._serves_admin and is_of_admin(scope):
            refuse = self._access.refuse_admin
        refusal = STOPPING if self._stopping else refuse(scope)
        if is_peer and refusal is None:  # bundles are large: they are read where they are stored
            await self._run(scope, receive, answer)
            return
        body: bytes | HttpRefusal | None = refusal or await self._read_body(receive)
        if isinstance(body, HttpRefusal):
            # A connection that is closed while its client still sends a body loses the answer; it
            # is left to the protocol, which waits for the rest.
            scope.setdefault("state", {})[REFUSED] = True
            await (body if announces_body(scope) else body.closing()).send_to(answer)
        elif body is not None:
            await self._run(scope, _Replay(body, receive), answer)

    async def _read_body(self, receive: Receive) -> bytes | HttpRefusal | None:
        """The whole body; `None` when the client has gone."""
        body = bytearray()
        try:
            async with asyncio.timeout(self._access.read_timeout):
                while True:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        return None
                    body += message.get("body", b"")
                    if len(body) > self._access.max_body:
                        return TOO_LARGE
                    if not message.get("more_body", False):
                        return bytes(body)
        except TimeoutError:
            return TOO_SLOW

    async def _run(self, scope: Scope, receive: Receive, answer: _Answer) -> None:
        with anyio.CancelScope() as running:
            self._running[running] = scope["method"]
            try:
                await self._app(scope, receive, answer)
            finally:
                del self._running[running]
        if running.cancel_called:  # cancelled here, or in an event stream that did not finish
            await answer.end()


class _Replay:
    """A `receive` that returns the body that was read, then what the server says next."""

    def __init__(self, body: bytes, receive: Receive) -> None:
        self._messages: deque[Message] = deque(
            [{"type": "http.request", "body": body, "more_body": False}]
        )
        self._receive = receive

    async def __call__(self) -> Message:
        return self._messages.popleft() if self._messages else await self._receive()


class _Answer:
    """A `send` that adds the security headers and knows how far the answer has got."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._started = False
        self._ended = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._started = True
            message = {**message, "headers": _secured(message.get("headers", ()))}
        elif message["type"] == "http.response.body":
            self._ended = not message.get("more_body", False)
        await self._send(message)

    async def end(self) -> None:
        if not self._started:
            await STOPPING.send_to(self)
        elif not self._ended:
            await self({"type": "http.response.body", "body": b""})


def _secured(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """The application's headers plus ours, without grants to other origins and without a banner."""
    ours = {name for name, _ in SECURITY_HEADERS} | {b"server"}
    kept = [
        (name, value)
        for name, value in headers
        if name.lower() not in ours and not name.lower().startswith(b"access-control-")
    ]
    return [*kept, *SECURITY_HEADERS]
