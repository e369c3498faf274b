"""A changed file as lines that a reader understands, each piece marked with what happened to it.

Where there is colour, a mark is one; where there is none, it is the signs around the text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import Enum
from typing import Final

from pack.history.differences.key_changes import KeyChange
from pack.history.differences.marks import PieceOp
from pack.history.differences.prose import Segment, SegmentOp
from pack.history.differences.reading import Reading
from pack.history.differences.units import UnitKind
from pack.log import ChangeKind


class Mark(Enum):
    """What a piece of text is; the value is the signs around it."""

    PLAIN = "plain", "", ""
    HEADING = "heading", "", ""
    ASIDE = "aside", "", ""
    REMOVED = "removed", "[-", "-]"
    ADDED = "added", "{+", "+}"
    GONE = "gone", "", ""
    COME = "come", "", ""

    def signed(self, text: str) -> str:
        """The text between its signs."""
        return f"{self.value[1]}{text}{self.value[2]}"


MarkedText = tuple[str, Mark]
MarkedLine = tuple[MarkedText, ...]

_SIGNS: Final = {
    SegmentOp.CHANGED: "  ",
    SegmentOp.OLD: "- ",
    SegmentOp.NEW: "+ ",
    SegmentOp.MOVED: "> ",
    SegmentOp.MOVED_AWAY: "< ",
}
_MARKS: Final = {PieceOp.SAME: Mark.PLAIN, PieceOp.OLD: Mark.REMOVED, PieceOp.NEW: Mark.ADDED}


def signed_line(line: MarkedLine) -> str:
    """A line without colour."""
    return "".join(mark.signed(text) for text, mark in line).rstrip(" ")


def told_lines(reading: Reading, to_see_gone: str) -> Iterator[MarkedLine]:
    """The lines that tell of a changed file: its path, then what changed in each section.

    Args:
        reading: The file.
        to_see_gone: How its reader gets the text of a deleted file.
    """
    diff = reading.diff
    moved = f" (was {diff.old_path})" if diff.old_path else ""
    yield ((f"{diff.path}: {diff.change}{moved}", Mark.HEADING),)
    if diff.unshown is not None:
        yield ((f"  not shown: {diff.unshown}", Mark.ASIDE),)
        return
    if diff.change is ChangeKind.DELETED:
        count = len(diff.before.splitlines())
        yield ((f"  its {count:,} lines are gone; {to_see_gone}", Mark.ASIDE),)
        return
    yield from changed_lines(reading)


def changed_lines(reading: Reading) -> Iterator[MarkedLine]:
    """The lines that tell what has changed in a text, section by section."""
    for change in reading.keys:
        yield tuple(_key_parts(change))
    section = ""
    for one in reading.segments:
        if one.section != section and one.segment.kind is not UnitKind.HEADING:
            yield ((f"  # {one.section}" if one.section else "", Mark.ASIDE),)
        section = one.section
        yield from _segment_lines(one.segment)
    if not reading.keys and not reading.segments:
        words = "only blanks or line ends differ" if reading.hunks else "no word was changed"
        yield ((f"  {words}", Mark.ASIDE),)


def _key_parts(change: KeyChange) -> Iterator[MarkedText]:
    yield f"  {change.key}:", Mark.PLAIN
    for text in change.removed:
        yield " ", Mark.PLAIN
        yield f"-{text}", Mark.GONE
    for text in change.added:
        yield " ", Mark.PLAIN
        yield f"+{text}", Mark.COME


def _segment_lines(segment: Segment) -> Iterator[MarkedLine]:
    place = segment.new_line or segment.old_line
    sign = _SIGNS[segment.op]
    lead = (f"{place:>6}  ", Mark.ASIDE)
    if segment.op is SegmentOp.MOVED:
        yield lead, (f"{sign}moved here from line {segment.old_line}:", Mark.ASIDE)
        lead = (" " * 8, Mark.PLAIN)
        sign = "  "
    elif segment.op is SegmentOp.MOVED_AWAY:
        begin = " ".join(segment.pieces[0].text.split())[:60]
        yield lead, (f"{sign}moved away: {begin}…", Mark.ASIDE)
        return
    whole = {SegmentOp.OLD: Mark.GONE, SegmentOp.NEW: Mark.COME}.get(segment.op)
    for number, parts in enumerate(_lines(segment, whole)):
        first = (lead, (sign, whole or Mark.PLAIN)) if not number else ((" " * 10, Mark.PLAIN),)
        yield (*first, *parts)


def _lines(segment: Segment, whole: Mark | None) -> Iterator[Sequence[MarkedText]]:
    """The parts of a segment, line by line; without the line end that all have."""
    line: list[MarkedText] = []
    text = "".join(piece.text for piece in segment.pieces)
    left = len(text.rstrip())
    for piece in segment.pieces:
        mark = whole or _MARKS[piece.op]
        shown, left = piece.text[: max(left, 0)], left - len(piece.text)
        for number, part in enumerate(shown.replace("\r\n", "\n").split("\n")):
            if number and (line or whole):
                yield line
                line = []
            if part:
                line.append((part, mark))
    if line:
        yield line
