"""Killing servers at random moments while clients write, and looking at what is left."""

from __future__ import annotations

import itertools
import os
import random
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pack_servers.config.settings import Settings
from pack_servers.wiring.local import LocalPlace
from pack_servers.wiring.memory import open_memory

from tests.stories.mcp_support import (
    DEADLINE,
    RawServer,
    assert_sound,
    http_server,
    post,
    raw_server,
    tool_call,
)

LONGEST = 0.3
"""Seconds of writing until the kill; a write takes about a tenth of them."""
CLIENTS = 3
"""That write at once over HTTP."""
_TEXT = "a line that is there as a whole or not at all\n" * 40

Note = tuple[str, str]


class Book:
    """What was asked for and what was acknowledged: texts by path."""

    def __init__(self) -> None:
        self.asked: dict[str, str] = {}
        self.acknowledged: dict[str, str] = {}
        self._numbers = itertools.count(1)

    def new_note(self) -> Note:
        number = next(self._numbers)
        path = f"context/note-{number}.md"
        self.asked[path] = f"# Note {number}\n\n{_TEXT}"
        return path, self.asked[path]

    def acknowledge(self, note: Note, result: dict[str, Any]) -> None:
        assert result["isError"] is False, result
        self.acknowledged[note[0]] = note[1]


def kill_while_writing(
    kind: str, folder: Path, logs: Path, chance: random.Random, *, rounds: int
) -> int:
    """Kill a server some times, by itself or with its children; how much was acknowledged.

    After each kill a new server is the first to touch the memory. It finds all that was
    acknowledged, nothing in part, and writes.
    """
    book = Book()
    write = _write_over_pipes if kind == "stdio" else _write_over_http
    for number in range(rounds):
        seconds, whole_group = chance.uniform(0, LONGEST), chance.random() < 0.5

        @contextmanager
        def killed(process_id: int) -> Iterator[None]:
            kill = os.killpg if whole_group else os.kill  # noqa: B023 - called in this round
            timer = threading.Timer(seconds, kill, (process_id, signal.SIGKILL))  # noqa: B023
            timer.start()
            yield
            timer.join()

        write(folder, logs / f"{number}.log", book, killed)
        _check(folder, logs / f"{number}.next.log", book)
    return len(book.acknowledged)


def _write_over_pipes(folder: Path, log: Path, book: Book, killed: Callable[[int], Any]) -> None:
    with raw_server(folder, log) as server:
        server.open()
        with killed(server.process.pid):
            while _write_one(server, book):
                pass


def _write_one(server: RawServer, book: Book) -> bool:
    """Write a note; whether the server lives."""
    assert server.process.stdout
    path, text = book.new_note()
    try:
        server.send(tool_call(path, "memory_update", path=path, content=text))
    except BrokenPipeError:
        return False
    for line in server.process.stdout:
        if not line.endswith(b"\n"):
            return False
        message = server.parse(line)
        if message.get("id") == path:
            book.acknowledge((path, text), message["result"])
            return True
    return False


def _write_over_http(folder: Path, log: Path, book: Book, killed: Callable[[int], Any]) -> None:
    with (
        http_server(folder, log) as server,
        ThreadPoolExecutor(CLIENTS) as clients,
        killed(server.process.pid),
    ):
        for done in [clients.submit(_post_until_killed, server.url, book) for _ in range(CLIENTS)]:
            done.result(DEADLINE)


def _post_until_killed(url: str, book: Book) -> None:
    connection = HTTPConnection(urlsplit(url).netloc, timeout=DEADLINE)
    try:
        while True:
            path, text = book.new_note()
            result = post(connection, "memory_update", path=path, content=text)
            book.acknowledge((path, text), result)
    except (OSError, HTTPException):
        return  # it was killed
    finally:
        connection.close()


def _check(folder: Path, log: Path, book: Book) -> None:
    with raw_server(folder, log) as server:
        server.open()
        path, text = book.new_note()
        answer = server.ask(tool_call(path, "memory_update", path=path, content=text))
        book.acknowledge((path, text), answer["result"])
        assert server.process.stdin
        server.process.stdin.close()
        assert server.process.wait(DEADLINE) == 0
    assert_sound(folder)
    stored = {
        f"context/{file.name}": file.read_text(encoding="utf-8")
        for file in (folder / "context").glob("note-*.md")
    }
    assert book.acknowledged.keys() <= stored.keys() <= book.asked.keys()
    for path, text in stored.items():
        assert text.endswith(book.asked[path])
    with open_memory(Settings(), LocalPlace(folder)) as memory:
        assert list(memory.care.validate()) == []  # the index is true, for one thing
