"""What commits hold. A folder that several of them share is read and named once.

An exchange asks for the files of two heads and of what they came from again and again, and most of
their folders are the same.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from threading import Lock
from typing import Final

from pack.model import BlobId, Entry, EntryType, MemoryPath
from pack_connectors.local_git.objects import (
    SUBMODULE_MODE,
    SYMLINK_MODE,
    TREE_MODE,
    ObjectStore,
    iter_tree,
)

_TYPES: Final = {SYMLINK_MODE: EntryType.SYMLINK, SUBMODULE_MODE: EntryType.SUBMODULE}
_MOST: Final = 50_000
_CHARACTERS: Final = 256
_Place = tuple[str, str]
"""A tree, and the path of its folder, which is empty or ends with a slash."""
_Held = tuple[tuple[Entry, ...], tuple[_Place, ...]]
"""The entries in a folder that are none themselves, and the folders in it."""


def _weight(place: _Place, held: _Held) -> int:
    """What remembering a folder costs, in entries; the path of a deep one is long."""
    return 1 + len(held[0]) + len(place[1]) // _CHARACTERS


class SharedListing:
    """Lists what trees hold. May be used from any thread.

    Args:
        store: Has the trees.
        most: About how many entries are remembered, of 300 bytes each.
    """

    def __init__(self, store: ObjectStore, most: int = _MOST) -> None:
        self._store = store
        self._most = most
        self._held: OrderedDict[_Place, _Held] = OrderedDict()
        self._weight = 0
        self._lock = Lock()

    def entries(self, tree: str) -> Iterator[Entry]:
        """Everything below a tree that is not a folder, in no order.

        Raises:
            NotFound: A tree is missing.
            ConnectorError: One is damaged.
        """
        left = [(tree, "")]  # folders may be very deep
        while left:
            entries, folders = self._folder(left.pop())
            yield from entries
            left += folders

    def _folder(self, place: _Place) -> _Held:
        with self._lock:
            held = self._held.get(place)
            if held is not None:
                self._held.move_to_end(place)
                return held
        held = self._read(*place)
        with self._lock:
            if place not in self._held:
                self._held[place] = held
                self._weight += _weight(place, held)
            while self._weight > self._most:
                self._weight -= _weight(*self._held.popitem(last=False))
        return held

    def _read(self, tree: str, prefix: str) -> _Held:
        entries: list[Entry] = []
        folders: list[_Place] = []
        for entry in iter_tree(self._store.read_tree(tree)):
            path = f"{prefix}{entry.name}"
            if entry.mode == TREE_MODE:
                folders.append((entry.id, f"{path}/"))
                continue
            kind = _TYPES.get(entry.mode, EntryType.FILE)
            blob = BlobId(entry.id if kind is EntryType.FILE else "")
            entries.append(Entry(entry.name, MemoryPath(path), kind, blob))
        return tuple(entries), tuple(folders)
