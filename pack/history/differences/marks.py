"""Which words of a sentence were taken out and which were put in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from itertools import chain
from typing import Final, NamedTuple

from pack.history.differences.tokens import is_word, split_words
from pack.merge.diff import Budget, find_hunks

_SHORT: Final = 3
"""Letters of a word that stays alone between two replaced ones, and is replaced with them."""
_LEAST_KEPT: Final = 0.2
"""If less of both sentences stays, all of it counts as replaced."""
_LONGEST: Final = 40_000
"""Characters of two versions above which their words are not compared: it is no sentence."""


class PieceOp(StrEnum):
    """What happened to a piece of text."""

    SAME = "="
    OLD = "-"
    NEW = "+"


class Piece(NamedTuple):
    """A piece of text: the same, only in the old text, or only in the new one."""

    op: PieceOp
    text: str


class _Run(NamedTuple):
    """What both texts share, and what follows in each before they share something again."""

    same: Sequence[str]
    old: Sequence[str]
    new: Sequence[str]


def mark_words(old: str, new: str, budget: Budget | None = None) -> tuple[Piece, ...]:
    """The pieces that two versions of a sentence consist of, in order.

    Args:
        old: Before: what is the same and what is old, joined.
        new: After: what is the same and what is new, joined.
        budget: How many comparisons may still be made, if not as many as it takes.
    """
    if old == new:
        return _pieces([_Run([old], (), ())])
    if old.rstrip() == new.rstrip():  # only the blanks or the line end after it
        kept = len(old.rstrip())
        return _pieces([_Run([old[:kept]], [old[kept:]], [new[kept:]])])
    if len(old) + len(new) > _LONGEST:
        return _pieces([_Run((), [old], [new])])
    a, b = split_words(old), split_words(new)
    runs = _joined(_runs(a, b, budget))
    kept = sum(len(word) for run in runs for word in run.same if is_word(word))
    whole = sum(len(word) for word in chain(a, b) if is_word(word))
    if whole and 2 * kept < _LEAST_KEPT * whole:
        return _pieces([_Run((), a, b)])
    return _pieces(runs)


def _runs(a: Sequence[str], b: Sequence[str], budget: Budget | None) -> Iterator[_Run]:
    done = 0
    for hunk in find_hunks(a, b, budget):
        yield _Run(
            a[done : hunk.old_start],
            a[hunk.old_start : hunk.old_end],
            b[hunk.start : hunk.end],
        )
        done = hunk.old_end
    yield _Run(a[done:], (), ())


def _joined(runs: Iterable[_Run]) -> list[_Run]:
    """The runs, with changes that only blanks, signs or a short word keep apart made one."""
    joined: list[tuple[Sequence[str], list[str], list[str]]] = []
    for run in runs:
        if joined and (run.old or run.new) and _is_between(joined[-1], run):
            _, old, new = joined[-1]
            old += [*run.same, *run.old]
            new += [*run.same, *run.new]
        else:
            joined.append((run.same, [*run.old], [*run.new]))
    return [_Run(*run) for run in joined]


def _is_between(last: tuple[Sequence[str], list[str], list[str]], run: _Run) -> bool:
    """Whether what two changes have between them is too little to be read on its own."""
    words = [word for word in run.same if is_word(word)]
    are_replaced = all(map(_has_words, (last[1], last[2], run.old, run.new)))
    if not words:
        return are_replaced or all(word.isspace() for word in run.same)
    return are_replaced and len(words) == 1 and len(words[0]) <= _SHORT


def _has_words(words: Sequence[str]) -> bool:
    return any(map(is_word, words))


def _pieces(runs: Iterable[_Run]) -> tuple[Piece, ...]:
    found = (
        Piece(op, "".join(words)) for run in runs for op, words in zip(PieceOp, run, strict=True)
    )
    return tuple(piece for piece in found if piece.text)
