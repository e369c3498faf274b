"""Which lines the person accepted with an item: those that they have seen, and no others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby, islice
from typing import Final

from pack.history.differences.line_hunks import git_lines
from pack.merge.diff import find_hunks
from pack.truth.acceptances import Span

MOST_SPANS: Final = 1000
"""How many parts of a text one item can accept."""


def spans_there(spans: Sequence[Span] | None, before: str, after: str) -> tuple[Span, ...]:
    """Where lines of a text are in another text that still has them.

    Args:
        spans: The lines; `None` for all.
        before: The text.
        after: The other text.
    """
    numbers = [number for number, was in _kept(before, after) if _is_within(spans, was)]
    runs = groupby(enumerate(numbers), key=lambda one: one[1] - one[0])
    found = ([number for _, number in run] for _, run in runs)
    return tuple((run[0], run[-1]) for run in islice(found, MOST_SPANS))


def _kept(before: str, after: str) -> Iterator[tuple[int, int]]:
    """The lines that both have, from 1: the place in the second, and that in the first."""
    old, new = git_lines(before), git_lines(after)
    done = place = 0
    for hunk in find_hunks(old, new):
        yield from _pairs(done, place, hunk.old_start - done)
        done, place = hunk.old_end, hunk.end
    yield from _pairs(done, place, len(old) - done)


def _pairs(old: int, new: int, count: int) -> Iterator[tuple[int, int]]:
    return ((new + step + 1, old + step + 1) for step in range(count))


def _is_within(spans: Sequence[Span] | None, line: int) -> bool:
    return spans is None or any(first <= line <= last for first, last in spans)
