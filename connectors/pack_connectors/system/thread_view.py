"""What a thread finds out once inside of a view, instead of each time that it is asked."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

_T = TypeVar("_T")


class ThreadView(threading.local):
    """The answers that one thread got inside of its view; outside of one, each question is new."""

    def __init__(self) -> None:
        self._known: dict[Hashable, Any] | None = None

    @contextmanager
    def opened(self) -> Iterator[None]:
        """Begin a view of this thread; one inside another is the same one."""
        if self._known is not None:
            yield
            return
        self._known = {}
        try:
            yield
        finally:
            self._known = None

    def once(self, key: Hashable, find_out: Callable[[], _T]) -> _T:
        """What was found out for a key in this view, or is now; an error is not remembered."""
        if self._known is None:
            return find_out()
        if key not in self._known:
            found = find_out()
            self._known[key] = found
            return found
        known: _T = self._known[key]
        return known

    def forget(self) -> None:
        """Ask again, as something was written or has turned out to be different."""
        if self._known is not None:
            self._known.clear()
