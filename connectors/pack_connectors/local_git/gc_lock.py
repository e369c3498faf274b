"""Git's housekeeping by somebody else, which may drop what a commit of this moment needs.

Git keeps two of its own apart by `gc.pid`, which holds a process and a host. What began before the
branch moved may delete the objects of our commit until it ends; what begins later sees them.

Source: git's builtin/gc.c (lock_repo_for_gc).
"""

from __future__ import annotations

import os
import socket
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

_LONGEST_SECONDS: Final = 30.0
_POLL_SECONDS: Final = 0.01


def wait_for_gc(common_dir: Path, seconds: float = _LONGEST_SECONDS) -> None:
    """Wait until a `git gc` that is running here has ended; no longer than `seconds`.

    One on another machine is not waited for, as nobody can say whether it is alive.

    Raises:
        OSError: Its file cannot be read.
    """
    file = common_dir / "gc.pid"
    running = _read(file)
    if running is None or not _is_alive(running):
        return
    deadline = time.monotonic() + seconds
    while _read(file) == running and _is_alive(running) and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)


def _read(file: Path) -> bytes | None:
    try:
        return file.read_bytes()
    except FileNotFoundError:
        return None


def _is_alive(content: bytes) -> bool:
    """Whether the process in a `gc.pid` runs on this machine."""
    pid, _, host = content.decode("utf-8", "replace").strip().partition(" ")
    if sys.platform == "win32" or not pid.isdecimal() or host != socket.gethostname():
        return False
    with suppress(OSError):  # where there is no /proc, or no such process
        if Path(f"/proc/{pid}/comm").read_bytes() != b"git\n":
            return False  # the number was given to another program
    try:
        os.kill(int(pid), 0)
    except PermissionError:
        return True  # somebody else's
    except (ProcessLookupError, OverflowError):
        return False
    return True
