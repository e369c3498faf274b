"""What reading the past costs over MCP, in a memory with as many commits as notes."""

from __future__ import annotations

import random
import subprocess
import time
from dataclasses import replace
from statistics import median
from typing import Final

from tests.bench.client import StdioServer
from tests.bench.figures import Figure, compare, value
from tests.bench.finding import queries
from tests.bench.repositories import Repository
from tests.bench.setting import WARM_UP, Setting

GET_LIMIT_MS: Final = 15.0
SEARCH_LIMIT: Final = 10.0
_BACK: Final = 100
"""How many commits ago the searches are; fewer where there are not so many."""
_EPOCH: Final = 1_767_225_600
_HOUR: Final = 3600


def measure_past(setting: Setting) -> list[Figure]:
    """Time of `memory_get` and `memory_search` as of a commit."""
    memory = with_history(setting)
    newest = f"--max-count={setting.notes}"
    commits = memory.git("rev-list", newest, "HEAD").decode().split()
    with replace(setting, memory=memory).pack() as server:
        return [
            _get(setting, server, commits),
            _first_search(setting, server, commits),
            _search(setting, server, commits[min(_BACK, len(commits) - 2)]),
        ]


def with_history(setting: Setting) -> Repository:
    """A twin of the memory with as many more commits as it has notes, each of a note."""
    twin = setting.memory.copy("past")
    pick = random.Random(setting.notes)
    stream = [f"reset refs/heads/main\nfrom {twin.resolve('HEAD')}\n\n".encode()]
    for number in range(setting.notes):
        path, text = pick.choice(setting.paths), setting.corpus.text().encode()
        stream.append(
            b"commit refs/heads/main\ncommitter Bench <bench@example.org> %d +0000\n"
            b"data 7\nUpdate\n\nM 100644 inline %s\ndata %d\n%s\n"
            % (_EPOCH + number * _HOUR, path.encode(), len(text), text)
        )
    command = ["git", "fast-import", "--quiet", "--force"]
    subprocess.run(command, cwd=twin.directory, env=twin.env, input=b"".join(stream), check=True)
    twin.git("reset", "--quiet", "--hard", "refs/heads/main")
    return twin


def _get(setting: Setting, server: StdioServer, commits: list[str]) -> Figure:
    """A note as of a commit, each time another one of each."""
    pick = random.Random(setting.notes)
    times = []
    for path in setting.pick(setting.rounds + WARM_UP):
        times.append(_call_ms(server, "memory_get", path=path, as_of=pick.choice(commits)))
    found = median(times[WARM_UP:])
    return value("read as of a commit", setting.notes, "ms", found, GET_LIMIT_MS)


def _first_search(setting: Setting, server: StdioServer, commits: list[str]) -> Figure:
    """A search at a commit that nothing has been asked about, one of the last few.

    The present is searched before, as the catalog of a twin knows nothing of its new commits.
    """
    recent = commits[: min(_BACK, len(commits))]
    words = queries(setting.corpus, setting.rounds + WARM_UP)["three words"]
    _call_ms(server, "memory_search", query=words[0])
    times = [
        _call_ms(server, "memory_search", query=query, as_of=recent[number % len(recent)])
        for number, query in enumerate(words)
    ]
    found = median(times[WARM_UP:])
    return value("first search as of a commit", setting.notes, "ms", found, None)


def _search(setting: Setting, server: StdioServer, commit: str) -> Figure:
    """A search as of a commit, beside the same one of the present."""
    pairs = []
    for query in queries(setting.corpus, setting.rounds + WARM_UP)["three words"]:
        past = _call_ms(server, "memory_search", query=query, as_of=commit)
        pairs.append((past, _call_ms(server, "memory_search", query=query)))
    past, present = (list(one) for one in zip(*pairs[WARM_UP:], strict=True))
    name = "search as of a commit / present"
    return compare(name, setting.notes, "ms", past, present, SEARCH_LIMIT)


def _call_ms(server: StdioServer, tool: str, **arguments: str) -> float:
    start = time.perf_counter()
    server.call(tool, arguments)
    return 1000 * (time.perf_counter() - start)
