"""Files that were moved and changed at once, found by what they still have in common.

git finds them in a commit of a local repository. Between two distant commits, among hand edits and
in stores that know trees only, they are found here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

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
    pairs = ((_similarity(old[one], new[two]), one, two) for one in gone for two in come)
    likely = sorted((pair for pair in pairs if pair[0] >= _LEAST), key=lambda pair: -pair[0])
    moved: dict[FileChange, FileChange] = {}
    for _, one, two in likely:
        if two not in moved and one not in moved.values():
            moved[two] = one
    dropped = set(moved.values())
    return tuple(_moved(one, moved.get(one)) for one in changes if one not in dropped)


def _moved(change: FileChange, old: FileChange | None) -> FileChange:
    if old is None:
        return change
    return replace(change, kind=ChangeKind.MOVED, old_path=old.path, old_shas=old.old_shas)


def _lines(change: FileChange, read: Read) -> Counter[bytes]:
    """How many bytes a file has of each line."""
    sha = change.sha or change.old_sha
    try:
        content = read(change.path, sha) if sha else b""
    except (NotFound, LimitExceeded):
        return Counter()
    if len(content) > _LARGEST:
        return Counter()
    found: Counter[bytes] = Counter()
    for line in content.splitlines():
        found[line.strip()] += len(line.strip())
    return found


def _similarity(old: Counter[bytes], new: Counter[bytes]) -> float:
    whole = max(old.total(), new.total())
    return (old & new).total() / whole if whole else 0.0
