"""Work that a thread of its own does once nobody has asked for anything for a moment."""

from __future__ import annotations

import threading
from collections.abc import Callable
from time import monotonic
from typing import Final

_IDLE_SECONDS: Final = 0.03
"""Longer than answering a write takes."""


class IdleWork:
    """Calls `step` some time after the last `poke`, and repeats it while there is more to do.

    Args:
        step: Does a little and returns whether there is more. It must not fail.
        seconds: How long to wait.
    """

    def __init__(self, step: Callable[[], bool], seconds: float = _IDLE_SECONDS) -> None:
        self._step = step
        self._seconds = seconds
        self._state = threading.Condition()
        self._thread: threading.Thread | None = None
        self._due: float | None = None
        self._closed = False

    def poke(self) -> None:
        """Say that there is something to do, but not now. The first call starts the thread."""
        with self._state:
            waits_for_nothing, self._due = self._due is None, monotonic() + self._seconds
            if self._thread is None and not self._closed:
                self._thread = threading.Thread(target=self._run, daemon=True, name="pack-catalog")
                self._thread.start()
            elif waits_for_nothing:
                self._state.notify()

    def close(self) -> None:
        """End the thread after its current step; the rest stays undone."""
        with self._state:
            self._closed = True
            self._state.notify()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while self._wait():
            if self._step():
                self._again()

    def _wait(self) -> bool:
        """Wait until a step is due; `False` means the end."""
        with self._state:
            while not self._closed:
                left = None if self._due is None else self._due - monotonic()
                if left is not None and left <= 0:
                    self._due = None
                    return True
                self._state.wait(left)
            return False

    def _again(self) -> None:
        with self._state:
            if self._due is None:
                self._due = monotonic()
