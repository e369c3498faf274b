"""How two trees differ, where that is little: most often, one write lies between them.

The folders along the way are mostly remembered, so that no git has to be started.

Source: git-diff-tree(1), "Raw output format"; git's tree-walk.c (canon_mode).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain
from typing import Final

from pack.errors import ConnectorError, NotFound
from pack.model import BlobId, MemoryPath
from pack_connectors.local_git.objects import ObjectStore

_MOST_BYTES: Final = 512 * 1024
"""What there may be to look at; more of it takes git less time."""
_DEEPEST: Final = 100
_FILE: Final = b"100644"
_TREE: Final = b"40000"
_PROGRAM: Final = b"100755"
_WHOLE: Final = re.compile(rb"(?:[0-7]++ [^\0]++\0.{20})*+", re.DOTALL)
_ENTRIES: Final = re.compile(rb"([0-7]+) ([^\0]+)\0(.{20})", re.DOTALL)
_Found = tuple[MemoryPath, BlobId | None]
_Held = tuple[bytes, bytes]


def diff_trees(store: ObjectStore, old: str, new: str) -> list[_Found] | None:
    """The paths that differ, sorted, with the blob of each file in the new tree.

    Returns:
        `None` where git has to be asked: too much differs, or a tree is not stored.

    Raises:
        ConnectorError: A tree is damaged, or cannot be read.
    """
    try:
        return sorted(_Difference(store).between(old, new))
    except (_TooMuch, NotFound):
        return None


class _TooMuch(Exception):
    """So much differs that git is faster."""


class _Difference:
    """One comparison."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self._left = _MOST_BYTES

    def between(self, old: str | None, new: str | None, prefix: str = "") -> Iterator[_Found]:
        """Each path that differs; `None` stands for no folder at all."""
        if old == new:
            return
        if prefix.count("/") > _DEEPEST:
            raise _TooMuch
        before, after = map(_entries, differing(self._data(old), self._data(new)))
        was, now = dict(before - after), dict(after - before)
        for name in sorted(was.keys() | now.keys()):
            path = prefix + name.decode("utf-8", "surrogateescape")
            was_tree, was_file = _split(was.get(name))
            now_tree, now_file = _split(now.get(name))
            if was_tree != now_tree:
                yield from self.between(was_tree, now_tree, f"{path}/")
            if was_file != now_file:
                yield MemoryPath(path), _blob(now_file)

    def _data(self, tree: str | None) -> bytes:
        """A folder as git stores it."""
        data = self._store.read_tree(tree) if tree is not None else b""
        self._left -= len(data)
        if self._left < 0:
            raise _TooMuch
        if not _WHOLE.fullmatch(data):
            raise ConnectorError("a tree is damaged; run `git fsck`")
        return data


def _entries(data: bytes) -> set[tuple[bytes, _Held]]:
    """Name, and mode and id, of everything in a run of entries."""
    # Old tools wrote the mode of a folder with a zero in front.
    return {(name, (mode.lstrip(b"0"), sha)) for mode, name, sha in _ENTRIES.findall(data)}


def differing(one: bytes, other: bytes) -> tuple[bytes, bytes]:
    """Two runs of entries without those that both begin with, and most that both end with.

    A write changes one entry of a folder, and to take thousands of others apart is slow.
    """
    same = _same_bytes(one, other, 1)
    whole = _WHOLE.match(one, 0, same)
    start = whole.end() if whole is not None else 0
    one, other = one[start:], other[start:]
    same = _same_bytes(one, other, -1)
    left, more = (_left_after(data, len(data) - same) for data in (one, other))
    if left != more:  # these bytes are cut otherwise in each
        return one, other
    return one[: len(one) - left], other[: len(other) - left]


def _same_bytes(one: bytes, other: bytes, step: int) -> int:
    """How many bytes two texts have in common at the beginning, or (with -1) at the end."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if _part(one, low, middle, step) == _part(other, low, middle, step):
            low = middle
        else:
            high = middle - 1
    return low


def _part(data: bytes, low: int, high: int, step: int) -> bytes:
    return data[low:high] if step > 0 else data[len(data) - high : len(data) - low]


def _left_after(data: bytes, place: int) -> int:
    """How many bytes follow the first end of an entry at or after a place."""
    ends = (found.end() for found in _ENTRIES.finditer(data))
    return len(data) - next((end for end in chain([0], ends) if end >= place), len(data))


def _split(held: _Held | None) -> tuple[str | None, _Held | None]:
    """The folder that is held, or the mode and id of anything else."""
    if held is None:
        return None, None
    mode, sha = held
    if mode == _TREE:
        return sha.hex(), None
    if mode.startswith(b"100"):
        mode = _PROGRAM if int(mode, 8) & 0o100 else _FILE
    return None, (mode, sha)


def _blob(held: _Held | None) -> BlobId | None:
    if held is None or held[0] not in (_FILE, _PROGRAM):
        return None
    return BlobId(held[1].hex())
