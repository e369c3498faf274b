"""What the beginning of a conversation costs: from a hook that starts PACK, and over MCP."""

from __future__ import annotations

import subprocess
import time
from statistics import median
from typing import Final

from tests.bench.client import pack_command
from tests.bench.figures import Figure, value
from tests.bench.setting import WARM_UP, Setting

COLD_LIMIT_MS: Final = 300.0
WARM_LIMIT_MS: Final = 30.0


def measure_context(setting: Setting) -> list[Figure]:
    """Time of `pack context --hook` as a process, and of `memory_context` with a task."""
    return [
        _figure("context, by a hook", setting, _cold(setting), COLD_LIMIT_MS),
        _figure("context with a task, over MCP", setting, _warm(setting), WARM_LIMIT_MS),
    ]


def _cold(setting: Setting) -> list[float]:
    command = pack_command("context", "--hook", "--local", setting.memory.directory)
    times = []
    for _ in range(setting.rounds + 1):
        begin = time.perf_counter()
        subprocess.run(command, env=setting.env, check=True, stdout=subprocess.DEVNULL)
        times.append((time.perf_counter() - begin) * 1000)
    return times[1:]


def _warm(setting: Setting) -> list[float]:
    times = []
    with setting.pack() as server:
        for _ in range(setting.rounds + WARM_UP):
            task = {"task": " ".join(setting.corpus.words_of(6))}
            begin = time.perf_counter()
            server.call("memory_context", task)
            times.append((time.perf_counter() - begin) * 1000)
    return times[WARM_UP:]


def _figure(name: str, setting: Setting, times: list[float], limit: float) -> Figure:
    return value(name, setting.notes, "ms", median(times), limit)
