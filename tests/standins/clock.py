"""A clock that stands still until a test moves it, so that waiting costs no time."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta


class ManualClock:
    """Tells the time it was set to; may be read and moved from any thread.

    Attributes:
        waits: Seconds of every `sleep` so far, in order.
    """

    def __init__(self, start: datetime = datetime(2026, 3, 1, 12, tzinfo=UTC)) -> None:
        self._now = start
        self._lock = threading.Lock()
        self.waits: list[float] = []

    def __call__(self) -> datetime:
        """The time, in UTC."""
        with self._lock:
            return self._now

    def advance(self, seconds: float) -> None:
        """Move the time forward."""
        with self._lock:
            self._now += timedelta(seconds=seconds)

    def sleep(self, seconds: float) -> None:
        """Stand-in for `time.sleep`: the time is later at once, and the wait is recorded."""
        with self._lock:
            self._now += timedelta(seconds=seconds)
            self.waits.append(seconds)
