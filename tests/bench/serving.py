"""What serving costs: reading, starting, memory and the list of tools, beside doing nothing."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final

from tests.bench.client import StdioServer
from tests.bench.figures import Figure, compare, value
from tests.bench.setting import WARM_UP, Setting
from tests.bench.writes import update

READ_LIMIT: Final = 2.0
START_LIMIT_MS: Final = 150.0
MEMORY_LIMIT_MB: Final = 60.0
TOKEN_LIMIT: Final = 3_200
_READS_A_ROUND: Final = 5
_READS_BEFORE_MEMORY: Final = 100
_UPDATES_BEFORE_MEMORY: Final = 10


def measure_reads(setting: Setting) -> Figure:
    """Time of `memory_get` of one note, beside a tool that does nothing."""
    ours: list[float] = []
    theirs: list[float] = []
    with setting.pack() as pack, setting.nothing() as nothing:
        for path in setting.pick(_READS_A_ROUND * setting.rounds + WARM_UP):
            ours.append(_call_ms(pack, "memory_get", path))
            theirs.append(_call_ms(nothing, "nothing", path))
    series = ours[WARM_UP:], theirs[WARM_UP:]
    return compare("read / a tool that does nothing", setting.notes, "ms", *series, READ_LIMIT)


def measure_starts(setting: Setting) -> Figure:
    """Time from starting the process to the first answer of a tool, beside doing nothing."""
    path = setting.paths[0]
    ours: list[float] = []
    theirs: list[float] = []
    for _ in range(setting.rounds + 1):
        ours.append(_start_ms(setting.pack, "memory_get", path))
        theirs.append(_start_ms(setting.nothing, "nothing", path))
    name = "start to first answer - doing nothing"
    return compare(name, setting.notes, "ms", ours[1:], theirs[1:], START_LIMIT_MS, "difference")


def measure_memory(setting: Setting) -> Figure:
    """Resident memory of both server processes after the same number of calls.

    PACK's are reads, listings, searches and updates; git processes it started are not counted. It
    makes the catalog first, which takes the most that a server ever does.
    """
    for file in (setting.memory.directory / ".git" / "pack").glob("catalog.sqlite*"):
        file.unlink()
    with setting.pack() as pack, setting.nothing() as nothing:
        for path in setting.pick(_READS_BEFORE_MEMORY):
            pack.call("memory_get", {"path": path})
            pack.call("memory_list", {"limit": 20})
            pack.call("memory_search", {"query": Path(path).stem.replace("-", " "), "limit": 10})
            for _ in range(3):
                nothing.call("nothing", {"path": path})
        for path in setting.pick(_UPDATES_BEFORE_MEMORY):
            update(setting, pack, path)
            nothing.call("nothing", {"path": path})
        megabytes = resident_bytes(pack.pid) / 1e6, resident_bytes(nothing.pid) / 1e6
    name = "resident memory - doing nothing"
    series = [megabytes[0]], [megabytes[1]]
    return compare(name, setting.notes, "MB", *series, MEMORY_LIMIT_MB, "difference")


def measure_tools(setting: Setting) -> Figure:
    """Estimated tokens of the whole `tools/list` answer.

    The estimate is a quarter of its bytes as compact JSON: tokenizers differ between models, and
    none is installed with PACK. Text and JSON of this kind lie between 3.5 and 4.5 bytes a token.
    """
    with setting.pack() as pack:
        tools = pack.request("tools/list", {})["tools"]
    text = json.dumps(tools, ensure_ascii=False, separators=(",", ":"))
    return value(
        "tools/list, bytes / 4", setting.notes, "tokens", len(text.encode()) / 4, TOKEN_LIMIT
    )


def resident_bytes(pid: int) -> int:
    """Resident set size of a process.

    Source: proc(5), "statm"; ps(1), "rss" (in KiB) where there is no /proc.
    """
    statm = Path(f"/proc/{pid}/statm")
    if statm.exists():
        pages = int(statm.read_text(encoding="ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")
    listing = subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], check=True, capture_output=True)
    return int(listing.stdout) * 1024


def _call_ms(server: StdioServer, tool: str, path: str) -> float:
    start = time.perf_counter()
    server.call(tool, {"path": path})
    return 1000 * (time.perf_counter() - start)


def _start_ms(
    start_server: Callable[[], AbstractContextManager[StdioServer]], tool: str, path: str
) -> float:
    start = time.perf_counter()
    with start_server() as server:
        server.call(tool, {"path": path})
        return 1000 * (time.perf_counter() - start)
