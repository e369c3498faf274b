"""What a new text of a note leaves out of the old one."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from pack.files.markdown import split_lines

_LONG: Final = 100
_LONG_CHARACTERS: Final = 8_000

Span = tuple[int, int]
"""A first and a last line, from 1."""


@dataclass(frozen=True, slots=True)
class Loss:
    """The lines of a body that a new body does not have, wherever they stand."""

    lost: int
    total: int

    @property
    def is_large(self) -> bool:
        """Whether more than half of a long note is gone."""
        return self.total > _LONG and self.lost * 2 > self.total


def loses_unseen(before: str, after: str, first_line: int, shown: Sequence[Span]) -> bool:
    """Whether a new body lacks lines of a long one that its writer was not shown.

    Args:
        before: The old body.
        after: The new one.
        first_line: The line of the file that the old body begins on.
        shown: The lines of the file that the writer was shown, in order and apart.
    """
    lines = split_lines(before)
    if len(lines) <= _LONG and len(before) <= _LONG_CHARACTERS:
        return False
    starts = [first for first, _ in shown]

    def is_shown(number: int) -> bool:
        place = bisect_right(starts, number) - 1
        return place >= 0 and number <= shown[place][1]

    numbered = enumerate(lines, first_line)
    unseen = _counted(line for number, line in numbered if not is_shown(number))
    return bool(unseen - _counted(split_lines(after)))


def loss(before: str, after: str) -> Loss:
    """What is lost between two bodies; blanks at the ends of lines do not matter."""
    old = Counter(line.strip() for line in split_lines(before))
    kept = Counter(line.strip() for line in split_lines(after))
    return Loss((old - kept).total(), old.total())


def _counted(lines: Iterable[str]) -> Counter[str]:
    return Counter(filter(None, map(str.strip, lines)))
