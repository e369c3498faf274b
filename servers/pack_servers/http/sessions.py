"""The sessions of clients of the 2025 protocols: at the limit, one that nobody uses gives way.

The SDK refuses every further session once there are too many, so that a client that opens sessions
and forgets them would keep everybody else out for half an hour. Here, a new session ends another
one, as its client could: with a DELETE. A client whose session has ended is told so with a 404 and
begins another (MCP 2025-11-25, transports, "Session Management").
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_ID: Final = b"mcp-session-id"


@dataclass(slots=True)
class _Session:
    """What is known of a session.

    Attributes:
        address: Where the request that opened it came from.
        uses: Requests since then.
        running: Those of them that are not answered yet; an open event stream is one.
    """

    address: str
    uses: int = 0
    running: int = 0


class SessionLimit:
    """ASGI middleware around the SDK's transport that keeps the number of sessions below a limit.

    Args:
        app: The transport. It may allow more sessions itself, for those that are being opened.
        most: Sessions that stay open.
    """

    def __init__(self, app: ASGIApp, most: int) -> None:
        self._app = app
        self._most = most
        self._sessions: dict[bytes, _Session] = {}
        """By id, the one that was used last at the end."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI scope."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = _header(scope["headers"])
        opened: bytes | None = None

        async def watching(message: Message) -> None:
            nonlocal opened
            if message["type"] == "http.response.start":
                if given is not None and _has_ended(scope, message):
                    self._sessions.pop(given, None)
                elif given is None and message["status"] < 400:
                    opened = _header(message.get("headers", ()))
                    if opened is not None:
                        self._sessions[opened] = _Session(_address(scope))
            await send(message)

        with self._using(given):
            await self._app(scope, receive, watching)
        if opened is not None:
            await self._make_room(scope, opened)

    @contextmanager
    def _using(self, given: bytes | None) -> Iterator[None]:
        session = self._sessions.pop(given, None) if given is not None else None
        if given is None or session is None:
            yield
            return
        self._sessions[given] = session
        session.uses += 1
        session.running += 1
        try:
            yield
        finally:
            session.running -= 1

    async def _make_room(self, scope: Scope, opened: bytes) -> None:
        while len(self._sessions) > self._most:
            victim = self._least_missed(opened)
            if victim is None:
                return
            del self._sessions[victim]
            await self._end(victim, scope)

    def _least_missed(self, opened: bytes) -> bytes | None:
        """The session to end: of the address that has most, unused ones first, then the oldest."""
        counts = Counter(session.address for session in self._sessions.values())
        idle = [key for key, one in self._sessions.items() if not one.running and key != opened]

        def rank(key: bytes) -> tuple[int, bool]:
            session = self._sessions[key]
            return -counts[session.address], session.uses > 1  # the first use says "initialized"

        return min(idle, key=rank, default=None)

    async def _end(self, session: bytes, scope: Scope) -> None:
        """End a session as its client would."""

        async def receive() -> Message:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def drop(_message: Message) -> None:
            """Nobody waits for this answer."""

        headers = [(name, value) for name, value in scope["headers"] if name == b"host"]
        headers.append((_ID, session))
        await self._app({**scope, "method": "DELETE", "headers": headers}, receive, drop)


def _header(headers: Iterable[tuple[bytes, bytes]]) -> bytes | None:
    found = [value for name, value in headers if name.lower() == _ID]
    return found[0] if len(found) == 1 else None


def _has_ended(scope: Scope, message: Message) -> bool:
    status: int = message["status"]
    return status == 404 or (scope["method"] == "DELETE" and status < 400)


def _address(scope: Scope) -> str:
    client = scope.get("client")
    return str(client[0]) if client else ""
