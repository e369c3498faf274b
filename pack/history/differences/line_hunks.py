"""The lines that differ between two texts, in hunks with a little of what is around them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from enum import StrEnum
from typing import Final, NamedTuple

from pack.merge.diff import Hunk, find_hunks

_LINE: Final = re.compile(r"[^\n]*\n|[^\n]+")
_AROUND: Final = 3


class LineOp(StrEnum):
    """Whether a line is in both texts."""

    SAME = " "
    OLD = "-"
    NEW = "+"


class DiffLine(NamedTuple):
    """A line with its line feed, if it has one. As in git, only a line feed ends a line."""

    op: LineOp
    text: str


class LineHunk(NamedTuple):
    """Lines that differ, and those around them.

    Attributes:
        old_start: The number of the first line in the old text, 1-based; where there is none, of
            the line before it.
        new_start: The same in the new text.
        lines: The lines.
    """

    old_start: int
    new_start: int
    lines: tuple[DiffLine, ...]

    def count(self, without: LineOp) -> int:
        """How many lines are in the old text, or in the new one."""
        return sum(line.op is not without for line in self.lines)


def git_lines(text: str) -> list[str]:
    """The lines of a text as git counts them."""
    return _LINE.findall(text)


def line_hunks(
    old: str,
    new: str,
    *,
    hidden: tuple[Collection[int], Collection[int]] = ((), ()),
) -> list[LineHunk]:
    """The hunks that lead from one text to the other.

    Args:
        old: The old text.
        new: The new text.
        hidden: Lines of either text, counted from 0, that are in no hunk.
    """
    a, b = git_lines(old), git_lines(new)
    found: list[LineHunk] = []
    for group in _grouped(find_hunks(a, b)):
        found += _cut(a, b, group, hidden)
    return found


def _grouped(hunks: Sequence[Hunk]) -> Iterator[list[Hunk]]:
    """The hunks, together where what is around them would touch."""
    group: list[Hunk] = []
    for hunk in hunks:
        if group and hunk.old_start - group[-1].old_end > 2 * _AROUND:
            yield group
            group = []
        group.append(hunk)
    if group:
        yield group


class _Numbered(NamedTuple):
    """A line with its place in both texts, counted from 0."""

    line: DiffLine
    old: int
    new: int


def _cut(
    a: Sequence[str],
    b: Sequence[str],
    group: Sequence[Hunk],
    hidden: tuple[Collection[int], Collection[int]],
) -> Iterator[LineHunk]:
    """A group as one hunk, or as several where a line is hidden; without those that say nothing."""
    part: list[_Numbered] = []
    for numbered in (*_numbered(a, b, group), None):
        if numbered is not None and not _is_hidden(numbered, hidden):
            part.append(numbered)
            continue
        if any(one.line.op is not LineOp.SAME for one in part):
            yield _hunk(part)
        part = []


def _numbered(a: Sequence[str], b: Sequence[str], group: Sequence[Hunk]) -> Iterator[_Numbered]:
    first, last = group[0], group[-1]
    before = min(_AROUND, first.old_start)
    i, j = first.old_start - before, first.start - before
    for hunk in group:
        while i < hunk.old_start:
            yield _Numbered(DiffLine(LineOp.SAME, a[i]), i, j)
            i, j = i + 1, j + 1
        while i < hunk.old_end:
            yield _Numbered(DiffLine(LineOp.OLD, a[i]), i, j)
            i += 1
        while j < hunk.end:
            yield _Numbered(DiffLine(LineOp.NEW, b[j]), i, j)
            j += 1
    while i < min(last.old_end + _AROUND, len(a)):
        yield _Numbered(DiffLine(LineOp.SAME, a[i]), i, j)
        i, j = i + 1, j + 1


def _is_hidden(one: _Numbered, hidden: tuple[Collection[int], Collection[int]]) -> bool:
    if one.line.op is LineOp.NEW:
        return one.new in hidden[1]
    return one.old in hidden[0] if one.line.op is LineOp.OLD else False


def _hunk(part: Sequence[_Numbered]) -> LineHunk:
    """As in git, a side without lines is said to begin at the line before."""
    lines = tuple(one.line for one in part)
    has_old = any(line.op is not LineOp.NEW for line in lines)
    has_new = any(line.op is not LineOp.OLD for line in lines)
    return LineHunk(part[0].old + has_old, part[0].new + has_new, lines)
