"""Three-way merge of markdown: by line, but aware of the sections that the lines are in.

Lines are compared first. If both sides inserted something at the same place, headings decide where
it belongs: a section that both began becomes one section, text that continues the previous section
comes first, and the rest is sorted by its text, so that both sides get the same result (and the
days of a journal are in order). If lines conflict and one side has moved sections around, the
sections are matched by their headings and merged one by one.

A heading is what the CommonMark parser takes for one. Bodies of more than 100,000 characters, which
would take it too long, are treated as having no headings.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, pairwise
from operator import attrgetter
from typing import Final

from pack.files import markdown
from pack.merge.diff import Diff, find_hunks
from pack.merge.lines import LineSpan, MergedLines, Prefer, merge_lines

_PARSED_CHARACTERS: Final = 100_000
_LOOKS_LIKE_HEADING: Final = re.compile(r"(?m)^ {0,3}(?:#{1,6}(?:\s|$)|=+\s*$|-+\s*$)")
_ATX: Final = re.compile(r" {0,3}#{1,6}(?:\s|$)")
_ITEM: Final = re.compile(r"\s*(?:[-*+]|\d{1,9}[.)])\s")

_Lines = Sequence[str]
_START: Final = attrgetter("start")


@dataclass(frozen=True, slots=True)
class _Heading:
    """A heading among some lines: its rank, and the lines `start` to `end` that it takes up."""

    level: int
    start: int
    end: int


class _Body:
    """A body, and its headings, which are found when first needed."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.lines = markdown.split_lines(text)

    @cached_property
    def headings(self) -> list[_Heading]:
        """Its headings in order."""
        if len(self.text) > _PARSED_CHARACTERS or not _LOOKS_LIKE_HEADING.search(self.text):
            return []
        found = markdown.headings(self.text, 0)
        return [_Heading(h.level, h.line, h.end_line + 1) for h in found]

    def piece(self, span: LineSpan) -> _Piece:
        """Some of its lines."""
        return _Piece(self.lines, self.headings).cut(*span)


@dataclass(frozen=True, slots=True)
class _Piece:
    """Some lines, and the headings among them."""

    lines: _Lines
    headings: Sequence[_Heading]

    def cut(self, start: int, end: int) -> _Piece:
        """Some of these lines."""
        first, last = (bisect_left(self.headings, line, key=_START) for line in (start, end))
        inside = [
            _Heading(h.level, h.start - start, h.end - start) for h in self.headings[first:last]
        ]
        return _Piece(self.lines[start:end], inside)


def merge_body(
    base: str,
    ours: str,
    theirs: str,
    *,
    prefer: Prefer | None = None,
    diff: Diff = find_hunks,
) -> MergedLines:
    """Both sides' changes to a body; see the module's docstring and `merge_lines`."""
    bodies = _Body(base), _Body(ours), _Body(theirs)
    merged = _merge(*bodies, prefer, diff)
    if merged.is_clean:
        return merged
    by_section = _merge_sections(*bodies)
    return by_section if by_section is not None else merged


def merge_plain(
    base: str,
    ours: str,
    theirs: str,
    *,
    keep_both: bool = True,
    prefer: Prefer | None = None,
    diff: Diff = find_hunks,
) -> MergedLines:
    """Both sides' changes to a text in which headings have no meaning.

    Args:
        base: What both sides started from.
        ours: Our version.
        theirs: Their version.
        keep_both: Whether to keep everything that the two sides inserted at the same place;
            otherwise that is a conflict.
        prefer: As in `merge_lines`.
        diff: As in `merge_lines`.
    """
    lines, mine, other = map(markdown.split_lines, (base, ours, theirs))

    def union(our_span: LineSpan, their_span: LineSpan) -> _Lines:
        return _union(_Piece(mine[slice(*our_span)], ()), _Piece(other[slice(*their_span)], ()))

    kept = union if keep_both else None
    return merge_lines(lines, mine, other, union=kept, prefer=prefer, diff=diff)


def _merge(
    base: _Body,
    ours: _Body,
    theirs: _Body,
    prefer: Prefer | None = None,
    diff: Diff = find_hunks,
) -> MergedLines:
    def union(our_span: LineSpan, their_span: LineSpan) -> _Lines:
        return _union(ours.piece(our_span), theirs.piece(their_span))

    # By appearance only: a false heading can at worst report a conflict that is none.
    headings = {number for number, line in enumerate(base.lines) if _ATX.match(line)}
    sides = base.lines, ours.lines, theirs.lines
    return merge_lines(*sides, union=union, headings=headings, prefer=prefer, diff=diff)


# --- what both sides inserted at the same place --------------------------------------------------


def _union(ours: _Piece, theirs: _Piece) -> _Lines:
    """All lines of two pieces; lines that both have at the same place occur once."""
    first, second = sorted((ours, theirs), key=lambda piece: tuple(piece.lines))
    if (all_in_one := _containing(first.lines, second.lines)) is not None:
        return all_in_one
    if not first.headings and not second.headings:
        return _union_lines(first.lines, second.lines)
    head, sections = _sections(first)
    other_head, other_sections = _sections(second)
    before = _union_lines(head.lines, other_head.lines)
    gap = [line for line in (*first.lines, *second.lines) if not line.strip()][:1]
    return _separated((before, *_union_sections(sections, other_sections)), gap)


def _containing(first: _Lines, second: _Lines) -> _Lines | None:
    """Whichever text contains all lines of the other, not counting blank lines."""
    counts = [Counter(line for line in lines if line.strip()) for lines in (first, second)]
    if counts[1] <= counts[0]:
        return first
    return second if counts[0] <= counts[1] else None


def _union_lines(one: _Lines, other: _Lines) -> _Lines:
    """Two insertions, one after the other; what both begin or end with occurs once.

    A blank line that separates one from the text around it also separates the two from each other,
    except for list items.
    """
    (one, blanks), (other, other_blanks) = _without_blank_end(one), _without_blank_end(other)
    first, second = sorted((list(one), list(other)))
    blank_end = max(blanks, other_blanks, key=len)
    head = _common_start(first, second)
    tail = _common_start(first[head:][::-1], second[head:][::-1])
    start, middle, end = _cut_thrice(first, head, tail)
    _, added, _ = _cut_thrice(second, head, tail)
    gap: _Lines = []
    if middle and added and not (_ITEM.match(middle[-1]) and _ITEM.match(added[0])):
        around = (*start[-1:], *end[:1], *blank_end)
        gap = [line for line in around if not line.strip()][:1] if middle[-1].strip() else []
    return [*start, *middle, *gap, *added, *end, *blank_end]


def _without_blank_end(lines: _Lines) -> tuple[_Lines, _Lines]:
    end = len(lines)
    while end and not lines[end - 1].strip():
        end -= 1
    return lines[:end], lines[end:]


def _cut_thrice(lines: _Lines, head: int, tail: int) -> tuple[_Lines, _Lines, _Lines]:
    end = len(lines) - tail
    return lines[:head], lines[head:end], lines[end:]


def _common_start(first: _Lines, second: _Lines) -> int:
    pairs = enumerate(zip(first, second, strict=False))
    return next((place for place, (a, b) in pairs if a != b), min(len(first), len(second)))


def _sections(piece: _Piece) -> tuple[_Piece, list[_Piece]]:
    """The lines before the first heading, and the sections, each with its sub-sections."""
    starts: list[int] = []
    level = 7
    for heading in piece.headings:
        if heading.level <= level:
            level = heading.level
            starts.append(heading.start)
    bounds = [*starts, len(piece.lines)]
    return piece.cut(0, bounds[0]), [piece.cut(*bound) for bound in pairwise(bounds)]


def _union_sections(first: Sequence[_Piece], second: Sequence[_Piece]) -> Iterator[_Lines]:
    place = other = 0
    for hunk in (*find_hunks(_titles(first), _titles(second)), None):
        until = hunk.old_start if hunk is not None else len(first)
        while place < until:
            yield _union_section(first[place], second[other])
            place, other = place + 1, other + 1
        if hunk is not None:
            for section in _in_order(first[place : hunk.old_end], second[other : hunk.end]):
                yield section.lines
            place, other = hunk.old_end, hunk.end


def _in_order(first: Sequence[_Piece], second: Sequence[_Piece]) -> list[_Piece]:
    """Different sections from both sides, lower ranks first: they belong to what is above them."""
    sides = sorted((first, second), key=lambda side: [tuple(piece.lines) for piece in side])
    return sorted(chain(*sides), key=lambda piece: -piece.headings[0].level)


def _titles(sections: Sequence[_Piece]) -> list[str]:
    return ["".join(piece.lines[: piece.headings[0].end]) for piece in sections]


def _union_section(first: _Piece, second: _Piece) -> _Lines:
    """A section that both sides began: its heading once, then what is below it on either side."""
    end, other_end = first.headings[0].end, second.headings[0].end
    below = first.cut(end, len(first.lines)), second.cut(other_end, len(second.lines))
    return [*first.lines[:end], *_union(*below)]


def _separated(parts: Iterable[_Lines], gap: _Lines) -> _Lines:
    """Sections one after the other, with a blank line in between if they use one at all (`gap`)."""
    lines: list[str] = []
    for part in parts:
        if lines and part and lines[-1].strip() and part[0].strip():
            lines += gap
        lines += part
    return lines


# --- sections that one side moved ----------------------------------------------------------------

_Key = str
_Cut = dict[_Key, _Lines]


def _merge_sections(base: _Body, ours: _Body, theirs: _Body) -> MergedLines | None:
    """The sections, merged one by one, in the order of the side that moved them.

    `None` if neither or both sides have moved any, or if a section conflicts.
    """
    old, mine, other = (_cut(body) for body in (base, ours, theirs))
    if not _is_in_order(old, other):
        mine, other = other, mine
    if not _is_in_order(old, other) or _is_in_order(old, mine) or other.keys() - old.keys():
        return None
    lines: list[str] = []
    for key in (*mine, *(key for key in other if key not in mine)):
        merged = _merge_section(key, old, mine, other)
        if merged is None:
            return None
        lines += merged
    return MergedLines(tuple(lines), is_clean=True)


def _merge_section(key: _Key, base: _Cut, ours: _Cut, theirs: _Cut) -> _Lines | None:
    if key not in base:
        return ours[key]
    if key in ours and key in theirs:
        old, mine, other = (_Body("".join(side[key])) for side in (base, ours, theirs))
        merged = _merge(old, mine, other)
        return merged.lines if merged.is_clean else None
    left = ours.get(key, theirs.get(key))
    return [] if left is None or left == base[key] else None


def _cut(body: _Body) -> _Cut:
    """Lines by section, without sub-sections; a key consists of the headings above and its own."""
    above: list[tuple[int, str]] = []
    starts = [0, *(h.start for h in body.headings), len(body.lines)]
    seen: Counter[str] = Counter()
    cut: _Cut = {"": body.lines[: starts[1]]}
    for number, heading in enumerate(body.headings, 1):
        title = "".join(body.lines[heading.start : heading.end])
        above = [outer for outer in above if outer[0] < heading.level] + [(heading.level, title)]
        path = "".join(text for _, text in above)
        seen[path] += 1
        cut[f"{path}{seen[path]}"] = body.lines[heading.start : starts[number + 1]]
    return cut


def _is_in_order(base: _Cut, side: _Cut) -> bool:
    """Whether the sections that a side kept are in the same order as in the base."""
    return [key for key in base if key in side] == [key for key in side if key in base]
