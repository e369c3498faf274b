"""What is costly to find out and never changes, such as what a commit did; for one process."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, Final, TypeVar

_T = TypeVar("_T")
_MOST: Final = 20_000


class Memo:
    """Small values by key; the one that was not asked for longest goes first.

    May be used from any thread; two that ask at once may both find it out.
    """

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._values: OrderedDict[Hashable, Any] = OrderedDict()

    def once(self, key: Hashable, find_out: Callable[[], _T]) -> _T:
        """The value that was found for a key, or is found now; an error is not remembered."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                known: _T = self._values[key]
                return known
        value = find_out()
        with self._lock:
            self._values[key] = value
            if len(self._values) > self._most:
                self._values.popitem(last=False)
        return value
