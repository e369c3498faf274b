"""Files that were moved and changed at once, found by what they still have in common.

git finds them in a commit of a local repository. Between two distant commits, among hand edits and
in stores that know trees only, they are found here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final, TypeVar

from pack.errors import LimitExceeded, NotFound
from pack.history.differences.file_diff import Read
from pack.log import ChangeKind, FileChange

_LEAST: Final = 0.5
"""The share of the text that a file must have kept, as in git."""
_MOST: Final = 50
"""With more files gone or added, only moves of unchanged files are found."""
_LARGEST: Final = 256 * 1024


def with_renames(changes: Sequence[FileChange], read: Read) -> tuple[FileChange, ...]:
    """The changes, with a deletion and an addition of mostly the same lines as one move."""
    gone = [change for change in changes if change.kind is ChangeKind.DELETED]
    come = [change for change in changes if change.kind is ChangeKind.ADDED]
    if not gone or not come or max(len(gone), len(come)) > _MOST:
        return tuple(changes)
    old = {change: _lines(change, read) for change in gone}
    new = {change: _lines(change, read) for change in come}
    moved = {two: one for one, two in likely_moves(old, new).items()}
    dropped = set(moved.values())
    return tuple(_moved(one, moved.get(one)) for one in changes if one not in dropped)


_Old = TypeVar("_Old")
_New = TypeVar("_New")


def likely_moves(
    gone: Mapping[_Old, Counter[bytes]], come: Mapping[_New, Counter[bytes]]
) -> dict[_Old, _New]:
    """What became of files that are gone, where something new has kept at least half of one.

    Args:
        gone: Their lines, as `line_sizes` counts them.
        come: The same of what is new.
    """
    pairs = ((_similarity(gone[one], come[two]), one, two) for one in gone for two in come)
    likely = sorted((pair for pair in pairs if pair[0] >= _LEAST), key=lambda pair: -pair[0])
    found, taken = dict[_Old, _New](), set[_New]()
    for _, one, two in likely:
        if one not in found and two not in taken:
            found[one] = two
            taken.add(two)
    return found


def line_sizes(content: bytes) -> Counter[bytes]:
    """How many bytes a text has of each line; none of one that is too large to compare."""
    found: Counter[bytes] = Counter()
    for line in content.splitlines() if len(content) <= _LARGEST else ():
        found[line.strip()] += len(line.strip())
    return found


def _moved(change: FileChange, old: FileChange | None) -> FileChange:
    if old is None:
        return change
    return replace(change, kind=ChangeKind.MOVED, old_path=old.path, old_shas=old.old_shas)


def _lines(change: FileChange, read: Read) -> Counter[bytes]:
    sha = change.sha or change.old_sha
    try:
        return line_sizes(read(change.path, sha) if sha else b"")
    except (NotFound, LimitExceeded):
        return Counter()


def _similarity(old: Counter[bytes], new: Counter[bytes]) -> float:
    whole = max(old.total(), new.total())
    return (old & new).total() / whole if whole else 0.0
