"""The difference between two texts as a person reads it.

Sentences are aligned first, and changed words are marked inside them; a line diff of prose says
only that a paragraph is different. What left one place and appears at another is shown as moved.
Every character of both texts is in the result, so that they can be put together from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from pack.history.differences.line_owners import first_difference
from pack.history.differences.marks import Piece, PieceOp, mark_words
from pack.history.differences.pairs import Pairs, UnitPair, pair_units
from pack.history.differences.units import Unit, UnitKind, split_units
from pack.merge.diff import Budget, find_hunks

_LEAST_STEPS: Final = 20_000
_STEPS_PER_CHARACTER: Final = 1
_MOST_LINES: Final = 100_000
"""Lines of both texts above which only their common beginning and end are told apart."""


class SegmentOp(StrEnum):
    """What happened to a segment."""

    SAME = "="
    CHANGED = "~"
    OLD = "-"
    NEW = "+"
    MOVED = "moved"
    MOVED_AWAY = "moved-away"


@dataclass(frozen=True, slots=True)
class Segment:
    """A sentence or a line, or several that one became.

    Attributes:
        op: What happened to it. What was moved occurs twice: at its new place as `MOVED`, with the
            words that changed on the way, and at its old one as `MOVED_AWAY`.
        kind: What it is.
        old_line: The line of the old text that it begins on, 1-based; `None` if it is new.
        new_line: The same in the new text; `None` if it is gone.
        pieces: Its text.
    """

    op: SegmentOp
    kind: UnitKind
    old_line: int | None
    new_line: int | None
    pieces: tuple[Piece, ...]

    @property
    def is_visible(self) -> bool:
        """Whether anything but blanks and line ends has changed."""
        if self.op in (SegmentOp.MOVED, SegmentOp.MOVED_AWAY):
            return any(not piece.text.isspace() for piece in self.pieces)
        return any(
            piece.op is not PieceOp.SAME and not piece.text.isspace() for piece in self.pieces
        )


_IN_OLD: Final = frozenset(SegmentOp) - {SegmentOp.NEW, SegmentOp.MOVED}
_IN_NEW: Final = frozenset(SegmentOp) - {SegmentOp.OLD, SegmentOp.MOVED_AWAY}


def compare_prose(old: str, new: str) -> list[Segment]:
    """What two texts consist of, in the order in which a person reads the change.

    The same texts give the same segments. Takes nearly linear time.
    """
    if old.count("\n") + new.count("\n") > _MOST_LINES:
        return list(_ends_apart(old, new))
    a, b = split_units(old), split_units(new)
    hunks = find_hunks([_key(unit) for unit in a], [_key(unit) for unit in b])
    pairs = pair_units(a, b, hunks)
    budget = Budget(_LEAST_STEPS + _STEPS_PER_CHARACTER * (len(old) + len(new)))
    writer = _Writer(a, b, pairs, budget)
    old_done = done = 0
    for hunk, in_place in zip(hunks, pairs.in_place, strict=True):
        writer.same(old_done, hunk.old_start, done)
        old_done, done = hunk.old_start, hunk.start
        for pair in in_place:
            writer.apart(range(old_done, pair.old_start), range(done, pair.start))
            writer.changed(pair)
            old_done, done = pair.old_end, pair.end
        writer.apart(range(old_done, hunk.old_end), range(done, hunk.end))
        old_done, done = hunk.old_end, hunk.end
    writer.same(old_done, len(a), done)
    return writer.segments


def _ends_apart(old: str, new: str) -> Iterator[Segment]:
    """What both texts begin and end with, and in between all of the one and all of the other."""
    shorter = min(len(old), len(new))
    head = old.rfind("\n", 0, first_difference(old, new, shorter)) + 1
    tail = min(first_difference(reversed(old), reversed(new), shorter), shorter - head)
    tail -= (old.find("\n", len(old) - tail) + 1 or len(old)) - (len(old) - tail)
    line = old.count("\n", 0, head) + 1
    parts = (
        (SegmentOp.SAME, PieceOp.SAME, old[:head], 1, 1),
        (SegmentOp.OLD, PieceOp.OLD, old[head : len(old) - tail], line, None),
        (SegmentOp.NEW, PieceOp.NEW, new[head : len(new) - tail], None, line),
        (SegmentOp.SAME, PieceOp.SAME, old[len(old) - tail :], None, None),
    )
    for op, piece, text, old_line, new_line in parts:
        if text:
            yield Segment(op, UnitKind.TEXT, old_line, new_line, (Piece(piece, text),))


def old_text(segments: Iterable[Segment]) -> str:
    """The old text that segments were made from."""
    return "".join(_texts(segments, _IN_OLD, PieceOp.NEW))


def new_text(segments: Iterable[Segment]) -> str:
    """The new text that segments were made from."""
    return "".join(_texts(segments, _IN_NEW, PieceOp.OLD))


def _texts(
    segments: Iterable[Segment], ops: frozenset[SegmentOp], without: PieceOp
) -> Iterator[str]:
    for segment in segments:
        if segment.op in ops:
            yield from (piece.text for piece in segment.pieces if piece.op is not without)


def _key(unit: Unit) -> str:
    """What two units have in common if they are the same but for line ends, or wrapped lines."""
    if unit.kind is UnitKind.TEXT:
        return " ".join(unit.text.split())
    return unit.text.rstrip()


class _Writer:
    def __init__(
        self, old: Sequence[Unit], new: Sequence[Unit], pairs: Pairs, budget: Budget
    ) -> None:
        self._old, self._new = old, new
        self._moved = pairs.moved
        self._away = frozenset(pairs.moved.values())
        self._budget = budget
        self.segments: list[Segment] = []

    def same(self, old: int, old_end: int, new: int) -> None:
        """Add units that are the same but perhaps for blanks."""
        for step in range(old_end - old):
            self.changed(UnitPair(old + step, old + step + 1, new + step, new + step + 1))

    def changed(self, pair: UnitPair) -> None:
        """Add old units and what became of them in the same place."""
        old, new = self._old[pair.old_start : pair.old_end], self._new[pair.start : pair.end]
        pieces = self._marked(_joined(old), _joined(new))
        is_same = all(piece.op is PieceOp.SAME for piece in pieces)
        op = SegmentOp.SAME if is_same else SegmentOp.CHANGED
        self.segments.append(Segment(op, new[0].kind, old[0].line, new[0].line, pieces))

    def apart(self, old: range, new: range) -> None:
        """Add old units that are gone from here, and then new ones that have come."""
        for i in old:
            unit = self._old[i]
            is_away = i in self._away
            op = SegmentOp.MOVED_AWAY if is_away else SegmentOp.OLD
            piece = Piece(PieceOp.SAME if is_away else PieceOp.OLD, unit.text)
            self.segments.append(Segment(op, unit.kind, unit.line, None, (piece,)))
        for j in new:
            unit = self._new[j]
            if j in self._moved:
                before = self._old[self._moved[j]]
                pieces = self._marked(before.text, unit.text)
                place = (before.line, unit.line)
                self.segments.append(Segment(SegmentOp.MOVED, unit.kind, *place, pieces))
            else:
                piece = Piece(PieceOp.NEW, unit.text)
                self.segments.append(Segment(SegmentOp.NEW, unit.kind, None, unit.line, (piece,)))

    def _marked(self, old: str, new: str) -> tuple[Piece, ...]:
        if not old or not new:
            return tuple(
                Piece(op, text) for op, text in ((PieceOp.OLD, old), (PieceOp.NEW, new)) if text
            )
        return mark_words(old, new, self._budget)


def _joined(units: Sequence[Unit]) -> str:
    return "".join(unit.text for unit in units)
