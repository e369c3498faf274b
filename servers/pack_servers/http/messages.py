"""What a client posts: a message, or it is answered in words that its author understands.

The SDK answers what is no message with the report of its validator, or takes a request with an id
that is none for a notification, whose answer a client would wait for in vain.
"""

from __future__ import annotations

from typing import Final

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pack_servers.mcp.lines import LineRefusal, parse_message, whole

_STATUS: Final = 400


class Messages:
    """ASGI middleware that lets only JSON-RPC messages reach the transport.

    Args:
        app: The transport. It is sent bodies in one piece, as `Guard` reads them.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI scope."""
        if scope["type"] != "http" or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        posted = await receive()
        body = whole(posted.get("body", b""))
        found = parse_message(body)
        if isinstance(found, LineRefusal):
            answer = Response(found.answer(), _STATUS, media_type="application/json")
            await answer(scope, receive, send)
        else:
            await self._app(scope, _Replay({**posted, "body": body}, receive), send)


class _Replay:
    """A `receive` that begins with a message that was taken out before."""

    def __init__(self, first: Message, receive: Receive) -> None:
        self._first: Message | None = first
        self._receive = receive

    async def __call__(self) -> Message:
        first, self._first = self._first, None
        return first if first is not None else await self._receive()
