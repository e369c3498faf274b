"""uvicorn with limits on slow clients, and an orderly shutdown.

Why our own protocol class: uvicorn has no time limit for the head of a request, nor for a body that
nobody reads any more. `LimitedProtocol` adds one timer, and our form of error answers,
to its h11 implementation (chosen over httptools: pure Python, and strict about lengths).
"""

from __future__ import annotations

import asyncio
import contextlib
import copy
import logging
import signal
import socket
import threading
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from types import FrameType
from typing import ClassVar, Final

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import HANDLED_SIGNALS

from pack.errors import PackError
from pack_servers.http.access import BAD_REQUEST, SECURITY_HEADERS, TOO_SLOW, HttpRefusal
from pack_servers.http.guard import REFUSED, Guard
from pack_servers.http.tls import (
    HANDSHAKE_SECONDS,
    FindTls,
    PeersOnly,
    TlsForPeers,
    open_tls_sockets,
)

MAX_CONNECTIONS: Final = 128
"""Open at once. A common limit is 256 descriptors per process, and git needs some to write."""
STALL_SECONDS: Final = 60.0
"""In which a client must read something of an answer that waits for it."""
STOP_GRACE: Final = 3.0
"""Seconds that running calls get to finish after a signal."""
FOLLOW_SECONDS: Final = 1.0
"""After which it is looked again where peers are to be served."""

logger = logging.getLogger(__name__)


class LimitedProtocol(H11Protocol):
    """uvicorn's HTTP/1.1 with limits on the time and number of idle connections.

    While no request of a connection is with the application, the client has `read_timeout`
    seconds, in all, to send the rest of what is owed: the unread end of a refused body, and a
    complete next head. Then the connection is closed, with 408 where a head had begun.

    A refused request is the last of its connection, and a connection that was on its way when the
    server began to stop is closed at once, since the server waits for all that are open. Where
    there are too many connections, the one that has been idle longest gives way to a new one, so
    that nobody can take them all.
    """

    read_timeout: ClassVar[float]
    _timer: asyncio.TimerHandle | None = None
    _stall: asyncio.TimerHandle | None = None
    _idle_since: float = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn narrows it
        """Count and time the connection from the start."""
        super().connection_made(transport)
        if self.is_stopping():
            transport.close()
        self._idle_since = self.loop.time()
        opened = [each for each in self.connections if not each.transport.is_closing()]
        if len(opened) > MAX_CONNECTIONS:
            _idlest(opened, self).transport.abort()
        if not transport.is_closing():
            self._watch()

    def data_received(self, data: bytes) -> None:
        """Stop the timer when a head is complete, not at each byte."""
        super().data_received(data)
        if self._is_refused() and self.conn.their_state is h11.IDLE:
            self.transport.close()
        self._watch()

    def on_response_complete(self) -> None:
        """Time what the client still owes."""
        self._idle_since = self.loop.time()
        if self._is_refused() and self.conn.their_state is h11.DONE:
            self.transport.close()
        super().on_response_complete()
        self._watch()

    def pause_writing(self) -> None:
        """Let go of a client that reads nothing for a while of what it asked for."""
        super().pause_writing()
        self._stall = self.loop.call_later(STALL_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """It reads again."""
        self._stop_stall()
        super().resume_writing()

    def _stop_stall(self) -> None:
        if self._stall is not None:
            self._stall.cancel()
            self._stall = None

    def is_stopping(self) -> bool:
        """Whether the server takes no more requests."""
        return False

    def is_idle(self) -> bool:
        """Whether no request of the connection is with the application."""
        return self.cycle is None or self.cycle.response_complete

    def precedence(self) -> tuple[bool, float]:
        """The lowest goes first: first those that have read their answer, by the time of it."""
        return self.transport.get_write_buffer_size() > 0, self._idle_since

    def _is_refused(self) -> bool:
        return self.cycle is not None and self.is_idle() and REFUSED in self.cycle.scope["state"]

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the timers."""
        self._stop_timer()
        self._stop_stall()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002  # uvicorn's text is not ours
        """Answer what h11 could not parse, unless an answer is already under way."""
        self._close_with(BAD_REQUEST)

    def _should_upgrade(self) -> bool:
        # Upgrades are optional to accept (RFC 9110, 7.8); uvicorn's refusal would fill the log.
        return False

    def _watch(self) -> None:
        if not self.is_idle() or self.transport.is_closing():
            self._stop_timer()
        elif self._timer is None:
            self._timer = self.loop.call_later(self.read_timeout, self._expire)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _expire(self) -> None:
        begun = bool(self.conn.trailing_data[0])
        if begun and self.conn.our_state is h11.IDLE:
            self._close_with(TOO_SLOW)
        else:
            self.transport.close()

    def _close_with(self, refusal: HttpRefusal) -> None:
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            fields, body = refusal.content()
            headers = [*fields, *SECURITY_HEADERS]
            head = h11.Response(status_code=refusal.status, headers=headers, reason=b"")
            for event in (head, h11.Data(data=body), h11.EndOfMessage()):
                self.transport.write(self.conn.send(event) or b"")
        self.transport.close()


def _idlest(opened: Iterable[object], newest: LimitedProtocol) -> LimitedProtocol:
    """The connection that can best be spared: the one idle longest, else the newest."""
    idle = [each for each in opened if isinstance(each, LimitedProtocol) and each.is_idle()]
    others = [each for each in idle if each is not newest]
    return min(others, key=LimitedProtocol.precedence, default=newest)


@dataclass(slots=True)
class SecuredPort:
    """Where peers are served over TLS, which changes with the group while the server runs.

    Attributes:
        find: Finds where that is now.
        tls: What is served now; `None` for nothing.
        sockets: Those that listen there.
        servers: What serves them.
        said: The last problem that was logged, so that each is logged once.
    """

    find: FindTls
    tls: TlsForPeers | None = None
    sockets: Sequence[socket.socket] = ()
    servers: list[asyncio.Server] = field(default_factory=list)
    said: str = ""


class GuardedServer(uvicorn.Server):
    """uvicorn that reports when it is ready, ends streams itself and exits with 0."""

    def __init__(
        self,
        config: uvicorn.Config,
        guard: Guard,
        on_started: Callable[[], None],
        secured: SecuredPort | None = None,
    ) -> None:
        super().__init__(config)
        self._following: asyncio.Task[None] | None = None
        self._guard = guard
        self._on_started = on_started
        self._secured = secured

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Report readiness once the application has started."""
        await super().startup(sockets)
        if self.started and self._secured is not None:
            if self._secured.tls is not None:
                await self._listen(self._secured, self._secured.tls)
            self._following = asyncio.create_task(self._follow(self._secured))
        if self.started:
            self._on_started()

    async def _follow(self, secured: SecuredPort) -> None:
        """Have the port for peers be where it is wanted now."""
        while True:
            await asyncio.sleep(FOLLOW_SECONDS)
            try:
                await self._move(secured, await asyncio.to_thread(secured.find))
                secured.said = ""
            except PackError as error:  # as long as it lasts, it is told once
                if str(error) != secured.said:
                    logger.warning("%s", error)
                secured.said = str(error)

    async def _move(self, secured: SecuredPort, tls: TlsForPeers | None) -> None:
        if tls is secured.tls:
            return
        for one in secured.servers:  # what is connected ends by itself
            one.close()
            self.servers.remove(one)
        secured.servers, secured.tls = [], None
        if tls is not None:
            secured.sockets = open_tls_sockets(tls)
            await self._listen(secured, tls)
            secured.tls = tls

    async def _listen(self, secured: SecuredPort, tls: TlsForPeers) -> None:
        """Serve peers over TLS as well: the same application, limits and shutdown."""
        config = copy.copy(self.config)
        config.loaded_app = PeersOnly(self.config.loaded_app)
        kind: Callable[..., asyncio.Protocol] = config.http_protocol_class
        protocol = partial(
            kind,
            config=config,
            server_state=self.server_state,
            app_state=self.lifespan.state,
        )
        for one in secured.sockets:
            made = await asyncio.get_running_loop().create_server(
                protocol,
                sock=one,
                ssl=tls.context,
                backlog=config.backlog,
                ssl_handshake_timeout=HANDSHAKE_SECONDS,
            )
            self.servers.append(made)
            secured.servers.append(made)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End streams now and calls after `STOP_GRACE`, so that uvicorn has nothing to kill."""
        if self._following is not None:
            self._following.cancel()
        self._guard.stop(streams_only=True)
        finish = partial(self._guard.stop, streams_only=False)
        timer = asyncio.get_running_loop().call_later(STOP_GRACE, finish)
        await super().shutdown(sockets)
        timer.cancel()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Treat a signal as a request to stop, in the main thread only."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return

        # uvicorn's own way has two drawbacks. It raises the signal again after the shutdown,
        # which ends in a traceback or in status -15. And sse_starlette looks for its handler and
        # patches it to cut every stream at once, including answers to running calls; with a plain
        # function we control the order of the shutdown.
        def stop(number: int, _frame: FrameType | None) -> None:
            self.force_exit = self.should_exit and number == signal.SIGINT
            self.should_exit = True

        before = {number: signal.signal(number, stop) for number in HANDLED_SIGNALS}
        try:
            yield
        finally:
            for number, previous in before.items():
                signal.signal(number, previous)
