"""Returns memory to the system that is free but still counts as in use.

Only needed with glibc: other C libraries do so by themselves, or keep less.
"""

from __future__ import annotations

import sys
from typing import Final

_M_ARENA_MAX: Final = -8
_ARENAS: Final = 2
"""Few threads ask for memory at once, because Python runs one of them at a time."""


def share_arenas() -> None:
    """Let all threads share two pools of free memory, for a process that runs for a long time.

    Otherwise each thread gets its own pool, whose free memory no other thread can use. Call it
    before threads are started.

    Source: mallopt(3), M_ARENA_MAX.
    """
    _call("mallopt", _M_ARENA_MAX, _ARENAS)


def give_back() -> None:
    """Return freed memory to the system, after work that needed much of it once.

    glibc keeps what a thread freed for its next use, so a server would stay as large as it was
    right after its first start.

    Source: malloc_trim(3).
    """
    _call("malloc_trim", 0)


def _call(name: str, *numbers: int) -> None:
    if sys.platform == "linux":
        # Here, as only servers live long enough.
        import ctypes  # noqa: PLC0415

        function = getattr(ctypes.CDLL(None), name, None)
        if function is not None:
            function(*numbers)
