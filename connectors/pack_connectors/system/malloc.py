"""Memory of this process that is free, and still counts as in use.

Only of glibc: other C libraries give back memory by themselves, or keep less.
"""

from __future__ import annotations

import ctypes
import sys
from typing import Final

_M_ARENA_MAX: Final = -8
_ARENAS: Final = 2
"""Few threads ask for memory at once, as Python runs one of them at a time."""


def share_arenas() -> None:
    """Let all threads share two pools of free memory, for a process that runs for long.

    Else each thread gets one of its own, whose free memory no other thread can use. To be called
    before there are threads.

    Source: mallopt(3), M_ARENA_MAX.
    """
    _call("mallopt", _M_ARENA_MAX, _ARENAS)


def give_back() -> None:
    """Give memory that was freed back to the system.

    After work that took much once: glibc keeps what each thread freed for the next time, so that a
    server would stay as large as it was at its first start.

    Source: malloc_trim(3).
    """
    _call("malloc_trim", 0)


def _call(name: str, *numbers: int) -> None:
    if sys.platform == "linux":
        function = getattr(ctypes.CDLL(None), name, None)
        if function is not None:
            function(*numbers)
