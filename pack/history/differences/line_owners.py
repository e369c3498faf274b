"""Which lines of a version were there before, and where; for finding out who wrote them.

What makes a line the same one is said by `pack.files.line_keys`: one that was indented is. A line
that changed its place in the file is recognised if it is long enough to be no coincidence, as with
`git blame -M`.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import compress, count
from operator import ne
from typing import Final

from pack.files.line_keys import line_key
from pack.merge.diff import Hunk, find_hunks

Owned = list[int]
"""For each line of a version, which line of the present it became, counted from 0; or `NONE`."""
NONE: Final = -1
LONG_ENOUGH: Final = 10
"""Letters and digits of a line that can be recognised elsewhere; as many in other scripts count
twice."""


class LineKeys(dict[bytes, str]):
    """The lines of versions, as they are compared; each different one made once."""

    def __missing__(self, line: bytes) -> str:
        self[line] = line_key(line.decode("utf-8", "replace"))
        return self[line]

    def of(self, content: bytes) -> list[str]:
        """The lines of a version."""
        return [self[line] for line in lines_of(content)]


def lines_of(content: bytes) -> list[bytes]:
    """The lines of a version as they are, each without its line feed."""
    lines = content.split(b"\n")
    if not lines[-1]:
        lines.pop()
    return lines


def hand_over(new: Sequence[str], owned: Owned, old: Sequence[str]) -> tuple[Owned, Owned]:
    """What an older version answers for.

    Args:
        new: The lines of a version.
        owned: What they became.
        old: The lines of the version before it.

    Returns:
        What the lines of the older version became; and of `owned`, what it does not account for.
    """
    before, left = [NONE] * len(old), list(owned)
    hunks = differing(old, new)
    old_done = done = 0
    for hunk in (*hunks, Hunk(len(old), len(old), len(new), len(new))):
        before[old_done : hunk.old_start] = owned[done : hunk.start]
        left[done : hunk.start] = [NONE] * (hunk.start - done)
        old_done, done = hunk.old_end, hunk.end
    free = [place for hunk in hunks for place in range(hunk.old_start, hunk.old_end)]
    wanted = [place for hunk in hunks for place in range(hunk.start, hunk.end)]
    for place, old_place in recognised(new, wanted, old, free, LONG_ENOUGH):
        if left[place] != NONE:
            before[old_place], left[place] = left[place], NONE
    return before, left


def recognised(
    new: Sequence[str],
    wanted: Sequence[int],
    old: Sequence[str],
    free: Sequence[int],
    least: int = 1,
) -> Iterator[tuple[int, int]]:
    """Lines of a text that were elsewhere before, each with its old place; the first ones first.

    Args:
        new: The lines.
        wanted: Those to look for.
        old: The lines of another text.
        free: Those that are not accounted for.
        least: How much of a line there must be.
    """
    places: dict[str, deque[int]] = defaultdict(deque)
    for place in free:
        places[old[place]].append(place)
    for place in wanted:
        found = places.get(new[place])
        if found and _weight(new[place]) >= least:
            yield place, found.popleft()


def differing(old: Sequence[str], new: Sequence[str]) -> list[Hunk]:
    """The differences; most versions differ in a few lines only, so the ends are left out."""
    shorter = min(len(old), len(new))
    head = first_difference(old, new, shorter)
    tail = min(first_difference(reversed(old), reversed(new), shorter), shorter - head)
    old_end, end = len(old) - tail, len(new) - tail
    if min(old_end, end) - head <= 0 or max(old_end, end) - head == 1:
        return [Hunk(head, old_end, head, end)] if max(old_end, end) > head else []
    middle = find_hunks(old[head:old_end], new[head:end])
    return [Hunk(*(place + head for place in hunk)) for hunk in middle]


def alike(hunks: Sequence[Hunk], old: int, new: int) -> Iterator[tuple[int, int, int]]:
    """The lines between the hunks of two texts.

    Args:
        hunks: The differences.
        old: How many lines the old text has.
        new: How many the new one has.

    Returns:
        For each run, its start and end in the new text, and its start in the old one.
    """
    old_done = done = 0
    for hunk in (*hunks, Hunk(old, old, new, new)):
        if hunk.start > done:
            yield done, hunk.start, old_done
        old_done, done = hunk.old_end, hunk.end


def is_long_enough(key: str) -> bool:
    """Whether a line can be recognised elsewhere."""
    return _weight(key) >= LONG_ENOUGH


def first_difference(old: Iterable[object], new: Iterable[object], most: int) -> int:
    """How many lines, or characters, are the same at the beginning; of both there are `most`."""
    return next(compress(count(), map(ne, old, new)), most)


def _weight(key: str) -> int:
    return sum((1 + (not one.isascii())) * one.isalnum() for one in key)
