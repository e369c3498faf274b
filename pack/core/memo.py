"""What is costly to find out and never changes, such as what a commit did; for one process."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Mapping
from threading import Lock
from typing import Any, Final, TypeVar

_T = TypeVar("_T")
_K = TypeVar("_K", bound=Hashable)
_MOST: Final = 20_000


class Memo:
    """Small values by key; the one that was not asked for longest goes first.

    May be used from any thread; two that ask at once may both find it out.

    Args:
        most: How many there may be.
        dropped: Called with each value that goes, for what it holds.
    """

    def __init__(self, most: int = _MOST, dropped: Callable[[Any], None] = lambda _: None) -> None:
        self._most = most
        self._dropped = dropped
        self._lock = Lock()
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
            for one in self._put(found):
                self._dropped(one)
            known |= found
        return known

    def _put(self, found: Mapping[_K, _T]) -> list[Any]:
        """Keep values; returns those that had to go."""
        with self._lock:
            self._values.update(found.items())
            too_many = max(len(self._values) - self._most, 0)
            return [self._values.popitem(last=False)[1] for _ in range(too_many)]
