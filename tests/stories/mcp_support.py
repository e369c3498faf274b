"""Servers of one memory in processes of their own, official clients for them, and git's verdict."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, IncompleteRead
from itertools import takewhile
from pathlib import Path
from typing import Any, Literal, TypeVar

import anyio
import httpx2
import pytest
from mcp.client import Client
from mcp.client.sse import sse_client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp.types import CallToolResult, TextContent
from pack_servers.config.settings import Settings
from pack_servers.mcp.server import build_server
from pack_servers.wiring.local import LocalPlace
from pack_servers.wiring.memory import init_memory, open_memory

from tests.stories.prepared import COMMAND as PACK
from tests.stories.prepared import Process, pack_command, start
from tests.support import make_again

DEADLINE = 60.0
"""Seconds until a test gives up; nothing waits for it to pass."""

Kind = Literal["memory", "stdio", "http", "sse"]
CONNECTIONS: list[tuple[Kind, str]] = [
    ("memory", "auto"),
    ("memory", "legacy"),
    ("stdio", "auto"),
    ("stdio", "legacy"),
    ("http", "auto"),
    ("http", "legacy"),
    ("sse", "legacy"),
]

ONE_OF_EACH = [
    ("memory", "auto"),
    ("stdio", "legacy"),
    ("http", "auto"),
    ("sse", "legacy"),
    pytest.param("memory", "legacy", marks=pytest.mark.soak),
    pytest.param("stdio", "auto", marks=pytest.mark.soak),
    pytest.param("http", "legacy", marks=pytest.mark.soak),
]
"""For what does not depend on both at once: each connection and each generation of clients."""

_TRANSPORT: dict[Kind, list[str]] = {"http": ["--http"], "sse": ["--sse-only"]}

_Result = TypeVar("_Result")


# --- memories --------------------------------------------------------------------------------


def make_memory(folder: Path) -> Path:
    """A new memory with the starter files."""
    make_again(_init, folder)
    return folder


def _init(folder: Path) -> None:
    place = LocalPlace(folder)
    assert place.begin_on_use(create=True)
    init_memory(Settings(), place)


def git(folder: Path, *arguments: str) -> str:
    """What a git command prints about a memory."""
    done = subprocess.run(
        ["git", "-C", str(folder), *arguments], capture_output=True, check=True, timeout=DEADLINE
    )
    return done.stdout.decode("utf-8")


def commits(folder: Path) -> int:
    return int(git(folder, "rev-list", "--count", "HEAD"))


def subjects(folder: Path) -> list[str]:
    return git(folder, "log", "--format=%s").splitlines()


def commit_by_hand(folder: Path, path: str, text: str | None) -> None:
    """Write a file, or remove it, and commit that with git alone."""
    file = folder / path
    if text is None:
        file.unlink()
    else:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    git(folder, "add", "-A", "--", path)
    who = ("-c", "user.name=Test User", "-c", "user.email=user@example.org")
    git(folder, *who, "commit", "--quiet", "-m", f"by hand: {path}")


def assert_sound(folder: Path) -> None:
    """Git finds no fault, nothing is uncommitted, history is linear, no lock is left."""
    assert git(folder, "fsck", "--strict", "--no-dangling") == ""
    assert git(folder, "status", "--porcelain") == ""
    assert git(folder, "rev-list", "--min-parents=2", "--count", "HEAD").strip() == "0"
    assert [str(file) for file in (folder / ".git").rglob("*.lock")] == []


# --- servers ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class HttpServer:
    """A server process on a socket of its own."""

    process: Process
    url: str
    log: Path


@contextmanager
def http_server(folder: Path, log: Path, kind: Kind = "http") -> Iterator[HttpServer]:
    """Serve a memory until the end of the block; it may be dead by then."""
    with (
        log.open("w", encoding="utf-8") as errors,
        start(
            ["serve", "--local", str(folder), "--port", "0", *_TRANSPORT[kind]],
            stdin=subprocess.DEVNULL,
            stderr=errors,
            text=True,
            start_new_session=True,
        ) as process,
    ):
        try:
            assert process.stdout
            said = "".join(takewhile(str.strip, process.stdout))
            url = re.search(r"(?m)^serving +(\S+)", said)
            assert url, said + log.read_text(encoding="utf-8")
            yield HttpServer(process, url[1], log)
        finally:
            process.kill()


def stdio_parameters(folder: Path) -> StdioServerParameters:
    return StdioServerParameters(
        command=pack_command(), args=["serve", "--local", str(folder)], env=dict(os.environ)
    )


# --- clients ---------------------------------------------------------------------------------


def run(story: Callable[[], Awaitable[_Result]]) -> _Result:
    """The result of a story, which fails when it takes too long."""

    async def bounded() -> _Result:
        with anyio.fail_after(DEADLINE):
            return await story()

    return asyncio.run(bounded())


@asynccontextmanager
async def _stdio(folder: Path, log: Path) -> AsyncIterator[Any]:
    with log.open("a", encoding="utf-8") as errors:
        async with stdio_client(stdio_parameters(folder), errlog=errors) as streams:
            yield streams


@asynccontextmanager
async def _http(url: str, is_closing: anyio.Event) -> AsyncIterator[Any]:
    if url.endswith("/sse"):
        try:
            async with sse_client(url) as streams:
                yield streams
        except* anyio.BrokenResourceError:
            # The SDK's client stumbles over a message that comes while it is being closed.
            if not is_closing.is_set():
                raise
    else:
        async with (
            httpx2.AsyncClient(timeout=DEADLINE) as client,
            streamable_http_client(url, http_client=client) as streams,
        ):
            yield streams


@asynccontextmanager
async def http_client(url: str, mode: str, **options: Any) -> AsyncIterator[Client]:
    """An official client for a server on a socket."""
    is_closing = anyio.Event()
    async with Client(_http(url, is_closing), mode=mode, **options) as client:
        yield client
        is_closing.set()


def stdio_client_for(folder: Path, log: Path, mode: str, **options: Any) -> Client:
    """An official client that starts the installed command itself."""
    return Client(_stdio(folder, log), mode=mode, **options)


@asynccontextmanager
async def connected(
    kind: Kind, folder: Path, logs: Path, mode: str, **options: Any
) -> AsyncIterator[Client]:
    """A client of a server of its own, whatever is between them."""
    if kind == "memory":
        with open_memory(Settings(), LocalPlace(folder)) as memory:
            async with Client(build_server(memory), mode=mode, **options) as client:
                yield client
    elif kind == "stdio":
        log = logs / "stdio.log"
        async with stdio_client_for(folder, log, mode, **options) as client:
            yield client
        assert log.read_text(encoding="utf-8") == ""
    else:
        with http_server(folder, logs / "http.log", kind) as server:
            async with http_client(server.url, mode, **options) as client:
                yield client
            assert server.log.read_text(encoding="utf-8") == ""


async def call(client: Client, tool: str, /, **arguments: Any) -> dict[str, Any]:
    """The structured content of a call that succeeds."""
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, texts(result)
    assert isinstance(result.structured_content, Mapping)
    return dict(result.structured_content)


async def refused(client: Client, tool: str, /, **arguments: Any) -> dict[str, Any]:
    """The structured content of a call that is refused."""
    result = await client.call_tool(tool, arguments)
    assert result.is_error, texts(result)
    assert isinstance(result.structured_content, Mapping), texts(result)
    return dict(result.structured_content)


def texts(result: CallToolResult) -> list[str]:
    """The text blocks of an answer, as a model reads them."""
    assert all(isinstance(block, TextContent) for block in result.content)
    return [block.text for block in result.content if isinstance(block, TextContent)]


# --- raw JSON-RPC over stdio -----------------------------------------------------------------


def request(number: object, method: str, **params: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": params}


def tool_call(number: object, tool: str, /, **arguments: Any) -> dict[str, Any]:
    return request(number, "tools/call", name=tool, arguments=arguments)


INITIALIZE = request(
    "init",
    "initialize",
    protocolVersion="2025-06-18",
    capabilities={},
    clientInfo={"name": "raw", "version": "1"},
)
INITIALIZED = {"jsonrpc": "2.0", "method": "notifications/initialized"}


@dataclass
class RawServer:
    """`pack serve` over pipes that a test writes to and reads from byte by byte."""

    process: Process
    log: Path

    def send_bytes(self, content: bytes) -> None:
        assert self.process.stdin
        self.process.stdin.write(content)
        self.process.stdin.flush()

    def send(self, message: object) -> None:
        self.send_bytes(json.dumps(message).encode() + b"\n")

    def read(self) -> dict[str, Any]:
        """The next message; everything on stdout must be one."""
        assert self.process.stdout
        line = self.process.stdout.readline()
        assert line, self.errors()
        return self.parse(line)

    def parse(self, line: bytes) -> dict[str, Any]:
        message = json.loads(line)
        assert message["jsonrpc"] == "2.0"
        assert isinstance(message, dict)
        return message

    def answer(self, number: object) -> dict[str, Any]:
        """The answer to a request; notifications before it are dropped."""
        while True:
            message = self.read()
            if "method" not in message and message.get("id") == number:
                return message

    def ask(self, message: dict[str, Any]) -> dict[str, Any]:
        self.send(message)
        return self.answer(message["id"])

    def open(self) -> None:
        """Shake hands."""
        assert "result" in self.ask(INITIALIZE)
        self.send(INITIALIZED)

    def rest(self) -> list[dict[str, Any]]:
        """Everything still on stdout, once the process has ended."""
        assert self.process.stdout
        return [json.loads(line) for line in self.process.stdout.read().splitlines()]

    def errors(self) -> str:
        return self.log.read_text(encoding="utf-8")


@contextmanager
def raw_server(
    folder: Path,
    log: Path,
    *,
    cwd: Path | None = None,
    environment: Mapping[str, str] | None = None,
    installed: bool = False,
    program: str | None = None,
) -> Iterator[RawServer]:
    """Serve a memory over pipes until the end of the block.

    Args:
        folder: The memory.
        log: Gets what the server says on stderr.
        cwd: The folder of the installed command.
        environment: What is different in the environment.
        installed: Whether that may matter before the first line of the command.
        program: The Python program that becomes the server.
    """
    words = ["serve", "--local", str(folder)]
    env = {**os.environ, **(environment or {})}
    options: dict[str, Any] = {"start_new_session": True, "env": env}
    with ExitStack() as stack:
        errors = stack.enter_context(log.open("wb"))
        if installed:
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "cwd": cwd}
            started = subprocess.Popen([PACK, *words], stderr=errors, **pipes, **options)
        else:
            started = start(words, program=program, stderr=errors, **options)
        process = stack.enter_context(started)
        try:
            yield RawServer(process, log)
        finally:
            process.kill()
            for pipe in (process.stdin, process.stdout):
                try:
                    if pipe:
                        pipe.close()
                except BrokenPipeError:
                    pass


# --- raw JSON-RPC over HTTP ------------------------------------------------------------------

_MODERN = "2026-07-28"


def modern(message: dict[str, Any]) -> dict[str, Any]:
    """A request as it stands by itself in the 2026 protocol."""
    meta = {
        "io.modelcontextprotocol/protocolVersion": _MODERN,
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    return {**message, "params": {**message["params"], "_meta": meta}}


def modern_headers(message: dict[str, Any]) -> dict[str, str]:
    """The headers that go with such a request."""
    headers = {
        "Content-Type": "application/json",
        "Accept": "application/json, text/event-stream",
        "Mcp-Protocol-Version": _MODERN,
        "Mcp-Method": message["method"],
    }
    return headers | {"Mcp-Name": message["params"]["name"]}


def post(connection: HTTPConnection, tool: str, /, **arguments: Any) -> dict[str, Any]:
    """The result of a tool call over a connection that may break.

    Raises:
        OSError, HTTPException: It broke.
    """
    message = modern(tool_call(1, tool, **arguments))
    connection.request("POST", "/mcp", json.dumps(message), modern_headers(message))
    answer = connection.getresponse()
    text = answer.read().decode("utf-8")
    assert answer.status == 200, text
    events = [line.removeprefix("data:") for line in text.splitlines() if line.startswith("data:")]
    for event in events or [text]:
        found = json.loads(event)
        if found.get("id") == 1:
            assert "result" in found, found
            return dict(found["result"])
    raise IncompleteRead(text.encode())
