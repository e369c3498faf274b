"""Connections that the server must not wait for: of clients that read nothing, and late ones."""

import asyncio
import socket

import uvicorn
from pack_servers.http import uvicorn as ours
from pack_servers.http.uvicorn import LimitedProtocol
from uvicorn.server import ServerState


class Protocol(LimitedProtocol):
    read_timeout = 60.0


def test_whoever_reads_nothing_is_let_go_of(monkeypatch):
    monkeypatch.setattr(ours, "STALL_SECONDS", 0.05)
    ended = asyncio.Event()

    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(500):
            body = {"type": "http.response.body", "body": b"x" * 100_000, "more_body": True}
            await send(body)
        await send({"type": "http.response.body", "body": b""})
        ended.set()

    async def served():
        config = uvicorn.Config(app, http=Protocol, lifespan="off", log_config=None)
        config.load()
        state = ServerState()
        listening = socket.create_server(("127.0.0.1", 0))
        server = await asyncio.get_running_loop().create_server(
            lambda: Protocol(config=config, server_state=state, app_state={}), sock=listening
        )
        async with server:
            with socket.create_connection(listening.getsockname()) as client:
                client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                await ended.wait()  # nothing is read
            assert state.connections == set()

    asyncio.run(asyncio.wait_for(served(), 60))


class Stopping(Protocol):
    def is_stopping(self):
        return True


def test_a_connection_that_comes_while_the_server_stops_is_closed():
    async def served():
        config = uvicorn.Config(None, http=Stopping, lifespan="off", log_config=None)
        config.load()
        state = ServerState()
        listening = socket.create_server(("127.0.0.1", 0))
        server = await asyncio.get_running_loop().create_server(
            lambda: Stopping(config=config, server_state=state, app_state={}), sock=listening
        )
        async with server:
            reader, writer = await asyncio.open_connection(*listening.getsockname())
            assert await reader.read() == b""
            writer.close()
            assert state.connections == set()

    asyncio.run(asyncio.wait_for(served(), 60))
