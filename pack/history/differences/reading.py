"""What of a change a person reads: changed sentences, without what is the same or says nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from pack.history.differences.file_diff import FileDiff
from pack.history.differences.key_changes import KeyChange, key_changes
from pack.history.differences.line_hunks import LineHunk, git_lines, line_hunks
from pack.history.differences.marks import PieceOp
from pack.history.differences.prose import Segment, SegmentOp, compare_prose
from pack.history.differences.stamps import is_stamp, stamped_lines
from pack.history.differences.units import UnitKind

_JOINED: Final = frozenset((SegmentOp.OLD, SegmentOp.NEW, SegmentOp.MOVED, SegmentOp.MOVED_AWAY))


@dataclass(frozen=True, slots=True)
class ReadSegment:
    """A changed segment and the section that it is in.

    Attributes:
        segment: What is read. Sentences of one paragraph that came, went or moved together are one.
        section: The heading above it, without its signs; empty if there is none.
    """

    segment: Segment
    section: str


@dataclass(frozen=True)
class Reading:
    """The difference of one file, as it is read.

    Attributes:
        diff: The file with both texts.
        raw: Whether stamps of PACK's are shown, too.
        is_exact: Whether all is shown that says anything, for whoever decides on it: the
            frontmatter line by line, with its comments, and blanks inside a line.
    """

    diff: FileDiff
    raw: bool = False
    is_exact: bool = False

    @cached_property
    def keys(self) -> tuple[KeyChange, ...]:
        """The keys of the frontmatter that were changed."""
        return self._keys or ()

    @cached_property
    def _keys(self) -> tuple[KeyChange, ...] | None:
        if self.is_exact:
            return None
        return key_changes(self.diff.before, self.diff.after, raw=self.raw)

    @cached_property
    def segments(self) -> tuple[ReadSegment, ...]:
        """The sentences and lines that were changed, in the order in which they are read."""
        return tuple(one for one in _joined(self._visible()) if self._shows(one.segment))

    def _shows(self, segment: Segment) -> bool:
        """Whether anything of a segment has changed that is shown."""
        changed = (piece.text for piece in segment.pieces if piece.op is not PieceOp.SAME)
        is_blank = self.is_exact and any("\n" not in text for text in changed)
        return segment.is_visible or is_blank

    def _visible(self) -> Iterator[ReadSegment]:
        section = ""
        for segment in compare_prose(self.diff.before, self.diff.after):
            text = "".join(piece.text for piece in segment.pieces)
            if segment.kind is UnitKind.HEADING and segment.op is not SegmentOp.MOVED_AWAY:
                section = text.strip().strip("#").split("\n")[0].strip()
            if segment.kind is UnitKind.FRONTMATTER and self._says_nothing(text):
                continue
            if segment.op is not SegmentOp.SAME:
                yield ReadSegment(segment, section)

    def _says_nothing(self, line: str) -> bool:
        """Whether a line of the frontmatter is a stamp, or is told by its key."""
        return self._keys is not None or (not self.raw and is_stamp(line))

    @cached_property
    def hunks(self) -> list[LineHunk]:
        """The lines that differ."""
        old, new = self.diff.before, self.diff.after
        if self.raw:
            return line_hunks(old, new)
        hidden = stamped_lines(old, git_lines(old)), stamped_lines(new, git_lines(new))
        return line_hunks(old, new, hidden=hidden)


def _joined(segments: Iterable[ReadSegment]) -> Iterator[ReadSegment]:
    """The segments, those joined that belong together."""
    last: ReadSegment | None = None
    for one in segments:
        if last is not None and _belongs(last.segment, one.segment):
            pieces = (*last.segment.pieces, *one.segment.pieces)
            last = replace(last, segment=replace(last.segment, pieces=pieces))
            continue
        if last is not None:
            yield last
        last = one
    if last is not None:
        yield last


def _belongs(last: Segment, one: Segment) -> bool:
    if last.op is not one.op or one.op not in _JOINED:
        return False
    if one.op in (SegmentOp.MOVED, SegmentOp.MOVED_AWAY):
        return True
    return last.kind is one.kind is UnitKind.TEXT
