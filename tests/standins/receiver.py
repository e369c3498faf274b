"""A real receiver of webhooks on this machine, which verifies with the `standardwebhooks` library.

It answers what it is told to, one plan after the other, and 204 when there is none left. Nothing in
it waits for longer than the test that uses it.
"""

from __future__ import annotations

import socket
import socketserver
import ssl
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Self

from standardwebhooks import Webhook

# The known answer of the specification (Standard Webhooks, "Signature scheme"), no secret.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
_LONGEST = 20.0


@dataclass(frozen=True)
class Call:
    """A request that arrived whole."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def key(self) -> str:
        return self.headers["webhook-id"]


Answer = Callable[["Receiver", socket.socket], None]


def status(code: int, **headers: str) -> Answer:
    """A complete answer."""
    lines = [f"{name.replace('_', '-').title()}: {value}\r\n" for name, value in headers.items()]
    text = f"HTTP/1.1 {code} X\r\nContent-Length: 0\r\n{''.join(lines)}\r\n"
    return lambda _, connection: connection.sendall(text.encode())


def hang(receiver: Receiver, connection: socket.socket) -> None:
    """No answer, until the receiver is stopped or the sender leaves."""
    connection.settimeout(_LONGEST)
    receiver.hanging.set()
    with suppress(OSError):
        connection.recv(1)


def cut(receiver: Receiver, connection: socket.socket) -> None:
    """The connection ends in the middle of the answer."""
    connection.sendall(b"HTTP/1.1 204 No Con")


def drip(receiver: Receiver, connection: socket.socket) -> None:
    """An answer that comes a byte at a time, for ever: no single wait is long."""
    with suppress(OSError):
        connection.sendall(b"HTTP/1.1 200 OK\r\nx-long: ")
        while not receiver.stopping.wait(0.01):
            connection.sendall(b"x")


def endless(receiver: Receiver, connection: socket.socket) -> None:
    """A good answer whose body has no end."""
    with suppress(OSError):
        connection.sendall(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
        while not receiver.stopping.is_set():
            connection.sendall(b"400\r\n" + b"x" * 1024 + b"\r\n")


@dataclass
class Receiver:
    """Takes webhooks on 127.0.0.1.

    Attributes:
        calls: What arrived, in order.
        plans: What is answered to the next ones.
        always: What is answered when there is no plan.
        context: Speaks TLS; `None` for none.
        secret: What signatures are verified with; `None` for none.
        unverified: Why a signature was not accepted, for each that was not.
        hanging: Set when a sender waits for an answer that does not come.
    """

    calls: list[Call] = field(default_factory=list)
    plans: deque[Answer] = field(default_factory=deque)
    always: Answer = field(default_factory=lambda: status(204))
    context: ssl.SSLContext | None = None
    secret: str | None = SECRET
    unverified: list[str] = field(default_factory=list)
    hanging: threading.Event = field(default_factory=threading.Event)
    stopping: threading.Event = field(default_factory=threading.Event)
    arrived: threading.Condition = field(default_factory=threading.Condition)

    def __enter__(self) -> Self:
        receiver = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                receiver.serve(self.connection, self.rfile)

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
            allow_reuse_address = True
            block_on_close = True

            def finish_request(self, request: Any, client_address: Any) -> None:
                if receiver.context is None:
                    super().finish_request(request, client_address)
                    return
                with suppress(OSError):  # the sender does not trust it
                    secure = receiver.context.wrap_socket(request, server_side=True)
                    with secure:
                        super().finish_request(secure, client_address)

        self._server = Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        )
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._thread.join(_LONGEST)
        self._server.server_close()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def url(self, path: str = "/hook") -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def serve(self, connection: socket.socket, stream: Any) -> None:
        first = stream.readline().decode("ascii").split()
        if len(first) != 3:
            return
        headers: dict[str, str] = {}
        while line := stream.readline().decode("latin-1").strip():
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        body = stream.read(int(headers.get("content-length", "0")))
        self._verify(headers, body)
        with self.arrived:
            self.calls.append(Call(first[1], headers, body))
            answer = self.plans.popleft() if self.plans else self.always
            self.arrived.notify_all()
        answer(self, connection)

    def _verify(self, headers: dict[str, str], body: bytes) -> None:
        if self.secret is None:
            return
        try:
            Webhook(self.secret).verify(body, headers)
        except Exception as error:  # noqa: BLE001 - whatever the library says
            self.unverified.append(repr(error))

    def wait_for(self, count: int) -> None:
        """Return when so many calls have arrived."""
        with self.arrived:
            assert self.arrived.wait_for(lambda: len(self.calls) >= count, _LONGEST), self.calls
