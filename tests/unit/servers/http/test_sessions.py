"""At the limit, the session that is missed least gives way to a new one."""

from __future__ import annotations

import asyncio
from typing import Any

from pack_servers.http.sessions import SessionLimit


class Transport:
    """A transport as the SDK's: it opens a session for a request without one, and keeps it."""

    def __init__(self) -> None:
        self.open: list[bytes] = []
        self.opened = 0
        self.release = asyncio.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await receive()
        headers = dict(scope["headers"])
        given = headers.get(b"mcp-session-id")
        status = 200
        answer = []
        if given is None:
            self.opened += 1
            answer = [(b"mcp-session-id", b"s%d" % self.opened)]
            self.open.append(answer[0][1])
        elif given not in self.open:
            status = 404
        elif scope["method"] == "DELETE":
            self.open.remove(given)
        elif scope["method"] == "GET":
            await self.release.wait()
        await send({"type": "http.response.start", "status": status, "headers": answer})
        await send({"type": "http.response.body", "body": b""})


class Clients:
    """Clients of a transport behind a limit."""

    def __init__(self, most: int) -> None:
        self.transport = Transport()
        self.app = SessionLimit(self.transport, most)

    async def ask(
        self, session: bytes | None = None, method: str = "POST", address: str = "127.0.0.1"
    ) -> tuple[int, bytes | None]:
        """The status of an answer, and the session that it opened."""
        sent: list[Any] = []
        headers = [(b"host", b"x"), *([(b"mcp-session-id", session)] if session else [])]
        scope = {"type": "http", "method": method, "headers": headers, "client": (address, 1)}

        async def receive() -> Any:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        await self.app(scope, receive, send)
        return sent[0]["status"], dict(sent[0]["headers"]).get(b"mcp-session-id")

    async def begin(self, uses: int = 0, address: str = "127.0.0.1") -> bytes:
        """Open a session and use it."""
        _, session = await self.ask(address=address)
        assert session is not None
        for _ in range(uses):
            assert (await self.ask(session))[0] == 200
        return session


def test_one_client_that_opens_many_keeps_nobody_out() -> None:
    async def story() -> None:
        clients = Clients(10)
        mine = await clients.begin(uses=3)
        for _ in range(50):
            await clients.begin()
        assert len(clients.transport.open) == 10
        assert (await clients.ask(mine))[0] == 200
        assert (await clients.ask(b"s2"))[0] == 404

    asyncio.run(story())


def test_the_one_that_was_not_used_for_longest_goes_first() -> None:
    async def story() -> None:
        clients = Clients(3)
        first, second, third = [await clients.begin(uses=2) for _ in range(3)]
        await clients.ask(first)
        fourth = await clients.begin(uses=2)
        assert clients.transport.open == [first, third, fourth]
        assert (await clients.ask(second))[0] == 404

    asyncio.run(story())


def test_a_session_with_an_open_stream_stays() -> None:
    async def story() -> None:
        clients = Clients(2)
        streaming = await clients.begin(uses=2)
        stream = asyncio.create_task(clients.ask(streaming, "GET"))
        await asyncio.sleep(0)
        for _ in range(5):
            last = await clients.begin(uses=2)
        assert clients.transport.open == [streaming, last]
        clients.transport.release.set()
        assert (await stream)[0] == 200
        for _ in range(2):
            await clients.begin(uses=2)
        assert streaming not in clients.transport.open

    asyncio.run(story())


def test_while_all_are_busy_none_is_ended() -> None:
    async def story() -> None:
        clients = Clients(1)
        streaming = await clients.begin()
        stream = asyncio.create_task(clients.ask(streaming, "GET"))
        await asyncio.sleep(0)
        new = await clients.begin()
        assert clients.transport.open == [streaming, new]
        clients.transport.release.set()
        await stream

    asyncio.run(story())


def test_an_address_that_has_most_gives_way() -> None:
    async def story() -> None:
        clients = Clients(6)
        away = await clients.begin(address="192.0.2.1")
        for _ in range(20):
            await clients.begin(uses=3, address="192.0.2.2")
        assert away in clients.transport.open
        assert len(clients.transport.open) == 6

    asyncio.run(story())


def test_an_ended_session_does_not_count() -> None:
    async def story() -> None:
        clients = Clients(2)
        first, second = [await clients.begin() for _ in range(2)]
        assert (await clients.ask(second, "DELETE"))[0] == 200
        third = await clients.begin()
        assert clients.transport.open == [first, third]
        clients.transport.open.remove(first)  # as after half an hour without a word
        assert (await clients.ask(first))[0] == 404
        fourth = await clients.begin()
        assert clients.transport.open == [third, fourth]

    asyncio.run(story())


def test_what_opens_no_session_is_passed_on() -> None:
    async def story() -> None:
        seen: list[str] = []

        async def app(scope: Any, _receive: Any, _send: Any) -> None:
            seen.append(scope["type"])

        async def nothing(*_: Any) -> None:
            raise AssertionError

        await SessionLimit(app, 1)({"type": "lifespan"}, nothing, nothing)
        assert seen == ["lifespan"]

    asyncio.run(story())
