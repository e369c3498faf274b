"""The service on the wire: an ASGI application.

Under uvicorn a cut is a cut: the socket is closed. In process (`httpx.ASGITransport`) there is no
socket, and the client gets the exception that httpx raises for one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qsl

import httpx

from tests.standins.faults import CUTS, TIMEOUTS, FaultKind
from tests.standins.github_http import Request
from tests.standins.github_service import Delivery, GithubService

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_PIECE = 64 * 1024
_SLOW_PIECES = 50


class GithubApp:
    """ASGI application over a service."""

    def __init__(self, service: GithubService) -> None:
        self.service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] == "http", scope["type"]
        request = await _read(scope, receive)
        try:
            delivery = await asyncio.to_thread(self.service.handle, request)
        except Exception as error:
            # A mistake of the stand-in: the test is to see it, whatever the client makes of 500.
            self.service.violations.append(f"the stand-in failed: {error!r}")
            raise
        transport = _transport(send)
        if delivery.trouble in TIMEOUTS:
            await _hang(receive, transport)
        elif delivery.trouble in CUTS:
            await _cut(transport, httpx.RemoteProtocolError("Server disconnected"))
        else:
            await _send(delivery, send, transport)


async def _read(scope: Scope, receive: Receive) -> Request:
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            break
        body += message.get("body", b"")
        more = message.get("more_body", False)
    headers = {name.decode("latin-1").lower(): v.decode("latin-1") for name, v in scope["headers"]}
    pairs = parse_qsl(scope["query_string"].decode(), keep_blank_values=True)
    path = scope.get("raw_path") or scope["path"].encode()
    raw = path.decode("ascii").partition("?")[0]
    return Request(scope["method"], raw, dict(pairs), headers, body)


def _transport(send: Send) -> asyncio.Transport | None:
    # uvicorn hands over a bound method of the request in its connection.
    found: asyncio.Transport | None = getattr(getattr(send, "__self__", None), "transport", None)
    return found


async def _hang(receive: Receive, transport: asyncio.Transport | None) -> None:
    """Keep the client waiting until it gives up."""
    if transport is None:
        raise httpx.ReadTimeout("no answer")
    while (await receive())["type"] != "http.disconnect":
        continue


async def _cut(transport: asyncio.Transport | None, in_process: Exception) -> None:
    if transport is None:
        raise in_process
    transport.abort()
    # Twice: the loop closes the connection in its next round and tells the server in that one.
    await asyncio.sleep(0)
    await asyncio.sleep(0)


async def _send(delivery: Delivery, send: Send, transport: asyncio.Transport | None) -> None:
    answer = delivery.response
    headers = dict(answer.headers)
    if answer.status not in (204, 304):
        headers["content-length"] = str(len(answer.body))
    encoded = [(name.encode("latin-1"), text.encode("latin-1")) for name, text in headers.items()]
    start = {"type": "http.response.start", "status": answer.status, "headers": encoded}
    await send(start)
    whole = answer.body
    if delivery.trouble is FaultKind.CUT_IN_BODY:
        await send(_part(whole[: len(whole) // 2], more=True))
        await _flush(transport)
        await _cut(transport, httpx.RemoteProtocolError("peer closed connection"))
        return
    is_slow = delivery.trouble is FaultKind.SLOW_BODY
    piece = max(1, len(whole) // _SLOW_PIECES) if is_slow else _PIECE
    for at in range(0, len(whole), piece):
        await send(_part(whole[at : at + piece], more=True))
        await asyncio.sleep(0)
    await send(_part(b"", more=False))


def _part(body: bytes, *, more: bool) -> Message:
    return {"type": "http.response.body", "body": body, "more_body": more}


async def _flush(transport: asyncio.Transport | None) -> None:
    """Let the first half leave, so that the client really gets it."""
    while transport is not None and transport.get_write_buffer_size() > 0:
        await asyncio.sleep(0)
