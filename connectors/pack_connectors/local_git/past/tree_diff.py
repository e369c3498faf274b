"""How two trees differ, where that is little: most often, one write lies between them.

The folders along the way are mostly remembered, so that no git has to be started.

Source: git-diff-tree(1), "Raw output format"; git's tree-walk.c (canon_mode).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
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
_ENTRY: Final = re.compile(rb"([0-7]+) ([^\0]+)\0(.{20})", re.DOTALL)
_STEP: Final = 64
"""So many bytes are compared first, then twice as many, and so on."""
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
        was, now = changed_entries(self._data(old), self._data(new))
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


def changed_entries(one: bytes, other: bytes) -> tuple[dict[bytes, _Held], dict[bytes, _Held]]:
    """The entries in which two folders differ, by name: what they were, and what they are.

    A write changes one or two entries of a folder, and to take thousands of others apart is slow.
    """
    was: dict[bytes, _Held] = {}
    now: dict[bytes, _Held] = {}
    at = to = 0
    while at < len(one) or to < len(other):
        if same := _same_entries(one, at, other, to):
            at, to = at + same, to + same
            continue
        before, after = _ENTRY.match(one, at), _ENTRY.match(other, to)
        order = _order(before, after)
        is_same = before is not None and after is not None and before[0] == after[0]
        if before is not None and order <= 0:
            at = before.end() if is_same else _note(before, was)
        if after is not None and order >= 0:
            to = after.end() if is_same else _note(after, now)
    return was, now


def _same_entries(one: bytes, at: int, other: bytes, to: int) -> int:
    """The length of whole entries, not always of all, that follow two places in both."""
    length, step = 0, _STEP
    while (
        one[at + length : at + length + step] == other[to + length : to + length + step]
        and length < len(one) - at
    ):
        length, step = length + step, 2 * step
    whole = _WHOLE.match(one, at, min(at + length, len(one)))
    return whole.end() - at if whole is not None else 0


def _order(before: re.Match[bytes] | None, after: re.Match[bytes] | None) -> int:
    """Below 0 if the first of two entries precedes the other, above 0 if it follows that one."""
    if before is None or after is None:
        return 1 if before is None else -1
    one, other = _sort_key(before), _sort_key(after)
    return (one > other) - (one < other)


def _sort_key(entry: re.Match[bytes]) -> bytes:
    # As git sorts: a folder as if its name ended in a slash.
    return entry[2] + b"/" if entry[1].lstrip(b"0") == _TREE else entry[2]


def _note(entry: re.Match[bytes], held: dict[bytes, _Held]) -> int:
    """Keep an entry, and go on where it ends."""
    mode, name, sha = entry.groups()
    held[name] = (mode.lstrip(b"0"), sha)  # old tools wrote the mode of a folder with a zero
    return entry.end()


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
