"""The differences between two sequences of lines, found in time that no input can make quadratic.

Patience diff: lines that occur once on each side anchor the comparison, which follows what a person
moved and added better than the shortest edit does. Between anchors, where no line is unique, it
looks for the shortest edit (Myers 1986, "An O(ND) Difference Algorithm and Its Variations"). All of
this draws on one budget of comparisons, which is proportional to the input. Once it is used up, the
first occurrence of a line is matched with the first, the second with the second, and so on: that is
also correct, only not as short.

`difflib` is not used because repeated lines take it quadratic time, a minute for a file of 2 MiB.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

_STEPS_PER_LINE: Final = 12
_LEAST_STEPS: Final = 20_000


class Hunk(NamedTuple):
    """Lines `old_start` to `old_end` of the old text became `start` to `end` of the new one."""

    old_start: int
    old_end: int
    start: int
    end: int


Diff = Callable[[Sequence[str], Sequence[str]], list[Hunk]]
"""Finds the differences between two texts: `find_hunks` or `find_shortest`."""


class Budget:
    """How many comparisons a diff may still make.

    Attributes:
        spent: Comparisons made so far; the time taken is proportional to them.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.spent = 0

    def take(self, steps: int) -> bool:
        """Whether this many comparisons may still be made; if so, they are counted."""
        if self.spent + steps > self.limit:
            return False
        self.spent += steps
        return True


class _Block(NamedTuple):
    """`size` lines that both texts share from these positions on."""

    old: int
    new: int
    size: int


class _Range(NamedTuple):
    """A part of both texts that is still to be compared."""

    old: int
    old_end: int
    new: int
    new_end: int


def budget_for(old: Sequence[str], new: Sequence[str]) -> Budget:
    """The budget for a diff of these texts: a fixed number of comparisons per line."""
    return Budget(_LEAST_STEPS + _STEPS_PER_LINE * (len(old) + len(new)))


def find_hunks(old: Sequence[str], new: Sequence[str], budget: Budget | None = None) -> list[Hunk]:
    """The differences, in text order; everything between the hunks is equal.

    The same texts give the same hunks. An insertion or deletion that could be in several places is
    put in the last of them, so that a section inserted before another begins with its heading.
    """
    return _hunks(old, new, budget or budget_for(old, new), anchored=True)


def find_shortest(old: Sequence[str], new: Sequence[str]) -> list[Hunk]:
    """Like `find_hunks`, by the shortest edit alone, as git compares by default.

    Of much that was rewritten it keeps more lines, if often not those that a person would name.
    """
    return _hunks(old, new, budget_for(old, new), anchored=False)


def _hunks(old: Sequence[str], new: Sequence[str], budget: Budget, *, anchored: bool) -> list[Hunk]:
    numbers: dict[str, int] = {}
    a = [numbers.setdefault(line, len(numbers)) for line in old]
    b = [numbers.setdefault(line, len(numbers)) for line in new]
    blocks = sorted(_common_blocks(a, b, budget, anchored=anchored))
    return _slide_down(a, b, _between(blocks, len(a), len(b)))


def _between(blocks: Sequence[_Block], old_size: int, new_size: int) -> list[Hunk]:
    hunks = []
    old = new = 0
    for block in (*blocks, _Block(old_size, new_size, 0)):
        if block.old > old or block.new > new:
            hunks.append(Hunk(old, block.old, new, block.new))
        old, new = block.old + block.size, block.new + block.size
    return hunks


def _slide_down(a: Sequence[int], b: Sequence[int], hunks: Sequence[Hunk]) -> list[Hunk]:
    """Each insertion and deletion moved down as far as possible; hunks that meet become one."""
    slid: list[Hunk] = []
    for hunk in reversed(hunks):
        following = slid[-1] if slid else Hunk(len(a), len(a), len(b), len(b))
        moved = _slide(a, b, hunk, following.old_start)
        if slid and moved.old_end == following.old_start:
            moved = Hunk(moved.old_start, following.old_end, moved.start, following.end)
            slid.pop()
        slid.append(moved)
    return slid[::-1]


def _slide(a: Sequence[int], b: Sequence[int], hunk: Hunk, limit: int) -> Hunk:
    old, old_end, new, new_end = hunk
    if old < old_end and new < new_end:
        return hunk
    while old_end < limit and (a[old] == a[old_end] if old < old_end else b[new] == a[old]):
        old, old_end, new, new_end = old + 1, old_end + 1, new + 1, new_end + 1
    return Hunk(old, old_end, new, new_end)


def _common_blocks(
    a: Sequence[int], b: Sequence[int], budget: Budget, *, anchored: bool
) -> Iterator[_Block]:
    todo = [_Range(0, len(a), 0, len(b))]
    while todo:
        whole = todo.pop()
        head, tail = _common_ends(a, b, whole)
        yield _Block(whole.old, whole.new, head)
        yield _Block(whole.old_end - tail, whole.new_end - tail, tail)
        part = _Range(
            whole.old + head, whole.old_end - tail, whole.new + head, whole.new_end - tail
        )
        size = part.old_end - part.old + part.new_end - part.new
        if part.old == part.old_end or part.new == part.new_end:
            continue
        if not budget.take(size):
            yield from _by_occurrence(a, b, part)
        elif anchored and (anchors := _anchors(a, b, part)):
            todo += _split(part, anchors)
        else:
            yield from _shortest_edit(a, b, part, budget)


def _common_ends(a: Sequence[int], b: Sequence[int], part: _Range) -> tuple[int, int]:
    """The number of lines that both begin with, and of the remaining lines that both end with."""
    old, old_end, new, new_end = part
    while old < old_end and new < new_end and a[old] == b[new]:
        old, new = old + 1, new + 1
    while old < old_end and new < new_end and a[old_end - 1] == b[new_end - 1]:
        old_end, new_end = old_end - 1, new_end - 1
    return old - part.old, part.old_end - old_end


def _split(part: _Range, anchors: Sequence[tuple[int, int]]) -> Iterator[_Range]:
    """The parts that anchors begin; anchors that follow each other on both sides begin one."""
    old, new = part.old, part.new
    last: tuple[int, int] | None = None
    for next_old, next_new in anchors:
        if last != (next_old - 1, next_new - 1):
            yield _Range(old, next_old, new, next_new)
            old, new = next_old, next_new
        last = next_old, next_new
    yield _Range(old, part.old_end, new, part.new_end)


def _anchors(a: Sequence[int], b: Sequence[int], part: _Range) -> list[tuple[int, int]]:
    """Lines that occur once on each side: the longest selection that has the same order on both."""
    old_lines, new_lines = a[part.old : part.old_end], b[part.new : part.new_end]
    counts, new_counts = Counter(old_lines), Counter(new_lines)
    places = {
        line: place for place, line in enumerate(new_lines, part.new) if new_counts[line] == 1
    }
    pairs = [
        (place, places[line])
        for place, line in enumerate(old_lines, part.old)
        if line in places and counts[line] == 1
    ]
    return _longest_rising(pairs)


def _by_occurrence(a: Sequence[int], b: Sequence[int], part: _Range) -> Iterator[_Block]:
    """Lines paired by how often they have occurred before; linear apart from sorting."""
    places = {line: place for place, line in _counted(b, part.new, part.new_end)}
    counted = _counted(a, part.old, part.old_end)
    pairs = [(place, places[line]) for place, line in counted if line in places]
    for old, new in _longest_rising(pairs):
        yield _Block(old, new, 1)


def _counted(lines: Sequence[int], start: int, end: int) -> Iterator[tuple[int, tuple[int, int]]]:
    """The position of each line, and the line with the number of its previous occurrences."""
    seen: Counter[int] = Counter()
    for place in range(start, end):
        line = lines[place]
        yield place, (line, seen[line])
        seen[line] += 1


def _longest_rising(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The longest subsequence of the pairs whose second numbers increase (patience sorting)."""
    tops: list[int] = []
    top_pairs: list[int] = []
    before: list[int] = []
    for number, (_, place) in enumerate(pairs):
        pile = bisect_left(tops, place)
        before.append(top_pairs[pile - 1] if pile else -1)
        tops[pile : pile + 1] = [place]
        top_pairs[pile : pile + 1] = [number]
    chosen = []
    number = top_pairs[-1] if top_pairs else -1
    while number >= 0:
        chosen.append(pairs[number])
        number = before[number]
    return chosen[::-1]


def _shortest_edit(
    a: Sequence[int], b: Sequence[int], part: _Range, budget: Budget
) -> Iterator[_Block]:
    """The blocks that the shortest edit leaves unchanged, or similar ones if it takes too long."""
    x, y = a[part.old : part.old_end], b[part.new : part.new_end]
    rounds = _furthest(x, y, budget)
    if rounds is None:
        yield from _by_occurrence(a, b, part)
        return
    i, j = len(x), len(y)
    for distance in range(len(rounds) - 1, -1, -1):
        reached = rounds[distance]
        k = i - j
        down = k == -distance or (k != distance and reached[k - 1] < reached[k + 1])
        came = k + 1 if down else k - 1
        start_i = reached[came] if distance else 0
        start_j = start_i - came if distance else 0
        after = start_i + (not down) if distance else 0
        if i > after:
            yield _Block(part.old + after, part.new + after - k, i - after)
        i, j = start_i, start_j


def _furthest(x: Sequence[int], y: Sequence[int], budget: Budget) -> list[dict[int, int]] | None:
    """For each length of edit, how far each diagonal got before it; `None` if it takes too long."""
    reached = {1: 0}
    rounds: list[dict[int, int]] = []
    for distance in range(len(x) + len(y) + 1):
        rounds.append(dict(reached))
        for k in range(-distance, distance + 1, 2):
            down = k == -distance or (k != distance and reached[k - 1] < reached[k + 1])
            start = i = reached[k + 1] if down else reached[k - 1] + 1
            while i < len(x) and i - k < len(y) and x[i] == y[i - k]:
                i += 1
            reached[k] = i
            if i >= len(x) and i - k >= len(y):
                return rounds
            if not budget.take(2 + i - start):
                return None
    return rounds
