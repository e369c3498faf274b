"""Git's housekeeping by somebody else, which may drop what a commit of this moment needs.

Git keeps two of its own apart by `gc.pid`, which holds a process and a host. What began before the
branch moved may delete the objects of our commit until it ends; what begins later sees them.

It is waited for a little, as most end soon. What goes on for longer, or runs on another machine
where nobody can say whether it is alive, must not keep a write waiting: the commit is made, and its
objects are kept from it (`kept_pack`).

Source: git's builtin/gc.c (lock_repo_for_gc), for which a lock older than 12 hours is stale.
"""

from __future__ import annotations

import os
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

LONGEST_SECONDS: Final = 5.0
_POLL_SECONDS: Final = 0.01
_STALE_SECONDS: Final = 12 * 3600.0


def wait_for_gc(common_dir: Path, seconds: float = LONGEST_SECONDS) -> bool:
    """Wait until a `git gc` that is running here has ended; no longer than `seconds`.

    One on another machine is not waited for.

    Returns:
        Whether one may be running still.

    Raises:
        OSError: Its file cannot be read.
    """
    file = common_dir / "gc.pid"
    deadline = time.monotonic() + seconds
    while (running := _read(file)) is not None and _is_alive(running):
        if time.monotonic() >= deadline:
            return True
        time.sleep(_POLL_SECONDS)
    return running is not None and _may_be_alive_elsewhere(running, file)


def _read(file: Path) -> bytes | None:
    try:
        return file.read_bytes()
    except FileNotFoundError:
        return None


def _this_host() -> str:
    # Here, as git is rarely found at work.
    import socket  # noqa: PLC0415

    return socket.gethostname()


def _parse(content: bytes) -> tuple[str, str]:
    pid, _, host = content.decode("utf-8", "replace").strip().partition(" ")
    return pid, host


def _may_be_alive_elsewhere(content: bytes, file: Path) -> bool:
    """Whether a `gc.pid` is of a machine that cannot be asked, and not stale."""
    pid, host = _parse(content)
    is_known = host == _this_host() and sys.platform != "win32"
    if is_known or not pid.isdecimal() or not host:
        return False
    try:
        return time.time() - file.stat().st_mtime <= _STALE_SECONDS
    except FileNotFoundError:
        return False


def _is_alive(content: bytes) -> bool:
    """Whether the process in a `gc.pid` runs on this machine."""
    pid, host = _parse(content)
    if sys.platform == "win32" or not pid.isdecimal() or host != _this_host():
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
