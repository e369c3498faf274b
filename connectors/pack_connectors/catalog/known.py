"""A connection that remembers what was read about terms for as long as nothing changes.

A search asks for the same terms several times, and most searches share most of their terms.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Final, TypeVar, cast

_MOST: Final = 20_000
_T = TypeVar("_T")


class KnowingConnection(sqlite3.Connection):
    """A connection to a catalog; used by one thread at a time, like any other."""

    _state: tuple[int, int] | None = None
    _known: dict[str, dict[str, object]]

    def known(
        self,
        kind: str,
        keys: Collection[str],
        read: Callable[[list[str]], Iterable[tuple[str, _T]]],
        otherwise: _T,
    ) -> Mapping[str, _T]:
        """What is known about each of some keys, and read about the others.

        It holds other keys too, and is good until the next question: a copy would take longer
        than looking up.

        Args:
            kind: What is asked about them.
            keys: The keys.
            read: Reads it for some of them; those that are left out have nothing.
            otherwise: The value of these.
        """
        held = self._held(kind, len(keys))
        new = [key for key in keys if key not in held]
        if new:
            found = dict(read(new))
            held.update((key, found.get(key, otherwise)) for key in new)
        return cast(Mapping[str, _T], held)

    def note(self, kind: str, found: Mapping[str, object]) -> None:
        """Remember what was read about some keys along with something else."""
        self._held(kind, len(found)).update(found)

    def _held(self, kind: str, more: int) -> dict[str, object]:
        """What is known of a kind, if it is still true and leaves room for more."""
        (version,) = self.execute("PRAGMA data_version").fetchone()  # changed by others
        state = version, self.total_changes
        if state != self._state or sum(map(len, self._known.values())) + more > _MOST:
            self._state, self._known = state, {}
        return self._known.setdefault(kind, {})
