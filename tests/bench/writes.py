"""What an update costs: its time and its new objects, beside the same commit by hand."""

from __future__ import annotations

import time
from typing import Final

from tests.bench.client import StdioServer
from tests.bench.figures import Figure, compare
from tests.bench.repositories import FSYNC, Repository, settle
from tests.bench.setting import WARM_UP, Setting

UPDATE_LIMITS: Final = {100: 1.25, 1_000: 0.75, 10_000: 0.4}
OBJECT_LIMITS: Final = {10_000: 1.5}


class Twins:
    """Three copies of the memory in which a person commits by hand what PACK has committed.

    Attributes:
        durable: Commits the same files; git waits for the disk.
        default: Commits the same files as git does by default, which does not wait.
        alone: Commits the note without `index.md`.
    """

    def __init__(self, memory: Repository) -> None:
        self.durable = memory.copy("by-hand-durable")
        self.default = memory.copy("by-hand-default")
        self.alone = memory.copy("by-hand-alone")


def measure_writes(setting: Setting) -> list[Figure]:
    """Updates by PACK and by hand, in turns.

    By hand comes second in each turn, because it commits the very bytes that PACK has committed.
    """
    memory, twins = setting.memory, Twins(setting.memory)
    times: list[tuple[float, float, float]] = []
    before = memory.loose_bytes(), twins.alone.loose_bytes()
    with setting.pack() as server:
        for path in setting.pick(setting.rounds + WARM_UP):
            seconds = update(setting, server, path)
            files = memory.changed_files()
            durable = twins.durable.commit_by_hand(files, FSYNC)
            times.append((seconds, durable, twins.default.commit_by_hand(files)))
            twins.alone.commit_by_hand({path: files[path]})
            time.sleep(setting.pause)
    after = memory.loose_bytes(), twins.alone.loose_bytes()
    grown = [(end - start) / len(times) for start, end in zip(before, after, strict=True)]
    return [*_update_figures(setting, times[WARM_UP:]), _object_figure(setting, *grown)]


def update(setting: Setting, server: StdioServer, path: str) -> float:
    """Seconds of one `memory_update` of `path` on what it holds.

    Raises:
        AssertionError: The update is not exactly one commit; its time would mean nothing.
    """
    sha = server.call("memory_get", {"path": path})["sha"]
    arguments = {"path": path, "content": setting.corpus.text(), "sha": sha}
    head = setting.memory.resolve("HEAD")
    settle()
    start = time.perf_counter()
    server.call("memory_update", arguments)
    seconds = time.perf_counter() - start
    time.sleep(setting.pause)
    if setting.memory.resolve("HEAD^") != head:
        raise AssertionError(f"the update of {path} is not exactly one commit")
    return seconds


def _update_figures(setting: Setting, times: list[tuple[float, float, float]]) -> list[Figure]:
    ours, durable, default = (
        [1000 * seconds for seconds in one] for one in zip(*times, strict=True)
    )
    limit = UPDATE_LIMITS.get(setting.notes)
    return [
        compare("update / by hand, fsync", setting.notes, "ms", ours, durable, limit),
        compare("update / by hand, no fsync", setting.notes, "ms", ours, default, None),
    ]


def _object_figure(setting: Setting, ours: float, alone: float) -> Figure:
    limit = OBJECT_LIMITS.get(setting.notes)
    name = "objects of a write / note alone"
    return compare(name, setting.notes, "KB", [ours / 1000], [alone / 1000], limit)
