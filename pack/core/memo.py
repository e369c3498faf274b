"""What is costly to find out and never changes, such as what a commit did; for one process."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any, Final, TypeVar

_T = TypeVar("_T")
_K = TypeVar("_K", bound=Hashable)
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
        return self.each([key], lambda _: {key: find_out()})[key]

    def each(
        self, keys: Iterable[_K], find_out: Callable[[list[_K]], Mapping[_K, _T]]
    ) -> dict[_K, _T]:
        """The values of keys; those that are not known are found out together.

        Args:
            keys: What is asked for.
            find_out: Gives the value of each key; it is not called if all are known.
        """
        wanted = list(dict.fromkeys(keys))
        with self._lock:
            known: dict[_K, _T] = {key: self._values[key] for key in wanted if key in self._values}
            for key in known:
                self._values.move_to_end(key)
        unknown = [key for key in wanted if key not in known]
        if unknown:
            found = find_out(unknown)
            with self._lock:
                self._values.update(found.items())
                while len(self._values) > self._most:
                    self._values.popitem(last=False)
            known |= found
        return known
