"""An ASGI application on a port of this machine, served by uvicorn in a thread."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

_LAST_ANSWERS = 2.0
"""Seconds that requests under way have to be answered when the server stops."""


class _Server(uvicorn.Server):
    """Tells when it accepts connections."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.is_up = threading.Event()
        self._stop = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self._loop = asyncio.get_running_loop()
        self.is_up.set()

    async def main_loop(self) -> None:
        # Not uvicorn's, which looks ten times a second whether it should end.
        await self._stop.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # Not uvicorn's, which waits a tenth of a second for connections of its own accord.
        for server in self.servers:
            server.close()
        for listener in sockets or []:
            listener.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        if self.server_state.tasks:
            await asyncio.wait(self.server_state.tasks, timeout=_LAST_ANSWERS)

    def end(self) -> None:
        """Stop serving; may be called from any thread."""
        assert self._loop is not None
        self._loop.call_soon_threadsafe(self._stop.set)


class LoopbackServer:
    """Serves an application on 127.0.0.1, always on the same port."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self.port = 0
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def other_host_url(self) -> str:
        """The same server under another host name, for redirects to elsewhere."""
        return f"http://localhost:{self.port}"

    def start(self) -> None:
        """Listen, and return when connections are taken."""
        # Named as TCP, or asyncio leaves Nagle's algorithm on and every answer waits 40 ms.
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self.port))
        self.port = listener.getsockname()[1]
        config = uvicorn.Config(
            self._app, http="h11", ws="none", lifespan="off", log_config=None, access_log=False,
            server_header=False, date_header=False,
        )  # fmt: skip
        self._server = _Server(config)
        self._thread = threading.Thread(
            target=self._server.run, args=([listener],), name="stand-in", daemon=True
        )
        self._thread.start()
        assert self._server.is_up.wait(20), "the stand-in did not start"

    def stop(self) -> None:
        """Close all connections; new ones are refused."""
        if self._server is not None and self._thread is not None:
            self._server.end()
            self._thread.join(20)
            assert not self._thread.is_alive(), "the stand-in did not stop"
        self._server = self._thread = None

    @contextmanager
    def down(self) -> Iterator[None]:
        """Connections are refused inside the `with` block."""
        self.stop()
        try:
            yield
        finally:
            self.start()
