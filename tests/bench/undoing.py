"""What an undo costs, beside the update that it takes back, and beside `git revert` by hand."""

from __future__ import annotations

import time
from typing import Final

from tests.bench.client import StdioServer
from tests.bench.figures import Figure, compare
from tests.bench.repositories import FSYNC, Repository, settle
from tests.bench.setting import WARM_UP, Setting
from tests.bench.writes import update

UNDO_LIMIT: Final = 1.5


def measure_undo(setting: Setting) -> list[Figure]:
    """Undos of an update just made, and the same by hand in a twin of the memory."""
    memory, twin = setting.memory, setting.memory.copy("reverted-by-hand")
    times: list[tuple[float, float, float]] = []
    with setting.pack() as server:
        for path in setting.pick(setting.rounds + WARM_UP):
            updated = update(setting, server, path)
            twin.commit_by_hand(memory.changed_files())
            undone = undo(setting, server)
            times.append((undone, updated, _revert(twin)))
            time.sleep(setting.pause)
    ours, updates, reverts = (
        [1000 * seconds for seconds in one] for one in zip(*times[WARM_UP:], strict=True)
    )
    return [
        compare("undo / update", setting.notes, "ms", ours, updates, UNDO_LIMIT),
        compare("undo / git revert by hand, fsync", setting.notes, "ms", ours, reverts, None),
    ]


def undo(setting: Setting, server: StdioServer) -> float:
    """Seconds of one `memory_undo` of the last change.

    Raises:
        AssertionError: The memory is not as it was; the time would mean nothing.
    """
    settle()
    start = time.perf_counter()
    server.call("memory_undo", {"last": 1})
    seconds = time.perf_counter() - start
    time.sleep(setting.pause)
    if setting.memory.git("diff", "--name-only", "HEAD~2", "HEAD"):
        raise AssertionError("the undo did not bring back what was there before the update")
    return seconds


def _revert(twin: Repository) -> float:
    settle()
    start = time.perf_counter()
    twin.git(*FSYNC, "revert", "--no-edit", "HEAD")
    return time.perf_counter() - start
