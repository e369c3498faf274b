"""The write rule: what of a note somebody of a level may change by themselves. Nothing does I/O.

The lines and keys of a stronger level stay, each byte of them, and in their order. Whatever a
writer does around them is the writer's own affair, as long as it does not change what they say
(`between`). Lines are found by what they say and not by their number, so a rewrite of the whole
file is fine if it leaves them in. Not words, and therefore nobody's: the box of a task, blanks at
the end of a line, and how many blank lines there are. Of these, only the box changes.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import NamedTuple

from pack.core.truths import NoteTruth
from pack.deferred import dataclass
from pack.files import frontmatter
from pack.history.differences.line_hunks import git_lines
from pack.results import ProtectedLine
from pack.truth.between.afterwards import unprotected_by
from pack.truth.between.judging import Judging
from pack.truth.between.sight import Sight
from pack.truth.keys import judge_keys, refuse_keys


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
            lost = unprotected_by(before, truth, everything, rest, level)
            if lost:
                return Judgement(lost, None)
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
    if not kept or list(old) == list(new):
        return list(new), ()
    part = _differing(old, kept, new)
    first, end = part.start, len(old) - part.tail
    wanted = new[first : len(new) - part.tail]
    own = [number - first for number in kept if first <= number < end]
    eol = "\r\n" if old[0].endswith("\r\n") else "\n"
    judging = Judging(old[first:end], own, wanted, eol, Sight(old, kept, (first, end), wanted))
    lines = [*old[:first], *judging.lines(), *old[end:]]
    protected = (
        ProtectedLine(start + first + number + 1, old[first + number].rstrip())
        for number in sorted(judging.violated)
    )
    return lines, tuple(protected)


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
