"""Three-way merge of sequences of lines: the changes of both sides, each in its place.

A line that only one side changed is taken from that side, even next to a line that the other side
changed. A memory states one fact per line; git, which requires an unchanged line in between, would
make two people who learned two facts resolve a conflict. A change that both sides made happens
once, lines that either side deleted are gone, and everything that the two inserted at the same
place is kept (`union`). If both changed the same lines differently, that is a conflict, and ours
stay, unless a caller says by a rule which side's do (`Prefer`).

Apart from conflicts, the result does not depend on which side is called ours.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from operator import attrgetter
from typing import Final, NamedTuple

from pack.deferred import dataclass
from pack.merge.diff import Diff, Hunk, find_hunks


class LineSpan(NamedTuple):
    """Lines `start` to `end` of one side's text."""

    start: int
    end: int


Union = Callable[[LineSpan, LineSpan], Sequence[str]]
"""Combines our and their insertions at the same place; swapping the sides gives the same result."""

Prefer = Callable[[Sequence[Hunk], Sequence[Hunk]], bool]
"""Of our and their changes to the same lines, whether theirs stay; see `pack.merge.two_sides`."""


@dataclass(frozen=True, slots=True)
class MergedLines:
    """The result of merging three sequences of lines.

    Attributes:
        lines: The merged lines; ours wherever both sides changed the same lines differently, unless
            theirs were preferred.
        is_clean: Whether there was no such conflict.
        loses_ours: Whether some of our lines had to go.
        loses_theirs: Whether some of theirs had to.
    """

    lines: tuple[str, ...]
    is_clean: bool
    loses_ours: bool = field(default=False, compare=False)
    loses_theirs: bool = field(default=False, compare=False)


class _Sided(NamedTuple):
    hunk: Hunk
    is_ours: bool


@dataclass(slots=True)
class _Region:
    """Hunks that touch the same lines of the base, in their order."""

    start: int
    end: int
    hunks: list[_Sided]
    until: int
    """Insertions before this line of the base belong to the region; it is `end`, or one more."""


_BY_PLACE: Final = attrgetter("hunk.old_start", "hunk.old_end")


def merge_lines(
    base: Sequence[str],
    ours: Sequence[str],
    theirs: Sequence[str],
    *,
    union: Union | None = None,
    headings: Collection[int] = (),
    prefer: Prefer | None = None,
    diff: Diff = find_hunks,
) -> MergedLines:
    """Both sides' changes to `base`, in time that is nearly linear in the number of lines.

    Args:
        base: What both sides started from.
        ours: Our version.
        theirs: Their version.
        union: Combines different insertions at the same place; `None` makes them a conflict.
        headings: Lines of the base that begin a section. If one side adds lines at the end of a
            section and the other removes its heading, the lines have lost their place, which is a
            conflict.
        prefer: Whose lines stay in a conflict; `None` for ours.
        diff: Finds what each side changed.
    """
    mine, other = diff(base, ours), diff(base, theirs)
    our_hunks = _apart(mine, ours, _insertions(other, theirs))
    their_hunks = _apart(other, theirs, _insertions(mine, ours))
    changes = [_Sided(hunk, is_ours=True) for hunk in _divided(our_hunks)]
    changes += [_Sided(hunk, is_ours=False) for hunk in _divided(their_hunks)]
    merger = _Merger(base, ours, theirs, union, prefer)
    done = 0
    for region in _regions(sorted(changes, key=_BY_PLACE), frozenset(headings)):
        merger.lines += base[done : region.start]
        merger.resolve(region)
        done = region.end
    merger.lines += base[done:]
    loses = merger.loses_ours, merger.loses_theirs
    return MergedLines(tuple(merger.lines), not any(loses), *loses)


def _insertions(hunks: Sequence[Hunk], side: Sequence[str]) -> dict[int, list[str]]:
    """The lines that a side only inserted, by their place in the base."""
    return {
        hunk.old_start: [*side[hunk.start : hunk.end]]
        for hunk in hunks
        if hunk.old_start == hunk.old_end
    }


def _apart(
    hunks: Sequence[Hunk], side: Sequence[str], inserted: Mapping[int, Sequence[str]]
) -> Iterator[Hunk]:
    """The hunks; one that puts in the place of lines what the other side inserts there is two.

    So what both sides wrote happens once, and the lines are gone.
    """
    for hunk in hunks:
        old, old_end, start, end = hunk
        new = [*side[start:end]]
        is_shared = bool(new) and old < old_end
        if is_shared and inserted.get(old) == new:
            yield from (Hunk(old, old, start, end), Hunk(old, old_end, end, end))
        elif is_shared and inserted.get(old_end) == new:
            yield from (Hunk(old, old_end, start, start), Hunk(old_end, old_end, start, end))
        else:
            yield hunk


def _divided(hunks: Iterable[Hunk]) -> Iterator[Hunk]:
    """The hunks, with lines that are replaced by equally many split into single changed lines."""
    for hunk in hunks:
        size = hunk.old_end - hunk.old_start
        if size > 1 and size == hunk.end - hunk.start:
            for step in range(size):
                old, new = hunk.old_start + step, hunk.start + step
                yield Hunk(old, old + 1, new, new + 1)
        else:
            yield hunk


def _regions(changes: Sequence[_Sided], headings: Collection[int]) -> Iterator[_Region]:
    region: _Region | None = None
    for change in changes:
        hunk = change.hunk
        if region is not None and _meets(region, hunk):
            region.hunks.append(change)
            region.end = max(region.end, hunk.old_end)
            region.until = max(region.until, _until(hunk, headings))
            continue
        if region is not None:
            yield region
        region = _Region(hunk.old_start, hunk.old_end, [change], _until(hunk, headings))
    if region is not None:
        yield region


def _until(hunk: Hunk, headings: Collection[int]) -> int:
    removed = range(hunk.old_start, hunk.old_end)
    loses_heading = any(line in headings for line in removed)
    return hunk.old_end + loses_heading


def _meets(region: _Region, hunk: Hunk) -> bool:
    """Whether a hunk that begins no earlier changes the same lines or inserts at the same place.

    Insertions before and after a changed line do not count.
    """
    if hunk.old_start == hunk.old_end:
        return hunk.old_start < region.until or region.start == region.end == hunk.old_start
    return hunk.old_start < region.end


class _Merger:
    def __init__(
        self,
        base: Sequence[str],
        ours: Sequence[str],
        theirs: Sequence[str],
        union: Union | None,
        prefer: Prefer | None,
    ) -> None:
        self._base = base
        self._ours = ours
        self._theirs = theirs
        self._union = union
        self._prefer = prefer
        self.lines: list[str] = []
        self.loses_ours = self.loses_theirs = False

    def resolve(self, region: _Region) -> None:
        """Append the merged lines of a region."""
        ours = [hunk for hunk, is_ours in region.hunks if is_ours]
        theirs = [hunk for hunk, is_ours in region.hunks if not is_ours]
        our_lines = self._applied(region, ours, self._ours)
        their_lines = self._applied(region, theirs, self._theirs)
        if not ours:
            self.lines += their_lines
        elif not theirs or our_lines == their_lines:
            self.lines += our_lines
        elif region.start == region.end and self._union is not None:
            self.lines += self._union(_span(ours), _span(theirs))
        elif all(hunk.start == hunk.end for hunk in (*ours, *theirs)):
            self._delete(region)
        elif self._prefer is not None and self._prefer(ours, theirs):
            self.loses_ours = True
            self.lines += their_lines
        else:
            self.loses_theirs = True
            self.lines += our_lines

    def _applied(self, region: _Region, hunks: Sequence[Hunk], side: Sequence[str]) -> list[str]:
        """The lines of a region in one side's version."""
        lines: list[str] = []
        done = region.start
        for hunk in hunks:
            lines += self._base[done : hunk.old_start]
            lines += side[hunk.start : hunk.end]
            done = hunk.old_end
        lines += self._base[done : region.end]
        return lines

    def _delete(self, region: _Region) -> None:
        deleted: set[int] = set()
        for hunk, _ in region.hunks:
            deleted.update(range(hunk.old_start, hunk.old_end))
        kept = (line for line in range(region.start, region.end) if line not in deleted)
        self.lines += [self._base[line] for line in kept]


def _span(hunks: Sequence[Hunk]) -> LineSpan:
    return LineSpan(hunks[0].start, hunks[-1].end)
