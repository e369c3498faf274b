"""The lines of a text against those that somebody wants there: what of these can be had.

The person's lines are found in the new text, and what stands between two of them is taken or left
as a whole. Where it has other words for one, what is next to it is taken only if it is beyond doubt
which line those are (`rewordings`). What has been taken is checked by how the person's lines are
shown with it, first all of it at once; if something is wrong with that, it is halved until what is
wrong is found.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from pack.deferred import dataclass
from pack.files.line_keys import BOX, line_form
from pack.merge.diff import find_hunks
from pack.truth.between.blocks import Between, words_of
from pack.truth.between.rewordings import are_all_there, reworded_places
from pack.truth.between.sight import Sight

_MOST_LINES: Final = 40_000
"""About as many lines are read to find out which part of a change is wrong; one reading is free."""


@dataclass(frozen=True, slots=True)
class _Anchor:
    """A protected line, and where a new text has it; `None` if it does not have it."""

    old: int
    new: int | None


class _Gap(NamedTuple):
    """What stands between two protected lines, as it is, and as somebody may have it."""

    above: _Anchor
    below: _Anchor
    old: list[str]
    wanted: list[str]


class Judging:
    """One text against another.

    Args:
        old: The lines as they are.
        kept: The numbers of those that stay.
        new: The lines that somebody wants.
        eol: The line end of the text.
        sight: How the lines that stay are shown.

    Attributes:
        violated: The protected lines that the new text would change.
    """

    def __init__(
        self, old: Sequence[str], kept: Sequence[int], new: Sequence[str], eol: str, sight: Sight
    ) -> None:
        self._old = old
        self._new = new
        self._eol = eol
        self._sight = sight
        self._anchors = list(_anchors(old, kept, new))
        self._own = frozenset(kept)
        self._places = {one.old: one.new for one in self._anchors if one.new is not None}
        self._places |= dict(_reworded(old, self._anchors, new))
        self.violated = {one.old for one in self._anchors if one.new is None}
        self._lost = {line_form(old[number]) for number in self.violated}

    def lines(self) -> list[str]:
        """The lines in which only what touches none of the protected ones is done."""
        ends = [_Anchor(-1, -1), *self._anchors, _Anchor(len(self._old), len(self._new))]
        gaps = [self._gap(above, below) for above, below in pairwise(ends)]
        return self._with(gaps, self._taken(gaps))[0]

    def _taken(self, gaps: Sequence[_Gap]) -> set[int]:
        """The numbers of the gaps in which the new lines leave the person's as they are."""
        taken: set[int] = set()
        left = max(1, _MOST_LINES // (len(self._old) + len(self._new)))
        groups = [[number for number, gap in enumerate(gaps) if gap.wanted != gap.old]]
        while groups:
            group = groups.pop()
            if not group:
                continue
            left -= 1
            if left >= 0 and self._sight.is_kept(*self._with(gaps, taken.union(group))):
                taken.update(group)
            elif left > 0 and len(group) > 1:
                half = len(group) // 2
                groups += [group[half:], group[:half]]
            else:
                for number in group:
                    self._refuse(gaps[number])
        return taken

    def _refuse(self, gap: _Gap) -> None:
        if words_of(gap.old) != words_of(gap.wanted):  # blank lines just stay
            self.violated |= {gap.above.old, gap.below.old} & self._own

    def _with(self, gaps: Sequence[_Gap], taken: Collection[int]) -> tuple[list[str], list[int]]:
        """The lines with what is new in some gaps, and the numbers of the protected ones."""
        lines: list[str] = []
        own: list[int] = []
        for number, gap in enumerate(gaps):
            lines += gap.wanted if number in taken else gap.old
            if gap.below.old < len(self._old):
                own.append(len(lines))
                lines.append(self._kept_line(gap.below))
        return list(_ended(lines, self._eol)), own

    def _gap(self, above: _Anchor, below: _Anchor) -> _Gap:
        """What stands between two protected lines, which come right after each other."""
        old = list(self._old[above.old + 1 : below.old])
        stays = _Gap(above, below, old, old)
        start, end = self._place(above), self._place(below)
        if start is None or end is None:
            return stays
        new = [self._ended_like(one) for one in self._new[start + 1 : end]]
        if new == old:
            return stays
        if None in (above.new, below.new) and not are_all_there(old, new):
            return stays  # it may be in the other words that wait for the person
        if self._lost and any(line_form(one) in self._lost for one in new):
            return stays  # where a line goes that stays where it is
        wanted = self._between(above, below, old, new).settled(self._eol)
        if wanted is None:
            self._refuse(_Gap(above, below, old, new))
            return stays
        return _Gap(above, below, old, wanted)

    def _place(self, anchor: _Anchor) -> int | None:
        """Where a line is in the new text, in its own or in other words."""
        return self._places.get(anchor.old, anchor.new)

    def _between(
        self, above: _Anchor, below: _Anchor, old: Sequence[str], new: Sequence[str]
    ) -> Between:
        before, after = self._sight.of(above.old), self._sight.of(below.old)
        is_one = before is not None and after is not None and before.is_of_one_block(after)
        joined = (before is not None and before.joined[1], after is not None and after.joined[0])
        return Between(self._at(above), self._at(below), old, new, is_one, joined)

    def _at(self, anchor: _Anchor) -> str | None:
        return self._old[anchor.old] if 0 <= anchor.old < len(self._old) else None

    def _ended_like(self, line: str) -> str:
        has_other = self._eol == "\r\n" and line.endswith("\n") and not line.endswith("\r\n")
        return f"{line[:-1]}\r\n" if has_other else line

    def _kept_line(self, anchor: _Anchor) -> str:
        """The line of the person, each byte of it; the box of a task is as the writer has it."""
        line = self._old[anchor.old]
        if anchor.new is None:
            return line
        box, other = BOX.match(line), BOX.match(self._new[anchor.new])
        if box is None or other is None:
            return line
        mark = other[0][len(other[1])]
        return f"{box[1]}{mark}{line[len(box[1]) + 1 :]}"


def _reworded(
    old: Sequence[str], anchors: Sequence[_Anchor], new: Sequence[str]
) -> Iterator[tuple[int, int]]:
    """The protected lines that a new text has in other words, each with its place there."""
    missing: list[_Anchor] = []
    start = 0
    for one in (*anchors, _Anchor(len(old), len(new))):
        if one.new is None:
            missing.append(one)
            continue
        there = [number for number in range(start, one.new) if new[number].strip()]
        found = reworded_places([old[each.old] for each in missing], [new[n] for n in there])
        for each, place in zip(missing, found or (), strict=False):
            yield each.old, there[place]
        missing, start = [], one.new + 1


def _anchors(old: Sequence[str], kept: Sequence[int], new: Sequence[str]) -> Iterator[_Anchor]:
    """The protected lines, each with its place in the new text; none is out of order there.

    Lines like "```" may be those of several writers. So first all lines are looked for, and only if
    some protected ones are not found like that, these alone.
    """
    there = [number for number, line in enumerate(new) if line.strip()]
    every = [number for number, line in enumerate(old) if line.strip()]
    own = frozenset(kept)
    found = {one.old: one for one in _matched(old, every, new, there) if one.old in own}
    if any(one.new is None for one in found.values()):
        found = {one.old: one for one in _matched(old, kept, new, there)}
    yield from found.values()


def _matched(
    old: Sequence[str], numbers: Sequence[int], new: Sequence[str], there: Sequence[int]
) -> Iterator[_Anchor]:
    """Some lines of the old text with their places among some of the new one."""
    before, after = (
        [line_form(old[number]) for number in numbers],
        [line_form(new[number]) for number in there],
    )
    done = place = 0
    for hunk in find_hunks(before, after):
        for step in range(hunk.old_start - done):
            yield _Anchor(numbers[done + step], there[place + step])
        yield from (_Anchor(number, None) for number in numbers[hunk.old_start : hunk.old_end])
        done, place = hunk.old_end, hunk.end
    for step in range(len(numbers) - done):
        yield _Anchor(numbers[done + step], there[place + step])


def _ended(lines: Sequence[str], eol: str) -> Iterator[str]:
    """The lines, each but the last with a line end."""
    for line in lines[:-1]:
        yield line if line.endswith("\n") else line + eol
    yield from lines[-1:]
