"""Finds what upstream has renamed, so that what was changed downstream moves along."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

from pack.merge.moves import find_moves
from pack.model import MemoryPath, blob_id

_ALIKE: Final = 0.5
_MOST_PAIRS: Final = 10_000


def find_renames(
    old: Mapping[str, bytes], new: Mapping[str, bytes], changed: Iterable[str]
) -> dict[str, str]:
    """New path by old path.

    A file whose bytes are exactly one new file's was moved. One that was changed as well is found
    if half of its lines are in a new file, and only if it matters.

    Args:
        old: What the last release made.
        new: What this one makes.
        changed: Paths of `old` whose files were changed downstream.
    """
    before = {MemoryPath(path): blob_id(content) for path, content in old.items()}
    after = {MemoryPath(path): blob_id(content) for path, content in new.items()}
    found: dict[str, str] = {str(a): str(b) for a, b in find_moves(before, after).items()}
    gone = [path for path in sorted(changed) if path in old and path not in new]
    come = sorted(new.keys() - old.keys() - set(found.values()))
    missing = [path for path in gone if path not in found]
    if len(missing) * len(come) > _MOST_PAIRS:
        return found
    lines = {path: _lines(new[path]) for path in come}
    for path in missing:
        mine = _lines(old[path])
        likely = [(_likeness(mine, lines[other]), other) for other in lines]
        best, other = max(likely, default=(0.0, ""))
        if best >= _ALIKE:
            found[path] = other
            del lines[other]
    return found


def _lines(content: bytes) -> Counter[bytes]:
    return Counter(line.strip() for line in content.splitlines() if line.strip(b" \t-#"))


def _likeness(one: Counter[bytes], other: Counter[bytes]) -> float:
    most = max(one.total(), other.total())
    return (one & other).total() / most if most else 0.0
