"""What is costly to find out and never changes, such as what a commit did; for one process."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from contextlib import suppress
from typing import Any, Final, TypeVar

_T = TypeVar("_T")
_K = TypeVar("_K", bound=Hashable)
_MOST: Final = 20_000


class Memo:
    """Small values by key; the one that was found first goes first.

    May be used from any thread: each step is a single one of a dictionary, and two threads that ask
    at once may both find a value out.
    """

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._values: dict[Hashable, Any] = {}

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
        known: dict[_K, _T] = {}
        for key in wanted:
            with suppress(KeyError):
                known[key] = self._values[key]
        unknown = [key for key in wanted if key not in known]
        if unknown:
            found = find_out(unknown)
            self._values.update(found.items())
            drop_first(self._values, len(self._values) - self._most)
            known |= found
        return known


def drop_first(values: dict[_K, Any], count: int) -> None:
    """Take the oldest items out of a dictionary that other threads may be changing."""
    if count > 0:
        for key in list(values)[:count]:
            values.pop(key, None)
