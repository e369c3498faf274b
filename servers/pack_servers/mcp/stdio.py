"""MCP over standard input and output: every request is answered, and the process ends by itself.

The SDK's own transport silently drops what it cannot parse, so that a client waits for ever, and it
blocks in a read that neither a signal nor a closed pipe ends. Here, a line that is not a message is
answered as JSON-RPC 2.0 says ("Error object"), and a read or write that never returns delays
nobody: each has a thread that the process does not wait for.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import queue
import signal
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Final

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from mcp.shared.message import SessionMessage

from pack_servers.mcp.lines import LineRefusal, Unanswered, parse_line

MAX_LINE: Final = 16 * 1024 * 1024
"""Bytes of a message: enough for the largest file with every character escaped."""
DRAIN_SECONDS: Final = 5.0
_CHUNK: Final = 64 * 1024
_CHUNKS_AHEAD: Final = 4

Messages = MemoryObjectReceiveStream[SessionMessage | Exception]
Answers = MemoryObjectSendStream[SessionMessage]


async def run_stdio(serve: Callable[[Messages, Answers], Awaitable[None]]) -> None:
    """Serve the client at standard input and output until it leaves or a signal arrives.

    When the client closes our input, running calls get a few seconds to be answered. When it
    closes our output, or on SIGINT, SIGTERM or SIGHUP, they finish but are not answered.

    Args:
        serve: Serves one connection until its messages end or it is cancelled.
    """
    with _claimed_streams() as (stdin, stdout):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_cancel_at_signal, tasks.cancel_scope)
            wire = _Wire(stdin, stdout)
            incoming, messages = anyio.create_memory_object_stream[SessionMessage | Exception]()
            answers, outgoing = anyio.create_memory_object_stream[SessionMessage]()
            tasks.start_soon(wire.read_messages, incoming)
            tasks.start_soon(wire.write_answers, outgoing, tasks.cancel_scope)
            await serve(messages, answers)
            await wire.drained()
            tasks.cancel_scope.cancel()


class _Wire:
    """The client's end of the two streams."""

    def __init__(self, stdin: int, stdout: int) -> None:
        self._chunks = _read_chunks(stdin)
        self._output = _Output(stdout)
        self._pending = Unanswered()

    async def read_messages(
        self, incoming: MemoryObjectSendStream[SessionMessage | Exception]
    ) -> None:
        """Pass on each message; answer lines that are not messages."""
        async with incoming:
            async for line in _lines(self._chunks):
                message = parse_line(line) if line is not None else LineRefusal.too_long(MAX_LINE)
                if isinstance(message, LineRefusal):
                    await self._output.write(message.line())
                elif message is not None:
                    self._pending.came(message)
                    await incoming.send(SessionMessage(message))
            await self.drained()

    async def write_answers(
        self, outgoing: MemoryObjectReceiveStream[SessionMessage], scope: anyio.CancelScope
    ) -> None:
        """Write each message on a line; cancel everything once nobody reads any more."""
        async with outgoing:
            async for answer in outgoing:
                message = answer.message
                text = message.model_dump_json(by_alias=True, exclude_unset=True)
                try:
                    await self._output.write(text.encode("utf-8") + b"\n")
                except OSError:
                    scope.cancel()
                    return
                self._pending.went(message)

    async def drained(self) -> None:
        """Wait until all calls are answered, but only for a few seconds."""
        with anyio.move_on_after(DRAIN_SECONDS):
            await self._pending.wait_for_none()


async def _lines(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes | None]:
    """The lines of a stream without line ends; `None` for a line that is too long."""
    parts: list[bytes] = []
    size = 0
    async for chunk in chunks:
        *ended, rest = chunk.split(b"\n")
        for part in ended:
            yield b"".join([*parts, part]) if size + len(part) <= MAX_LINE else None
            parts, size = [], 0
        size += len(rest)
        parts = [*parts, rest] if size <= MAX_LINE else []
    if 0 < size <= MAX_LINE:
        yield b"".join(parts)


async def _read_chunks(file: int) -> AsyncIterator[bytes]:
    """The input, until it ends. The thread that waits for it dies with the process."""
    loop = asyncio.get_running_loop()
    received: asyncio.Queue[bytes] = asyncio.Queue()
    room = threading.Semaphore(_CHUNKS_AHEAD)

    def read() -> None:
        chunk = b"-"
        # The loop may be gone because the process is about to end.
        with contextlib.suppress(RuntimeError):
            while chunk:
                try:
                    chunk = os.read(file, _CHUNK)
                except OSError:
                    chunk = b""  # the terminal was closed
                room.acquire()
                loop.call_soon_threadsafe(received.put_nowait, chunk)

    threading.Thread(target=read, name="stdin", daemon=True).start()
    while chunk := await received.get():
        room.release()
        yield chunk


class _Output:
    """Writes one message after another, in a thread that dies with the process."""

    def __init__(self, file: int) -> None:
        self._file = file
        self._loop = asyncio.get_running_loop()
        self._jobs: queue.SimpleQueue[tuple[bytes, asyncio.Future[None]]] = queue.SimpleQueue()
        threading.Thread(target=self._run, name="stdout", daemon=True).start()

    async def write(self, content: bytes) -> None:
        """Write all of it.

        Raises:
            OSError: Nobody reads it any more.
        """
        done = self._loop.create_future()
        self._jobs.put((content, done))
        await done

    def _run(self) -> None:
        with contextlib.suppress(RuntimeError):  # as in `_read_chunks`
            while True:
                content, done = self._jobs.get()
                problem = self._write(content)
                self._loop.call_soon_threadsafe(_settle, done, problem)

    def _write(self, content: bytes) -> OSError | None:
        rest = memoryview(content)
        try:
            while rest:
                rest = rest[os.write(self._file, rest) :]
        except OSError as error:
            return error
        return None


def _settle(done: asyncio.Future[None], problem: OSError | None) -> None:
    if done.done():  # the waiting task was cancelled
        return
    if problem is None:
        done.set_result(None)
    else:
        done.set_exception(problem)


async def _cancel_at_signal(scope: anyio.CancelScope) -> None:
    """Cancel at the first signal that asks the process to end; a second one acts as usual."""
    if (
        sys.platform == "win32"
    ):  # asyncio has no signal handlers there; Ctrl-C is a KeyboardInterrupt
        return
    wanted = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    # `nohup`, and shells that run background jobs, ignore some of them on purpose.
    heeded = [number for number in wanted if signal.getsignal(number) is not signal.SIG_IGN]
    with anyio.open_signal_receiver(*heeded) as received:
        await anext(aiter(received))
    scope.cancel()


@contextlib.contextmanager
def _claimed_streams() -> Iterator[tuple[int, int]]:
    """Take over the client's streams.

    Meanwhile anything that prints writes to stderr, and anything that reads finds the end.
    """
    stdin, stdout = os.dup(0), os.dup(1)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    os.dup2(2, 1)
    _prepare(stdin)
    _prepare(stdout)
    try:
        yield stdin, stdout
    finally:
        os.dup2(stdin, 0)  # the copies stay open, because a thread may still be waiting on one
        os.dup2(stdout, 1)


def _prepare(file: int) -> None:
    if sys.platform == "win32":
        import msvcrt  # noqa: PLC0415 - not there elsewhere

        msvcrt.setmode(file, os.O_BINARY)
    elif not os.get_blocking(file):  # some parents pass on their own non-blocking streams
        os.set_blocking(file, True)
