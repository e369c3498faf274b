"""What a memory on GitHub costs: requests, whatever its size. On the stand-in, over HTTP.

Beside an update stands what the contents API costs, file by file, when all files are read first:
10,007 requests and two commits at 10,000 files (one for the file, one for the index).
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

from pack_connectors.github.commit.method import WriteMethod

from pack.memory import Memory
from tests.bench.figures import Figure, compare, value
from tests.bench.setting import Setting
from tests.github_support import NAME, GithubWorld

_READ_LIMIT: Final = 1
_COLD_LIMIT: Final = 4
_COLD_FROM: Final = 1_000
"""Notes from which the limit of a cold start holds."""
_WRITE_LIMITS: Final = {WriteMethod.GRAPHQL: 2, WriteMethod.GIT_DATA: 4}
_BY_FILE: Final = 7
"""Requests of an update by the contents API beside one for each file."""
_BY_FILE_COMMITS: Final = 2


def measure_far(setting: Setting) -> list[Figure]:
    """Requests of a cold start, of warm reads, and of an update; and its commits."""
    folder = setting.memory.directory
    names = setting.memory.git("ls-files", "-z").decode().split("\0")[:-1]
    files = {name: (folder / name).read_bytes() for name in names}
    found: list[Figure] = []
    for method, limit in _WRITE_LIMITS.items():
        with (
            tempfile.TemporaryDirectory(prefix="pack-bench-far-") as name,
            GithubWorld(Path(name), files, method) as world,
        ):
            if method is WriteMethod.GRAPHQL:
                found += _reads(setting, world)
            found += _writes(setting, world, limit)
    return found


def _reads(setting: Setting, world: GithubWorld) -> list[Figure]:
    cold_limit = _COLD_LIMIT if setting.notes >= _COLD_FROM else None
    memory = world.open()
    cold = _requests(world, memory.notes.list)
    word = setting.corpus.words[0]
    warm = max(
        _requests(world, case)
        for case in (
            memory.notes.list,
            lambda: memory.search.find(word),
            lambda: memory.notes.get(setting.paths[0]),
        )
    )
    return [
        value("GitHub, cold start, requests", setting.notes, "", cold, cold_limit),
        value("GitHub, warm read, requests", setting.notes, "", warm, _READ_LIMIT),
    ]


def _writes(setting: Setting, world: GithubWorld, limit: int) -> list[Figure]:
    memory = world.open()
    _update(memory, setting)  # the first on a machine learns the name of the branch
    before = len(world.service.messages(NAME))
    requests = _requests(world, lambda: _update(memory, setting), reads=1)
    commits = len(world.service.messages(NAME)) - before
    by_file = [float(setting.notes + _BY_FILE)]
    found = value(f"GitHub, {world.method} write, requests", setting.notes, "", requests, limit)
    return [
        found,
        compare(
            f"GitHub, {world.method} / file by file", setting.notes, "", [requests], by_file, None
        ),
        compare(
            f"GitHub, {world.method}, commits",
            setting.notes,
            "",
            [commits],
            [_BY_FILE_COMMITS],
            0.5,
        ),
    ]


def _update(memory: Memory, setting: Setting) -> None:
    path = setting.paths[0]
    memory.notes.update(path, setting.corpus.text(), memory.notes.get(path).sha)


def _requests(world: GithubWorld, action: Callable[[], object], reads: int = 0) -> float:
    """Requests of an action, without the reads it makes first."""
    with world.service.log.counting() as asked:
        action()
    return float(len(asked) - reads)
