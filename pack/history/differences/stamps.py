"""The stamps that PACK sets at each write, which say nothing about what was changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pack.deferred import pattern
from pack.files import frontmatter
from pack.files.keys import KEYS, Setter

_OURS: Final = (Setter.EVERY_WRITE, Setter.NOT_YOURS)
STAMPS: Final = frozenset(key.name for key in KEYS if key.setter in _OURS)
_STAMP: Final = pattern(rf"(?:{'|'.join(sorted(STAMPS))})[ \t]*:[^\r\n]*[\r\n]*")


def is_stamp(line: str) -> bool:
    """Whether a line of a frontmatter is a stamp."""
    return _STAMP.fullmatch(line) is not None


def stamped_lines(text: str, lines: Sequence[str]) -> frozenset[int]:
    """Which lines are stamps in the frontmatter.

    Args:
        text: The text of a note.
        lines: Its lines, however they were split: joined, they are the text.
    """
    parts = frontmatter.split(text)
    if parts.block is None:
        return frozenset()
    start = len(parts.prefix) + len(parts.opening)
    end, place, found = start + len(parts.block), 0, set()
    for number, line in enumerate(lines):
        if place >= end:
            break
        if place >= start and is_stamp(line):
            found.add(number)
        place += len(line)
    return frozenset(found)


def same_but_stamps(before: str, after: str) -> bool:
    """Whether two texts of a note differ in nothing but stamps."""
    return _without(before) == _without(after)


def _without(text: str) -> str:
    lines = text.splitlines(keepends=True)
    hidden = stamped_lines(text, lines)
    return "".join(line for number, line in enumerate(lines) if number not in hidden)
