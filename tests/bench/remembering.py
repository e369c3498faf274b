"""What looking back costs over MCP: the log, of all and of one note, beside `git log` by hand."""

from __future__ import annotations

import random
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from statistics import median
from typing import Final

from tests.bench.client import StdioServer, pack_command
from tests.bench.figures import Figure
from tests.bench.repositories import Repository
from tests.bench.setting import WARM_UP, Setting

LIST_LIMIT_MS: Final = 15.0
FIRST_LIMIT_MS: Final = 50.0
AGAIN_LIMIT_MS: Final = 5.0
_LAST: Final = 50
_TRAILERS: Final = "Pack-Origin: ai-cloud:claude-code\nPack-Truth-Level: 5\nPack-Request: r"
_GRAPH: Final = ".git/pack/graph/info/commit-graph"
_GRAPH_SECONDS: Final = 120.0


def measure_history(setting: Setting) -> list[Figure]:
    """Time of `memory_history` in a memory with as many commits as notes.

    A note is asked for the first time, and again. Before that, PACK has had the time to write its
    commit-graph, which it does in the background.
    """
    twin = setting.memory.copy("remembered")
    _write_commits(twin, setting.paths)
    paths = random.Random(1).sample(setting.paths, min(setting.rounds, len(setting.paths)))
    lists: list[float] = []
    first: list[float] = []
    again: list[float] = []
    by_hand: tuple[list[float], list[float]] = ([], [])
    with _server(setting, twin) as pack:
        for path in setting.paths[:WARM_UP]:
            pack.call("memory_history", {"path": path})
        _wait_for_graph(twin)
        for path in paths:
            lists.append(_ms(pack, limit=_LAST))
            by_hand[0].append(_git_ms(twin, f"-{_LAST}"))
            first.append(_ms(pack, path=path))
            again.append(_ms(pack, path=path))
            by_hand[1].append(_git_ms(twin, "--follow", "--", path))
    return [
        _figure(f"history, last {_LAST} commits", setting, lists, by_hand[0], LIST_LIMIT_MS),
        _figure("history of a note, first", setting, first, by_hand[1], FIRST_LIMIT_MS),
        _figure("history of a note, again", setting, again, by_hand[1], AGAIN_LIMIT_MS),
    ]


@contextmanager
def _server(setting: Setting, memory: Repository) -> Iterator[StdioServer]:
    command = pack_command("serve", "--local", memory.directory)
    with StdioServer(command, setting.env, memory.directory.parent) as server:
        server.initialize()
        yield server


def _write_commits(memory: Repository, paths: Sequence[str]) -> None:
    """One commit for each note, each of which changes a note that was picked at random."""
    branch = memory.git("symbolic-ref", "HEAD").decode().strip()
    pick, start = random.Random(2), int(time.time()) - 60 * len(paths)
    lines, parent = [], memory.resolve("HEAD")
    for number in range(len(paths)):
        path = pick.choice(paths)
        text = f"# A note\n\nVersion {number}, {pick.random()}.\n"
        message = f"{path}: update\n\n{_TRAILERS}{number}"
        lines += [
            f"commit {branch}",
            f"committer Bench <bench@example.org> {start + 60 * number} +0000",
            f"data {len(message.encode())}\n{message}",
            *([f"from {parent}"] if number == 0 else []),
            f"M 100644 inline {path}\ndata {len(text.encode())}\n{text}",
        ]
    command = ["git", "fast-import", "--quiet"]
    stream = "\n".join([*lines, ""]).encode()
    subprocess.run(command, input=stream, cwd=memory.directory, env=memory.env, check=True)
    (memory.directory / _GRAPH).unlink(missing_ok=True)  # of what was there before
    memory.git("reset", "--quiet", "--hard")
    memory.git("gc", "--quiet")


def _wait_for_graph(memory: Repository) -> None:
    until = time.monotonic() + _GRAPH_SECONDS
    while not (memory.directory / _GRAPH).is_file() and time.monotonic() < until:
        time.sleep(0.05)


def _ms(server: StdioServer, **asked: object) -> float:
    start = time.perf_counter()
    server.call("memory_history", asked)
    return 1000 * (time.perf_counter() - start)


def _git_ms(memory: Repository, *words: str) -> float:
    start = time.perf_counter()
    memory.git("log", "--name-status", *words)
    return 1000 * (time.perf_counter() - start)


def _figure(
    name: str, setting: Setting, ours: list[float], by_hand: list[float], limit: float
) -> Figure:
    found = median(ours)
    return Figure(name, setting.notes, "ms", found, median(by_hand), "value", found, limit)
