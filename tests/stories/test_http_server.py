"""`serve` in a process of its own, met by MCP clients, browsers' tricks and raw sockets."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
from mcp.client import Client
from mcp.client.sse import sse_client
from mcp.client.streamable_http import streamable_http_client
from pack_servers.http.uvicorn import MAX_CONNECTIONS, LimitedProtocol
from uvicorn.protocols.http.h11_impl import H11Protocol

from tests.stories.prepared import Process, start

CANARY = "canary-7b1e55d0-token"
MIB = 1024 * 1024
DEADLINE = 100.0
"""Seconds until a test gives up; nothing waits for it to pass."""
BRIEF = 1.0
"""Read timeout in seconds of the impatient server."""

PROGRAM = """
import json, os, sys, threading
from mcp.server import MCPServer
from pydantic import SecretStr
from pack.errors import PackError, Unavailable
from pack_servers.http.app import HttpSettings, serve

server = MCPServer("test", log_level="INFO")
broken = threading.Event()

@server.tool()
def echo(text: str) -> str:
    return text

@server.tool()
def wait() -> str:
    print("waiting", flush=True)
    return sys.stdin.readline().strip()

@server.tool()
def break_memory() -> str:
    broken.set()
    return "done"

def health():
    if broken.is_set():
        raise Unavailable("secret path")
    return {"memory": "v2"}

settings = json.loads(sys.argv[1])
token = os.environ.get("PACK_HTTP_TOKEN")
try:
    serve(
        server,
        HttpSettings(token=SecretStr(token) if token else None, **settings),
        health,
        lambda url: print(url, flush=True),
    )
except PackError as error:
    sys.exit(f"{error.code}: {error} {error.remedy}")
print("returned", flush=True)
"""


@dataclass
class Running:
    """A server process."""

    process: Process
    url: str
    log: Path
    token: str | None

    @property
    def address(self) -> tuple[str, int]:
        parts = urlsplit(self.url)
        assert parts.hostname
        assert parts.port
        return parts.hostname, parts.port

    @property
    def host(self) -> bytes:
        return urlsplit(self.url).netloc.encode()

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    def line(self) -> str:
        assert self.process.stdout
        return self.process.stdout.readline().strip()

    def release(self, answer: str) -> None:
        """Let the tool `wait` return."""
        assert self.process.stdin
        self.process.stdin.write(f"{answer}\n")
        self.process.stdin.flush()

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(DEADLINE)


@contextmanager
def running(log: Path, token: str | None = None, **settings: Any) -> Iterator[Running]:
    environment = {k: v for k, v in os.environ.items() if k != "PACK_HTTP_TOKEN"}
    # What uvicorn would read from the environment must change nothing.
    environment |= {"FORWARDED_ALLOW_IPS": "*", "WEB_CONCURRENCY": "4"}
    if token:
        environment["PACK_HTTP_TOKEN"] = token
    with (
        log.open("w", encoding="utf-8") as errors,
        start(
            [json.dumps({"port": 0, **settings})],
            program=PROGRAM,
            env=environment,
            stderr=errors,
            text=True,
        ) as process,
    ):
        try:
            server = Running(process, "", log, token)
            server.url = server.line()
            assert server.url, log.read_text(encoding="utf-8")
            yield server
        finally:
            process.kill()


@pytest.fixture(scope="module")
def log_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("http")


@pytest.fixture(scope="module")
def plain(log_dir: Path) -> Iterator[Running]:
    with running(log_dir / "plain.log") as server:
        yield server


@pytest.fixture(scope="module")
def guarded(log_dir: Path) -> Iterator[Running]:
    with running(log_dir / "guarded.log", CANARY) as server:
        yield server


@pytest.fixture(scope="module")
def impatient(log_dir: Path) -> Iterator[Running]:
    with running(log_dir / "impatient.log", read_timeout=BRIEF) as server:
        yield server


# --- a raw client ----------------------------------------------------------------------------


@dataclass
class Answer:
    """One HTTP response."""

    status: int
    head: bytes
    body: bytes

    def header(self, name: str) -> str | None:
        match = re.search(rb"(?im)^%s: *(.*?)\r?$" % name.encode(), self.head)
        return match[1].decode() if match else None


def connect(server: Running) -> socket.socket:
    return socket.create_connection(server.address, timeout=DEADLINE)


def read_head(connection: socket.socket) -> bytes:
    received = b""
    while b"\r\n\r\n" not in received:
        chunk = connection.recv(1)
        if not chunk:
            break
        received += chunk
    return received


def read_answer(connection: socket.socket, *, has_body: bool = True) -> Answer:
    head = read_head(connection)
    assert head.startswith(b"HTTP/1.1 "), head
    answer = Answer(int(head.split()[1]), head, b"")
    left = int(answer.header("content-length") or 0) if has_body else 0
    while left:
        chunk = connection.recv(left)
        assert chunk, "the answer ends early"
        answer.body += chunk
        left -= len(chunk)
    return answer


def ask(server: Running, request: bytes, **options: bool) -> Answer:
    with connect(server) as connection:
        connection.sendall(request)
        return read_answer(connection, **options)


def request(
    server: Running, *lines: bytes, target: bytes = b"/mcp", method: bytes = b"GET"
) -> bytes:
    first = b"%s %s HTTP/1.1" % (method, target)
    return b"\r\n".join([first, b"Host: " + server.host, *lines, b"", b""])


def post(server: Running, content: bytes, *lines: bytes) -> bytes:
    kind = b"Content-Type: application/json"
    accept = b"Accept: application/json, text/event-stream"
    return request(server, kind, accept, *lines, method=b"POST") + content


def is_closed(connection: socket.socket) -> bool:
    """Wait until the server closes the connection; what it says before is dropped."""
    try:
        while connection.recv(4096):
            pass
    except ConnectionResetError:
        pass
    return True


def takes_connections(server: Running) -> bool:
    try:
        connect(server).close()
    except ConnectionError:
        return False
    return True


INITIALIZE = json.dumps(
    {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {
            "protocolVersion": "2025-06-18",
            "capabilities": {},
            "clientInfo": {"name": "raw", "version": "1"},
        },
    }
).encode()


def open_stream(server: Running) -> socket.socket:
    """A legacy client's event stream, of which the head was read."""
    length = b"Content-Length: %d" % len(INITIALIZE)
    session = ask(server, post(server, INITIALIZE, length)).header("mcp-session-id")
    assert session
    connection = connect(server)
    lines = [b"Accept: text/event-stream", b"Mcp-Session-Id: " + session.encode()]
    connection.sendall(request(server, *lines))
    head = read_head(connection)
    assert head.startswith(b"HTTP/1.1 200"), head
    assert b"text/event-stream" in head
    return connection


# --- official clients ------------------------------------------------------------------------


@asynccontextmanager
async def transport(server: Running) -> AsyncIterator[Any]:
    if server.url.endswith("/sse"):
        async with sse_client(server.url, headers=server.headers) as streams:
            yield streams
    else:
        async with (
            httpx2.AsyncClient(headers=server.headers, timeout=DEADLINE) as client,
            streamable_http_client(server.url, http_client=client) as streams,
        ):
            yield streams


async def call(server: Running, mode: str, tool: str, **arguments: str) -> str:
    async with Client(transport(server), mode=mode) as client:
        await client.list_tools()  # else the client asks for it after the call
        result = await client.call_tool(tool, arguments)
        return str(result.content[0].text)  # type: ignore[union-attr]


@pytest.mark.parametrize("mode", ["auto", "legacy"])
@pytest.mark.parametrize("fixture", ["plain", "guarded"])
def test_both_generations_of_clients_call_tools(
    fixture: str, mode: str, request: pytest.FixtureRequest
) -> None:
    server: Running = request.getfixturevalue(fixture)
    assert asyncio.run(call(server, mode, "echo", text="žluťoučký")) == "žluťoučký"


@pytest.mark.parametrize("token", [None, CANARY])
def test_the_legacy_transport_serves_its_clients(tmp_path: Path, token: str | None) -> None:
    with running(tmp_path / "log", token, sse_only=True) as server:
        assert server.url.endswith("/sse")
        assert asyncio.run(call(server, "legacy", "echo", text="hello")) == "hello"
        bearer = [b"Authorization: Bearer " + token.encode()] if token else []
        assert ask(server, request(server, *bearer)).status == 404  # /mcp is not there
        unsigned = ask(server, request(server, b"Accept: text/event-stream", target=b"/messages/"))
        assert unsigned.status == (401 if token else 405)


def test_a_client_without_the_token_gets_nothing(guarded: Running) -> None:
    stranger = Running(guarded.process, guarded.url, guarded.log, "wrong")
    with pytest.raises((BaseExceptionGroup, Exception)) as caught:  # the client's own choice
        asyncio.run(call(stranger, "auto", "echo", text="hello"))
    assert "hello" not in str(caught.value)


# --- the refusals ----------------------------------------------------------------------------

HOSTILE_HOSTS = {
    b"evil.example": 421,
    b"evil.example:PORT": 421,
    b"127.0.0.1": 421,
    b"localhost": 421,
    b"127.0.0.1:1": 421,
    b"127.0.0.1.evil.example:PORT": 421,
    b"127.1:PORT": 421,
    b"2130706433:PORT": 421,
    b"[::ffff:127.0.0.1]:PORT": 421,
    b"127.0.0.1:80.evil.example": 400,
    b"127.0.0.1:PORT.evil.example": 400,
    b"127.0.0.1:PORT@evil": 400,
    b"user@127.0.0.1:PORT": 400,
    b"localhost.:PORT": 400,
    b"localhost.": 400,
    b"LOCALHOST.EVIL.EXAMPLE:PORT": 421,
    b"127.0.0.1:PORT\tevil": 400,
    b"127.0.0.1:PORT, evil": 400,
    b"127.0.0.1:PORT\r\n evil": 400,
    b"127.0.0.1:PORT\r\nHost: evil": 400,
    b"127.0.0.1:PORT\r\nHost: 127.0.0.1:PORT": 400,
    b"127.0.0.1:PORT\x00": 400,
    b"127.0.0.1:PORT\xff": 400,
    b"127.0.0.1:": 400,
    b"": 400,
}


@pytest.mark.parametrize(("host", "status"), HOSTILE_HOSTS.items())
@pytest.mark.parametrize("target", [b"/mcp", b"/health"])
def test_a_hostile_host_is_refused(plain: Running, host: bytes, status: int, target: bytes) -> None:
    host = host.replace(b"PORT", str(plain.address[1]).encode())
    answer = ask(plain, b"GET %s HTTP/1.1\r\nHost: %s\r\n\r\n" % (target, host))
    assert answer.status == status
    assert b"evil" not in answer.head + answer.body


@pytest.mark.parametrize("host", [b"127.0.0.1", b"localhost", b"LOCALHOST", b"[::1]"])
def test_the_names_of_the_loopback_interface_are_answered(plain: Running, host: bytes) -> None:
    host += b":%d" % plain.address[1]
    answer = ask(plain, b"GET /health HTTP/1.1\r\nHost:\t%s \r\n\r\n" % host)
    assert answer.status == 200


HOSTILE_ORIGINS = [
    b"null",
    b"http://evil.example",
    b"http://127.0.0.1:80.evil.example",
    b"http://127.0.0.1:PORT.evil.example",
    b"http://127.0.0.1:PORT@evil.example",
    b"http://localhost:PORT, http://evil.example",
    b"http://localhost:PORT\r\nOrigin: http://localhost:PORT",
    b"http://localhost:1",
    b"http://localhost",
    b"https://localhost:PORT",
    b"",
]


@pytest.mark.parametrize("origin", HOSTILE_ORIGINS)
@pytest.mark.parametrize("method", [b"GET", b"POST", b"OPTIONS"])
def test_a_hostile_origin_is_refused_without_a_grant(
    plain: Running, origin: bytes, method: bytes
) -> None:
    origin = origin.replace(b"PORT", str(plain.address[1]).encode())
    answer = ask(plain, request(plain, b"Origin: " + origin, method=method))
    assert answer.status == 403
    assert b"access-control" not in answer.head.lower()


@pytest.mark.parametrize("target", [b"/mcp", b"/health", b"/nowhere"])
def test_a_preflight_gets_no_grant_even_from_our_own_origin(plain: Running, target: bytes) -> None:
    lines = [
        b"Origin: http://" + plain.host,
        b"Access-Control-Request-Method: POST",
        b"Access-Control-Request-Private-Network: true",
    ]
    answer = ask(plain, request(plain, *lines, method=b"OPTIONS", target=target))
    assert answer.status == 405
    assert b"access-control" not in answer.head.lower()


@pytest.mark.parametrize("kind", [b"text/plain", b"application/x-www-form-urlencoded"])
def test_what_a_page_may_post_without_asking_is_refused(plain: Running, kind: bytes) -> None:
    lines = [b"Content-Type: " + kind, b"Content-Length: 2"]
    assert ask(plain, request(plain, *lines, method=b"POST") + b"{}").status == 415


def test_an_image_on_a_foreign_page_opens_nothing(plain: Running) -> None:
    lines = [b"Sec-Fetch-Site: cross-site", b"Sec-Fetch-Mode: no-cors", b"Accept: */*"]
    assert ask(plain, request(plain, *lines)).status == 403


def test_a_websocket_handshake_is_not_accepted(plain: Running) -> None:
    lines = [
        b"Connection: Upgrade",
        b"Upgrade: websocket",
        b"Sec-WebSocket-Version: 13",
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ]
    assert ask(plain, request(plain, *lines, target=b"/x")).status == 404
    answer = ask(plain, request(plain, *lines, b"Origin: http://evil.example"))
    assert answer.status == 403


MALFORMED = [
    b"GET http://evil.example/ HTTP/1.1\r\nHost: HOST\r\n\r\n",
    b"GET http://HOST/mcp HTTP/1.1\r\nHost: HOST\r\n\r\n",
    b"CONNECT evil.example:80 HTTP/1.1\r\nHost: HOST\r\n\r\n",
    b"OPTIONS * HTTP/1.1\r\nHost: HOST\r\n\r\n",
    b"GET /mcp HTTP/1.1\r\n\r\n",
    b"GET /mcp HTTP/1.0\r\n\r\n",
    b"GET /mcp\r\n\r\n",
    b"GET /mcp HTTP/1.1\r\nHost : HOST\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    b"POST /mcp HTTP/1.1\r\nHost: HOST\r\nContent-Type: application/json\r\n"
    b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"POST /mcp HTTP/1.1\r\nHost: HOST\r\nContent-Type: application/json\r\n"
    b"Content-Length: 4\r\nContent-Length: 5\r\n\r\n",
    b"POST /mcp HTTP/1.1\r\nHost: HOST\r\nContent-Type: application/json\r\n"
    b"Content-Length: 4, 5\r\n\r\n",
    b"POST /mcp HTTP/1.1\r\nHost: HOST\r\nContent-Length: -4\r\n\r\n",
    b"POST /mcp HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
    b"POST /mcp HTTP/1.0\r\nHost: HOST\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"POST /mcp HTTP/1.1\r\nHost: HOST\r\nContent-Type: application/json\r\n"
    b"Transfer-Encoding: chunked\r\n\r\nnonsense\r\n",
    b"GET /mcp HTTP/1.1\r\nHost: HOST\r\nX: " + b"x" * 20_000,
]


@pytest.mark.parametrize("raw", MALFORMED)
def test_malformed_http_is_a_400_in_our_form_and_closes(plain: Running, raw: bytes) -> None:
    with connect(plain) as connection:
        connection.sendall(raw.replace(b"HOST", plain.host))
        answer = read_answer(connection)
        if answer.header("connection") == "close":
            assert is_closed(connection)
    assert answer.status == 400
    assert set(json.loads(answer.body)) == {"code", "message", "remedy"}
    assert answer.header("x-content-type-options") == "nosniff"
    assert answer.header("server") is None


def test_what_is_not_there_is_404_and_nothing_redirects(plain: Running) -> None:
    for target in (b"/", b"/mcp/", b"//mcp", b"/sse", b"/messages/", b"/docs", b"/health/"):
        assert ask(plain, request(plain, target=target)).status == 404, target


# --- health ----------------------------------------------------------------------------------


def test_health_tells_state_and_version_to_anyone(guarded: Running) -> None:
    answer = ask(guarded, request(guarded, target=b"/health"))
    assert answer.status == 200
    assert json.loads(answer.body) == {"status": "ok", "version": "2.0.0", "memory": "v2"}
    assert answer.header("cache-control") == "no-store"
    assert answer.header("server") is None
    head = ask(guarded, request(guarded, target=b"/health", method=b"HEAD"), has_body=False)
    assert head.status == 200


def test_health_is_read_only(plain: Running) -> None:
    answer = ask(plain, request(plain, target=b"/health", method=b"DELETE"))
    assert answer.status == 405
    assert answer.header("allow") == "GET, HEAD"


def test_health_of_a_memory_in_trouble_is_503_without_its_details(tmp_path: Path) -> None:
    with running(tmp_path / "log") as server:
        asyncio.run(call(server, "auto", "break_memory"))
        answer = ask(server, request(server, target=b"/health"))
    assert answer.status == 503
    assert json.loads(answer.body)["code"] == "unavailable"
    assert b"secret" not in answer.body


# --- token -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("target", "lines"),
    [
        (b"/mcp", []),
        (b"/nowhere", []),
        (b"/mcp?access_token=" + CANARY.encode(), []),
        (b"/mcp", [b"Authorization: Bearer wrong"]),
        (b"/mcp", [b"Authorization: Basic " + CANARY.encode()]),
        (b"/mcp", [b"Authorization: Bearer " + CANARY.encode()] * 2),
        (b"/mcp", [b"Cookie: token=" + CANARY.encode()]),
    ],
)
def test_everything_but_health_needs_the_token(
    guarded: Running, target: bytes, lines: list[bytes]
) -> None:
    answer = ask(guarded, request(guarded, *lines, target=target))
    assert answer.status == 401
    assert answer.header("www-authenticate") == "Bearer"
    assert CANARY.encode() not in answer.head + answer.body


def test_the_token_is_never_logged(tmp_path: Path) -> None:
    bearer = b"Authorization: Bearer " + CANARY.encode()
    with running(tmp_path / "log", CANARY) as server:
        asyncio.run(call(server, "legacy", "echo", text="hello"))
        ask(server, request(server, bearer, target=b"/mcp?token=" + CANARY.encode()))
        ask(server, request(server, bearer, b"broken header"))
        ask(server, request(server, bearer, b"Mcp-Session-Id: unknown"))
        ask(server, request(server, bearer, bearer))
        assert server.end() == 0
        assert server.process.stdout
        output = server.process.stdout.read() + server.log.read_text(encoding="utf-8")
    assert "returned" in output
    assert CANARY not in output


# --- messages --------------------------------------------------------------------------------


@pytest.mark.parametrize("settings", [{}, {"stateless": True}, {"sse_only": True}])
def test_bodies_that_are_no_message_are_answered_in_plain_words_and_not_logged(
    settings: dict[str, bool], tmp_path: Path
) -> None:
    target = b"/messages/" if "sse_only" in settings else b"/mcp"
    with running(tmp_path / "log", **settings) as server:
        for body in (b"[]", b"[{}]", b"{}", b"null", b"7", b'{"jsonrpc":"2.0","id":1}', b"{", b""):
            asked = post(server, body, b"Content-Length: %d" % len(body))
            answer = ask(server, asked.replace(b"/mcp", target, 1))
            assert answer.status == 400
            said = json.loads(answer.body)["error"]["message"]
            assert "alidation" not in said
            assert len(said) < 100
        assert server.end() == 0
        log = server.log.read_text(encoding="utf-8")
        assert not any(word in log for word in ("Traceback", "WARNING", "ERROR")), log


# --- size ------------------------------------------------------------------------------------


def test_a_body_of_the_limit_is_read_and_one_byte_more_is_not(plain: Running) -> None:
    exact = ask(plain, post(plain, b" " * 4 * MIB, b"Content-Length: %d" % (4 * MIB)))
    assert exact.status == 400  # it is read, and is not JSON
    # Refused at once: none of the body is sent.
    answer = ask(plain, post(plain, b"", b"Content-Length: %d" % (4 * MIB + 1)))
    assert answer.status == 413
    assert json.loads(answer.body)["code"] == "body_too_large"


def test_chunks_are_counted(plain: Running) -> None:
    chunk = b"%x\r\n%s\r\n" % (MIB, b" " * MIB)
    coding = b"Transfer-Encoding: chunked"
    answer = ask(plain, post(plain, chunk * 4 + b"0\r\n\r\n", coding))
    assert answer.status == 400  # within the limit, and not JSON
    with connect(plain) as connection:
        connection.sendall(post(plain, chunk * 4 + b"1\r\n \r\n", coding))
        assert read_answer(connection).status == 413
        # The end that the client still sends is dropped, and the connection goes on.
        connection.sendall(b"0\r\n\r\n" + request(plain, target=b"/health"))
        assert read_answer(connection).status == 200


def test_a_client_that_asks_first_does_not_send_a_refused_body(plain: Running) -> None:
    expect = b"Expect: 100-continue"
    assert ask(plain, post(plain, b"", expect, b"Content-Length: 9999999")).status == 413
    with connect(plain) as connection:
        connection.sendall(post(plain, b"", expect, b"Content-Length: %d" % len(INITIALIZE)))
        assert read_head(connection).startswith(b"HTTP/1.1 100")
        connection.sendall(INITIALIZE)
        assert read_head(connection).startswith(b"HTTP/1.1 200")


# --- time ------------------------------------------------------------------------------------


def test_a_connection_that_says_nothing_is_closed(impatient: Running) -> None:
    with connect(impatient) as connection:
        assert connection.recv(1) == b""


def test_a_slow_head_is_cut_although_bytes_keep_coming(impatient: Running) -> None:
    with connect(impatient) as connection:
        stop = threading.Event()

        def drip() -> None:
            try:
                connection.sendall(b"GET /health HTTP/1.1\r\nX: ")
                while not stop.wait(BRIEF / 10):
                    connection.sendall(b"x")
            except OSError:
                return

        dripping = threading.Thread(target=drip)
        dripping.start()
        answer = read_answer(connection)
        stop.set()
        dripping.join(DEADLINE)
    assert answer.status == 408
    assert json.loads(answer.body)["code"] == "request_timeout"


def test_the_next_head_of_a_connection_is_timed_too(impatient: Running) -> None:
    with connect(impatient) as connection:
        connection.sendall(request(impatient, target=b"/health"))
        assert read_answer(connection).status == 200
        connection.sendall(b"GET /hea")
        assert read_answer(connection).status == 408
        assert is_closed(connection)


@pytest.mark.parametrize(
    "begin", [(b"Content-Length: 100", b"{"), (b"Transfer-Encoding: chunked", b"5\r\n{")]
)
def test_a_slow_body_is_cut(impatient: Running, begin: tuple[bytes, bytes]) -> None:
    length, content = begin
    with connect(impatient) as connection:
        connection.sendall(post(impatient, content, length))
        assert read_answer(connection).status == 408
        assert is_closed(connection)


def test_the_rest_of_a_refused_body_is_not_waited_for_longer(impatient: Running) -> None:
    with connect(impatient) as connection:
        connection.sendall(post(impatient, b"x", b"Content-Length: 9999999"))
        assert read_answer(connection).status == 413
        assert is_closed(connection)


def test_streams_and_long_calls_outlive_the_read_timeout(tmp_path: Path) -> None:
    with running(tmp_path / "log", read_timeout=BRIEF) as server, open_stream(server) as stream:
        answers: list[str] = []

        def long_call() -> None:
            answers.append(asyncio.run(call(server, "auto", "wait")))

        calling = threading.Thread(target=long_call)
        calling.start()
        assert server.line() == "waiting"
        for _ in range(2):  # twice as long as a silent connection lives
            with connect(server) as idle:
                assert idle.recv(1) == b""
        stream.setblocking(False)
        with pytest.raises(BlockingIOError):
            stream.recv(1)
        server.release("released")
        calling.join(DEADLINE)
    assert answers == ["released"]


def test_the_connection_that_is_idle_longest_gives_way_to_a_new_one(tmp_path: Path) -> None:
    with running(tmp_path / "log") as server, ExitStack() as stack:
        health = request(server, target=b"/health")
        stream = stack.enter_context(open_stream(server))
        opened = []
        for _ in range(MAX_CONNECTIONS - 1):
            opened.append(stack.enter_context(connect(server)))
            opened[-1].sendall(health)
            assert read_answer(opened[-1]).status == 200
        opened[0].sendall(health)
        assert read_answer(opened[0]).status == 200
        surplus = stack.enter_context(connect(server))
        surplus.sendall(health)
        assert read_answer(surplus).status == 200
        assert is_closed(opened[1])
        for other in (opened[0], opened[2], opened[-1]):
            other.sendall(health)
            assert read_answer(other).status == 200
        stream.setblocking(False)
        with pytest.raises(BlockingIOError):
            stream.recv(1)


def test_where_all_connections_are_busy_a_new_one_is_closed(tmp_path: Path) -> None:
    with running(tmp_path / "log") as server, ExitStack() as stack:
        busy = [stack.enter_context(connect(server)) for _ in range(MAX_CONNECTIONS)]
        waiting = (b"Content-Length: %d" % len(INITIALIZE), b"Expect: 100-continue")
        for connection in busy:
            connection.sendall(post(server, b"", *waiting))
            assert read_head(connection).startswith(b"HTTP/1.1 100")  # now it waits for the body
        with connect(server) as surplus:
            assert is_closed(surplus)
        busy[0].sendall(INITIALIZE)
        assert read_head(busy[0]).startswith(b"HTTP/1.1 200")


FOREIGN = b"Host: evil.example"


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"GET /mcp HTTP/1.1\r\nHost: evil.example\r\n\r\n", 421),
        (b"POST /mcp HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 2\r\n\r\n{}", 421),
        (b"GET /mcp HTTP/1.1\r\nHost: %s\r\nOrigin: http://evil.example\r\n\r\n", 403),
        (
            b"POST /mcp HTTP/1.1\r\nHost: %s\r\nOrigin: http://evil.example\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
            403,
        ),
        (b"POST /mcp HTTP/1.1\r\nHost: %s\r\nContent-Length: 2\r\n\r\n{}", 415),
        (b"PUT /mcp HTTP/1.1\r\nHost: %s\r\n\r\n", 405),
        (b"GET /nothing HTTP/1.1\r\nHost: %s\r\n\r\n", 404),
        (b"DELETE /health HTTP/1.1\r\nHost: %s\r\n\r\n", 405),
    ],
)
def test_a_refused_connection_is_closed(plain: Running, raw: bytes, status: int) -> None:
    with connect(plain) as connection:
        connection.sendall(raw.replace(b"%s", plain.host))
        assert read_answer(connection).status == status
        assert is_closed(connection)


def test_a_connection_without_the_token_is_closed(guarded: Running) -> None:
    with connect(guarded) as connection:
        connection.sendall(post(guarded, INITIALIZE, b"Content-Length: %d" % len(INITIALIZE)))
        assert read_answer(connection).status == 401
        assert is_closed(connection)


def test_a_client_that_is_refused_while_it_sends_still_reads_why(plain: Running) -> None:
    with connect(plain) as connection:
        lines = (FOREIGN, b"Content-Length: %d" % (3 * MIB))
        connection.sendall(b"\r\n".join([b"POST /mcp HTTP/1.1", *lines, b"", b""]))
        connection.sendall(b"x" * (3 * MIB))
        assert read_answer(connection).status == 421
        assert is_closed(connection)


def test_strangers_that_come_in_numbers_keep_nobody_out(tmp_path: Path) -> None:
    with running(tmp_path / "log") as server, ExitStack() as stack:
        evil = [
            b"GET /health HTTP/1.1\r\nHost: evil.example\r\n\r\n",
            b"GET /health HTTP/1.1\r\nHost: " + server.host + b"\r\nOrigin: null\r\n\r\n",
            b"POST /mcp HTTP/1.1\r\n",  # a head that does not end
            b"",
        ]
        for number in range(2 * MAX_CONNECTIONS):
            stranger = stack.enter_context(connect(server))
            stranger.sendall(evil[number % len(evil)])
        assert ask(server, request(server, target=b"/health")).status == 200
        assert asyncio.run(call(server, "legacy", "echo", text="hello")) == "hello"


def test_sessions_that_nobody_uses_keep_nobody_out(tmp_path: Path) -> None:
    with running(tmp_path / "log", max_sessions=5) as server:
        opening = post(server, INITIALIZE, b"Content-Length: %d" % len(INITIALIZE))
        stream = open_stream(server)  # what is in use stays
        first, *others = (ask(server, opening).header("mcp-session-id") for _ in range(20))
        assert None not in (first, *others)
        assert len({first, *others}) == 20
        assert asyncio.run(call(server, "legacy", "echo", text="hello")) == "hello"
        ping = b'{"jsonrpc": "2.0", "id": 2, "method": "ping"}'
        statuses = [
            ask(
                server,
                post(
                    server,
                    ping,
                    b"Content-Length: %d" % len(ping),
                    b"Mcp-Session-Id: " + str(session).encode(),
                ),
            ).status
            for session in (first, others[-1])
        ]
        assert statuses == [404, 200]
        stream.setblocking(False)
        with pytest.raises(BlockingIOError):
            stream.recv(1)
        stream.close()


# --- the end ---------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("sse_only", [False, True])
def test_a_signal_ends_open_streams_and_the_process_with_success(
    tmp_path: Path, number: signal.Signals, sse_only: bool
) -> None:
    with running(tmp_path / "log", sse_only=sse_only) as server:
        if sse_only:
            stream = connect(server)
            stream.sendall(request(server, target=b"/sse"))
            assert b" 200 " in read_head(stream)
        else:
            stream = open_stream(server)
        with stream, connect(server):
            assert server.end(number) == 0
            received = b""
            while chunk := stream.recv(4096):
                received += chunk
        assert server.line() == "returned"
        log = server.log.read_text(encoding="utf-8")
    assert received.endswith(b"0\r\n\r\n")  # a proper end, not a broken connection
    assert "Traceback" not in log
    assert "ERROR" not in log


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_a_running_call_is_answered_after_the_signal(tmp_path: Path, mode: str) -> None:
    with running(tmp_path / "log") as server:
        answers: list[str] = []
        calling = threading.Thread(
            target=lambda: answers.append(asyncio.run(call(server, mode, "wait")))
        )
        calling.start()
        assert server.line() == "waiting"
        server.process.send_signal(signal.SIGTERM)
        while takes_connections(server):  # until it has understood
            pass
        server.release("whole")
        calling.join(DEADLINE)
        assert server.process.wait(DEADLINE) == 0
    assert answers == ["whole"]


def test_a_broken_body_under_a_running_answer_leaves_no_traceback(tmp_path: Path) -> None:
    with running(tmp_path / "log") as server:
        with connect(server) as connection:
            connection.sendall(post(server, b"", b"Transfer-Encoding: chunked"))
            connection.sendall(b"nonsense\r\n")
            assert is_closed(connection)
        refused = post(server, b"", b"Origin: http://evil.example", b"Transfer-Encoding: chunked")
        with connect(server) as connection:
            connection.sendall(refused)
            assert read_answer(connection).status == 403
            connection.sendall(b"nonsense\r\n")
            assert is_closed(connection)
        with open_stream(server) as stream:
            stream.sendall(b"nonsense\r\n\r\n")
            assert ask(server, request(server, target=b"/health")).status == 200
        assert server.end() == 0
        assert "Traceback" not in server.log.read_text(encoding="utf-8")


# --- start -----------------------------------------------------------------------------------


def fail_to_start(**settings: Any) -> str:
    environment = {k: v for k, v in os.environ.items() if k != "PACK_HTTP_TOKEN"}
    process = start([json.dumps(settings)], program=PROGRAM, env=environment)
    out, said = process.communicate(timeout=DEADLINE)
    assert process.returncode == 1
    assert out == b""
    return str(said.decode())


def test_a_taken_port_is_told_in_one_line(plain: Running) -> None:
    port = plain.address[1]
    message = fail_to_start(port=port)
    assert f"port {port} is in use by another program; use --port" in message
    assert "Traceback" not in message


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1"])
def test_a_wide_bind_without_token_does_not_start(host: str) -> None:
    message = fail_to_start(host=host, port=0)
    assert "PACK_HTTP_TOKEN" in message
    assert "Traceback" not in message


def test_a_wide_bind_with_a_token_serves_by_any_name(tmp_path: Path) -> None:
    with running(tmp_path / "log", CANARY, host="0.0.0.0") as server:
        assert asyncio.run(call(server, "auto", "echo", text="hello")) == "hello"
        named = b"GET /mcp HTTP/1.1\r\nHost: nas.lan:8080\r\n\r\n"
        assert ask(server, named).status == 401


def test_localhost_listens_on_all_its_addresses(tmp_path: Path) -> None:
    with running(tmp_path / "log", host="localhost") as server:
        assert server.url.startswith("http://localhost:")
        found = socket.getaddrinfo(*server.address, type=socket.SOCK_STREAM)
        reached = 0
        for family, kind, *_, address in found:
            with socket.socket(family, kind) as connection:
                connection.settimeout(DEADLINE)
                try:
                    connection.connect(address)
                except OSError:  # the family is configured in name only
                    continue
                connection.sendall(request(server, target=b"/health"))
                assert read_answer(connection).status == 200
                reached += 1
        assert reached


def test_uvicorn_has_what_our_protocol_builds_on() -> None:
    assert issubclass(LimitedProtocol, H11Protocol)
    for name in ("send_400_response", "_should_upgrade", "on_response_complete"):
        assert callable(getattr(H11Protocol, name)), name
