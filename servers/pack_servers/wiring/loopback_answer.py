"""Waiting for a browser to bring an answer: a server on loopback for a single redirect.

Source: RFC 8252, 7.3 (loopback interface redirection) and 8.3 (IP literal instead of `localhost`).
"""

from __future__ import annotations

import queue
import secrets
import sys
import threading
from collections.abc import Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, Self
from urllib.parse import parse_qsl, urlsplit

_ADDRESS: Final = "127.0.0.1"
_PATH: Final = "/"
_SLOWEST: Final = 10.0
"""Seconds that a connection may be silent; browsers open some that they never use."""
_RECEIVED: Final = (
    "PACK has received the answer. You can close this page and go back to the terminal."
)
_FOREIGN: Final = "This is not the answer that PACK is waiting for."
_SECOND: Final = "PACK has received an answer already."


class AnswerServer(ThreadingHTTPServer):
    """Takes one answer, inside its `with` block.

    Attributes:
        url: Where the browser brings it.
        state: What its parameter `state` must be; requests without it are refused and forgotten.

    Raises:
        OSError: No port can be had.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__((_ADDRESS, 0), _Handler)
        self.url = f"http://{_ADDRESS}:{self.server_port}{_PATH}"
        self.state = secrets.token_urlsafe(32)
        self._first = threading.Lock()  # acquired by the first answer and never released
        self._answers: queue.SimpleQueue[Mapping[str, str]] = queue.SimpleQueue()
        self._thread = threading.Thread(
            target=self.serve_forever, args=(0.05,), name="answer", daemon=True
        )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()

    def wait(self, seconds: float) -> Mapping[str, str] | None:
        """The parameters of the answer; `None` if none came in time."""
        try:
            return self._answers.get(timeout=seconds)
        except queue.Empty:
            return None

    def judge(self, path: str, answer: Mapping[str, str]) -> tuple[HTTPStatus, str]:
        """What to say to a request."""
        if path != _PATH:  # a browser also asks for an icon
            return HTTPStatus.NOT_FOUND, _FOREIGN
        if not secrets.compare_digest(answer.get("state", "").encode(), self.state.encode()):
            return HTTPStatus.BAD_REQUEST, _FOREIGN
        if not self._first.acquire(blocking=False):
            return HTTPStatus.GONE, _SECOND
        return HTTPStatus.OK, _RECEIVED

    def take(self, answer: Mapping[str, str]) -> None:
        """Hand the answer to whoever waits."""
        self._answers.put(answer)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing about browsers that hang up; `BaseServer` prints a traceback."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    server: AnswerServer
    timeout = _SLOWEST
    server_version = "PACK"
    sys_version = ""

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        answer = dict(parse_qsl(parts.query))
        status, text = self.server.judge(parts.path, answer)
        try:
            self._say(status, text)
        finally:
            # Afterwards, as the command ends with the answer; whoever hung up has answered, too.
            if status is HTTPStatus.OK:
                self.server.take(answer)

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
        """Log nothing: the requested address holds the code."""
