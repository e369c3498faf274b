"""What it costs to see who wrote a note, and what a commit changed, beside git by hand."""

from __future__ import annotations

import random
import subprocess
import time
from collections.abc import Callable
from dataclasses import replace
from statistics import median
from typing import Final

from tests.bench.figures import Figure, compare, value
from tests.bench.repositories import Repository
from tests.bench.setting import Setting

FIRST_LIMIT_MS: Final = 150.0
AGAIN_LIMIT_MS: Final = 10.0
PATH: Final = "projects/blamed.md"
_LINES: Final = 300
_COMMITS: Final = 500
_COMMITS_A_ROUND: Final = 20
"""Where a few rounds will do, so will a short history."""
_SERVERS: Final = 5
"""How many servers are asked for the first time, each beside one `git blame`."""


def measure_blame(setting: Setting) -> list[Figure]:
    """Time of `memory_get` with `blame`, of a note of 300 lines with 500 commits, and of a diff."""
    memory = setting.memory.copy("blamed")
    _write_history(memory, min(_COMMITS, _COMMITS_A_ROUND * setting.rounds))
    twin = replace(setting, memory=memory)
    times = [_look_back(twin) for _ in range(min(setting.rounds, _SERVERS))]
    ours = {name: [one[name] for one in times] for name in times[0]}
    size = setting.notes
    return [
        value("blame, first", size, "ms", median(ours["first"]), FIRST_LIMIT_MS),
        value("blame, again", size, "ms", median(ours["again"]), AGAIN_LIMIT_MS),
        compare("blame, first / git blame -w -M", size, "ms", ours["first"], ours["blame"], None),
        compare("diff of a commit / git show", size, "ms", ours["diff"], ours["show"], None),
    ]


def _look_back(setting: Setting) -> dict[str, float]:
    """Milliseconds of each question, to a server that has only read the note so far."""
    head = setting.memory.resolve("HEAD")
    with setting.pack() as server:
        server.call("memory_get", {"path": PATH})
        found = {
            "first": _ms(lambda: server.call("memory_get", {"path": PATH, "blame": True})),
            "again": _ms(lambda: server.call("memory_get", {"path": PATH, "blame": True})),
            "diff": _ms(lambda: server.call("memory_history", {"commit": head})),
        }
    found["blame"] = _ms(lambda: setting.memory.git("blame", "-w", "-M", PATH))
    found["show"] = _ms(lambda: setting.memory.git("show", head))
    return found


def _ms(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return 1000 * (time.perf_counter() - start)


def _write_history(memory: Repository, commits: int) -> None:
    """Add the note and its commits, one changed line each, and now and then a moved one."""
    pick = random.Random(commits)
    lines = [f"- fact {number}, in a few more words\n" for number in range(_LINES)]
    branch = memory.git("symbolic-ref", "HEAD").decode().strip()
    stream = []
    for number in range(commits):
        lines[pick.randrange(_LINES)] = f"- fact {_LINES + number}, in a few other words\n"
        if number % 10 == 0:
            lines.insert(pick.randrange(_LINES), lines.pop())
        text = "".join(lines)
        parent = "" if number else f"from {branch}^0\n"
        stream.append(
            f"commit {branch}\ncommitter A <a@example.org> {1_800_000_000 + number} +0000\n"
            f"data 7\nUpdate\n{parent}M 100644 inline {PATH}\ndata {len(text)}\n{text}\n"
        )
    subprocess.run(
        ["git", "fast-import", "--quiet"],
        cwd=memory.directory,
        env=memory.env,
        input="".join(stream).encode(),
        check=True,
    )
    memory.git("reset", "--quiet", "--hard")
