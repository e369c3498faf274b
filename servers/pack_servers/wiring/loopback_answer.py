"""Waiting for a browser to bring an answer: a server on loopback for a single redirect.

Source: RFC 8252, 7.3 (loopback interface redirection) and 8.3 (IP literal in place of `localhost`).
"""

from __future__ import annotations

import queue
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

_ADDRESS: Final = "127.0.0.1"
_PATH: Final = "/"
_SLOWEST: Final = 10.0
"""Seconds that a connection may be silent; browsers open some that they never use."""
_RECEIVED: Final = "PACK has received the answer. You can close this page; the terminal says more."
_FOREIGN: Final = "This is not the answer that PACK waits for."
_SECOND: Final = "PACK waits for no answer, or has received it already."


class _Server(ThreadingHTTPServer):
    """Says nothing of browsers that hang up."""

    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """See `BaseServer.handle_error`, which prints a traceback."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class AnswerServer:
    """Takes one answer on a port of this machine, and no second one.

    Attributes:
        url: Where the browser is to bring it.
    """

    def __init__(self) -> None:
        self._answers: queue.SimpleQueue[Mapping[str, str]] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._is_expected: Callable[[Mapping[str, str]], bool] | None = None
        self._server = _Server((_ADDRESS, 0), self._handler())
        self.url = f"http://{_ADDRESS}:{self._server.server_address[1]}{_PATH}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), name="answer", daemon=True
        )

    def expect(self, is_expected: Callable[[Mapping[str, str]], bool]) -> None:
        """From now on, take the first answer that is the expected one; refuse and forget others.

        Args:
            is_expected: Whether the parameters of a request are that answer.
        """
        with self._lock:
            self._is_expected = is_expected

    def wait(self, seconds: float) -> Mapping[str, str] | None:
        """The parameters of the answer; `None` if none came in time."""
        try:
            return self._answers.get(timeout=seconds)
        except queue.Empty:
            return None

    def start(self) -> None:
        """Take connections."""
        self._thread.start()

    def stop(self) -> None:
        """Take none any more."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _accept(self, answer: Mapping[str, str]) -> tuple[HTTPStatus, str]:
        """What to say to the browser; an expected answer is passed on once."""
        with self._lock:
            if self._is_expected is None:
                return HTTPStatus.GONE, _SECOND
            if not self._is_expected(answer):
                return HTTPStatus.BAD_REQUEST, _FOREIGN
            self._is_expected = None
            return HTTPStatus.OK, _RECEIVED

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        accept, answers = self._accept, self._answers

        class Handler(BaseHTTPRequestHandler):
            timeout = _SLOWEST
            server_version = "PACK"
            sys_version = ""

            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                if parts.path != _PATH:  # a browser asks for an icon, too
                    self._say(HTTPStatus.NOT_FOUND, _FOREIGN)
                    return
                answer = dict(parse_qsl(parts.query))
                status, text = accept(answer)
                try:
                    self._say(status, text)
                finally:
                    if status is HTTPStatus.OK:
                        answers.put(answer)

            def _say(self, status: HTTPStatus, text: str) -> None:
                body = text.encode("ascii")
                self.send_response(status)
                self.send_header("Content-Type", "text/plain; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.send_header("Cache-Control", "no-store")
                self.send_header("Referrer-Policy", "no-referrer")
                self.send_header("Connection", "close")
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as above
                """Nothing: the address that was asked for holds the code."""

        return Handler


@contextmanager
def answer_server() -> Iterator[AnswerServer]:
    """A server that takes an answer inside the `with` block.

    Raises:
        OSError: No port can be had.
    """
    server = AnswerServer()
    server.start()
    try:
        yield server
    finally:
        server.stop()
