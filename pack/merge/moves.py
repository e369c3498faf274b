"""Finds out which files of three trees are the same file, even if a side has moved it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from pack.model import BlobId, MemoryPath, blob_id

Tree = Mapping[MemoryPath, BlobId]
"""The files of a commit."""

_EMPTY: Final = blob_id(b"")


@dataclass(frozen=True, slots=True)
class SideFile:
    """A file of one side."""

    path: MemoryPath
    blob: BlobId


@dataclass(frozen=True, slots=True)
class Trio:
    """One file in all three trees.

    Attributes:
        path: Where it is after the merge, if it still exists.
        base: Its blob in the base; `None` if it is new.
        ours: Its path and blob on our side; `None` if it does not exist there.
        theirs: Its path and blob on their side; `None` if it does not exist there.
        moved_apart: Whether the sides moved it to different places; it stays at both, as two files.
    """

    path: MemoryPath
    base: BlobId | None
    ours: SideFile | None
    theirs: SideFile | None
    moved_apart: bool = False


def match_files(base: Tree, ours: Tree, theirs: Tree) -> Iterator[Trio]:
    """All files that either side changed, sorted by path.

    A file counts as moved if its path is gone and exactly one new path has exactly its bytes; the
    other side's changes then move with it. Otherwise, one file was deleted and another added.
    """
    our_moves, their_moves = find_moves(base, ours), find_moves(base, theirs)
    trios: dict[MemoryPath, Trio] = {}
    matched: set[MemoryPath] = set()
    for old, new in their_moves.items():
        if old in ours and new not in ours:
            trios[new] = Trio(new, base[old], _place(ours, old), _place(theirs, new))
            matched |= {old, new}
    for old, new in our_moves.items():
        if old in theirs and new not in theirs:
            trios[new] = Trio(new, base[old], _place(ours, new), _place(theirs, old))
            matched |= {old, new}
    apart = _moved_apart(our_moves, ours, their_moves) | _moved_apart(
        their_moves, theirs, our_moves
    )
    changed = ours.items() ^ base.items() | theirs.items() ^ base.items()
    for path in {path for path, _ in changed} - matched:
        trios[path] = Trio(
            path, base.get(path), _place(ours, path), _place(theirs, path), path in apart
        )
    return (trios[path] for path in sorted(trios))


def _moved_apart(
    moves: Mapping[MemoryPath, MemoryPath],
    side: Tree,
    others: Mapping[MemoryPath, MemoryPath],
) -> set[MemoryPath]:
    """New paths of files that the other side moved to a different place."""
    return {
        new
        for old, new in moves.items()
        if old in others and others[old] != new and others[old] not in side
    }


def find_moves(old: Tree, new: Tree) -> dict[MemoryPath, MemoryPath]:
    """New path by old path of the files that were moved and not changed."""
    gone, come = _by_blob(old, new), _by_blob(new, old)
    return {
        paths[0]: come[blob][0]
        for blob, paths in gone.items()
        if len(paths) == 1 and len(come.get(blob, ())) == 1 and blob != _EMPTY
    }


def _by_blob(side: Tree, without: Tree) -> Mapping[BlobId, list[MemoryPath]]:
    """Paths that are in one tree but not in the other, by blob."""
    paths: dict[BlobId, list[MemoryPath]] = defaultdict(list)
    for path in sorted(side.keys() - without.keys()):
        paths[side[path]].append(path)
    return paths


def _place(side: Tree, path: MemoryPath) -> SideFile | None:
    return SideFile(path, side[path]) if path in side else None
