"""The write rule: what of a note somebody of a level may change by themselves. Nothing does I/O.

The lines and keys of a stronger level stay, each byte of them, and in their order. Whatever a
writer does around them is the writer's own affair, as long as it does not change what they say
(`blocks`). Lines are found by what they say and not by their number, so a rewrite of the whole file
is fine if it leaves them in. Not words, and therefore nobody's: the box of a task, blanks at the
end of a line, and how many blank lines there are. Of these, only the box changes.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, NamedTuple

from pack.core.truths import NoteTruth
from pack.files import frontmatter
from pack.history.differences.line_hunks import git_lines
from pack.merge.diff import find_hunks
from pack.results import ProtectedLine
from pack.truth.blocks import Between, OpenBlocks
from pack.truth.keys import judge_keys, refuse_keys

_BOX: Final = re.compile(r"([ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]+\[)[ xX](\](?=[ \t]|$))")


@dataclass(frozen=True, slots=True)
class Judgement:
    """What becomes of a text that somebody wants to store.

    Attributes:
        protected: The lines and keys that it would change, remove, move or break up.
        rest: The text in which only what touches none of them is done; `None` if there is none,
            as for a text that cannot be taken apart.
    """

    protected: tuple[ProtectedLine, ...]
    rest: str | None


def judge(before: str, truth: NoteTruth, after: str | None, level: int) -> Judgement:
    """What a writer of a level may make of a text.

    Args:
        before: The text as it is.
        truth: How far each line of it is trusted.
        after: What the writer wants; `None` to remove the file.
        level: The writer's, from 1 to 5; the first may do anything.
    """
    if after == before or (level == 1 and after is not None):
        return Judgement((), after)
    everything = _all_of(before, truth, level)
    if after is None or not everything:
        return Judgement(everything, before if after is None else after)
    old, new = frontmatter.read(before), frontmatter.read(after)
    is_protected = [one.is_protected_from(level) for one in truth.lines]
    if old.parts.is_wrapped is not new.parts.is_wrapped:
        _, protected = _judge_lines(git_lines(before), is_protected, git_lines(after), 0)
        return Judgement(protected or everything, None)
    start = old.parts.lines_above
    lines, protected = _judge_lines(
        git_lines(old.body + old.parts.suffix),
        is_protected[start:],
        git_lines(new.body + new.parts.suffix),
        start,
    )
    for keys in (judge_keys(old, truth, new, level), refuse_keys(old, truth, level)):
        rest = keys.head + "".join(lines)
        if keys.holds_in(frontmatter.read(rest)):
            return Judgement((*keys.protected, *protected), rest)
    return Judgement(everything, None)


def _all_of(before: str, truth: NoteTruth, level: int) -> tuple[ProtectedLine, ...]:
    """Everything of the person in a text."""
    head = frontmatter.read(before)
    lines = git_lines(before)
    own = (
        ProtectedLine(number + 1, lines[number].rstrip())
        for number in range(head.parts.lines_above, len(lines))
        if lines[number].strip() and truth.lines[number].is_protected_from(level)
    )
    return (*refuse_keys(head, truth, level).protected, *own)


def _judge_lines(
    old: Sequence[str], is_protected: Sequence[bool], new: Sequence[str], start: int
) -> tuple[list[str], tuple[ProtectedLine, ...]]:
    kept = [n for n in range(len(old)) if is_protected[n] and old[n].strip()]
    if not kept:
        return list(new), ()
    part = _differing(old, kept, new)
    first, end = part.start, len(old) - part.tail
    own = [number - first for number in kept if first <= number < end]
    eol = "\r\n" if old[0].endswith("\r\n") else "\n"
    judging = _Judging(old[first:end], own, new[first : len(new) - part.tail], eol)
    place = OpenBlocks().after(old[:first])
    lines = [*old[:first], *judging.lines(place), *old[end:]]
    protected = (
        ProtectedLine(start + first + number + 1, old[first + number].rstrip())
        for number in sorted(judging.violated)
    )
    return list(_ended(lines, eol)), tuple(protected)


class _Part(NamedTuple):
    """Where two texts differ, with a protected line on each side where there is one.

    Attributes:
        start: The first line of the part, in both.
        tail: How many lines follow it, in both.
    """

    start: int
    tail: int


def _differing(old: Sequence[str], kept: Sequence[int], new: Sequence[str]) -> _Part:
    """The part that has to be judged; on either side of it, the texts are the same."""
    shorter = min(len(old), len(new))
    first = next((n for n in range(shorter) if old[n] != new[n]), shorter)
    left = shorter - first
    same = next((n for n in range(left) if old[-1 - n] != new[-1 - n]), left)
    above = bisect_left(kept, first) - 1
    below = bisect_left(kept, len(old) - same)
    start = kept[above] if above >= 0 else 0
    tail = len(old) - kept[below] - 1 if below < len(kept) else 0
    return _Part(start, tail)


@dataclass(frozen=True, slots=True)
class _Anchor:
    """A protected line, and where a new text has it; `None` if it does not have it."""

    old: int
    new: int | None


class _Judging:
    """One text against another.

    Attributes:
        violated: The protected lines that the new text would change.
    """

    def __init__(
        self, old: Sequence[str], kept: Sequence[int], new: Sequence[str], eol: str
    ) -> None:
        self._old = old
        self._new = new
        self._eol = eol
        self._anchors = list(_anchors(old, kept, new))
        self._own = frozenset(kept)
        self.violated = {one.old for one in self._anchors if one.new is None}
        self._lost = {_key(old[number]) for number in self.violated}

    def lines(self, place: OpenBlocks) -> list[str]:
        """The lines of the rest; `place` is what is open where they begin."""
        found: list[str] = []
        ends = [_Anchor(-1, -1), *self._anchors, _Anchor(len(self._old), len(self._new))]
        for above, below in pairwise(ends):
            gap = self._gap(above, below, place)
            found += gap
            if below.old < len(self._old):
                found.append(self._kept_line(below))
            place = place.after([*gap, *self._old[below.old : below.old + 1]])
        return found

    def _gap(self, above: _Anchor, below: _Anchor, place: OpenBlocks) -> list[str]:
        """What stands between two protected lines, which come right after each other."""
        old = list(self._old[above.old + 1 : below.old])
        if above.new is None or below.new is None:
            return old
        new = [self._ended_like(one) for one in self._new[above.new + 1 : below.new]]
        if self._lost and any(_key(one) in self._lost for one in new):
            return old  # where a line goes that stays where it is
        between = Between(self._at(above), self._at(below), place, old, new)
        settled = between.settled(self._eol)
        if settled is None:
            self.violated |= {above.old, below.old} & self._own
            return old
        return settled

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
        box, other = _BOX.match(line), _BOX.match(self._new[anchor.new])
        if box is None or other is None:
            return line
        mark = other[0][len(other[1])]
        return f"{box[1]}{mark}{line[len(box[1]) + 1 :]}"


def _anchors(old: Sequence[str], kept: Sequence[int], new: Sequence[str]) -> Iterator[_Anchor]:
    """The protected lines, each with its place in the new text; none is out of order there."""
    there = [number for number, line in enumerate(new) if line.strip()]
    own, others = [_key(old[number]) for number in kept], [_key(new[number]) for number in there]
    done = place = 0
    for hunk in find_hunks(own, others):
        for step in range(hunk.old_start - done):
            yield _Anchor(kept[done + step], there[place + step])
        yield from (_Anchor(number, None) for number in kept[hunk.old_start : hunk.old_end])
        done, place = hunk.old_end, hunk.end
    for step in range(len(kept) - done):
        yield _Anchor(kept[done + step], there[place + step])


def _key(line: str) -> str:
    """What must stay of a line."""
    plain = line.rstrip()
    box = _BOX.match(plain) if "]" in plain else None
    return f"{box[1]} {plain[len(box[1]) + 1 :]}" if box else plain


def _ended(lines: Sequence[str], eol: str) -> Iterator[str]:
    """The lines, each but the last with a line end."""
    for line in lines[:-1]:
        yield line if line.endswith("\n") else line + eol
    yield from lines[-1:]
