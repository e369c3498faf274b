"""Memory of this process that is free, and still counts as in use."""

from __future__ import annotations

import ctypes
import sys
from functools import cache


@cache
def _trim() -> ctypes._NamedFuncPointer | None:
    """The function of glibc; other C libraries have none, and give back memory by themselves."""
    if sys.platform != "linux":
        return None
    return getattr(ctypes.CDLL(None), "malloc_trim", None)


def give_back() -> None:
    """Give memory that was freed back to the system.

    After work that took much once: glibc keeps what each thread freed for the next time, so that a
    server would stay as large as it was at its first start.

    Source: malloc_trim(3).
    """
    trim = _trim()
    if trim is not None:
        trim(0)
