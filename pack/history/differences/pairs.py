"""Which units of two texts are versions of each other: the same place, or moved elsewhere.

Units that differ are compared by the words they share; rare words find the candidates, so that the
time is nearly linear in the length of the texts. If nearly everything in a long text differs, no
pairs are looked for: nobody reads them. The best pairs are taken first. In one place,
pairs keep their order. Across places, only what stayed nearly unchanged counts as moved.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from pack.history.differences.shared_words import HEAVIEST, share_of, weight_of, words_in
from pack.history.differences.units import Unit, UnitKind
from pack.merge.diff import Hunk

_SAME_PLACE: Final = 0.4
"""The share of words that two versions in the same place have in common."""
_ONLY_ONE: Final = 0.2
"""The same, where one unit replaced one."""
_ELSEWHERE: Final = 0.8
_MOVED_WEIGHT: Final = 14
"""Letters that a unit has at least if it can be told that it was moved."""
_TAKEN_IN: Final = 0.6
"""The share of a sentence that its neighbour gave up or took in, if it was split or joined."""
_POSTINGS: Final = 16
"""A word that is in more units than this finds no candidates."""
_CANDIDATES: Final = 4
_MOST_UNITS: Final = 10_000
_MOST_CHARACTERS: Final = 400_000
_PROSE: Final = frozenset((UnitKind.TEXT, UnitKind.ITEM, UnitKind.HEADING))


class UnitPair(NamedTuple):
    """Old units `old_start` to `old_end` became new units `start` to `end`."""

    old_start: int
    old_end: int
    start: int
    end: int


@dataclass(slots=True)
class Pairs:
    """What the units became.

    Attributes:
        in_place: For each hunk, the versions in it, in order.
        moved: Old unit by new unit, of those that are elsewhere now.
    """

    in_place: list[list[UnitPair]]
    moved: dict[int, int] = field(default_factory=dict)


class _Candidate(NamedTuple):
    score: float
    old: int
    new: int


def pair_units(old: Sequence[Unit], new: Sequence[Unit], hunks: Sequence[Hunk]) -> Pairs:
    """Pair the units that differ.

    Args:
        old: The units of the old text.
        new: The units of the new one.
        hunks: Where they differ.
    """
    gone = [unit for hunk in hunks for unit in old[hunk.old_start : hunk.old_end]]
    come = [unit for hunk in hunks for unit in new[hunk.start : hunk.end]]
    count, size = len(gone) + len(come), sum(len(unit.text) for unit in (*gone, *come))
    if not gone or not come or count > _MOST_UNITS or size > _MOST_CHARACTERS:
        return Pairs([[] for _ in hunks])
    return _Pairing(old, new, hunks).pair()


class _Pairing:
    def __init__(self, old: Sequence[Unit], new: Sequence[Unit], hunks: Sequence[Hunk]) -> None:
        self._old, self._new, self._hunks = old, new, hunks
        self._old_hunk = {i: n for n, h in enumerate(hunks) for i in range(h.old_start, h.old_end)}
        self._new_hunk = {j: n for n, h in enumerate(hunks) for j in range(h.start, h.end)}
        self._old_words = {i: words_in(old[i].text) for i in self._old_hunk}
        self._new_words = {j: words_in(new[j].text) for j in self._new_hunk}
        self._by_old: dict[int, int] = {}
        self._by_new: dict[int, int] = {}
        self._placed: list[list[tuple[int, int]]] = [[] for _ in hunks]
        self._moved: dict[int, int] = {}

    def pair(self) -> Pairs:
        for one in sorted(self._candidates(), key=lambda one: (-one.score, one.new, one.old)):
            if one.old in self._by_old or one.new in self._by_new:
                continue
            if self._old_hunk[one.old] == self._new_hunk[one.new] and self._fits(one):
                insort(self._placed[self._new_hunk[one.new]], (one.old, one.new))
                self._take(one.old, one.new)
            elif one.score >= _ELSEWHERE and self._weight(one.new) >= _MOVED_WEIGHT:
                self._move(one.old, one.new)
        in_place = [
            self._grown(hunk, placed)
            for hunk, placed in zip(self._hunks, self._placed, strict=True)
        ]
        return Pairs(in_place, self._moved)

    def _candidates(self) -> Iterator[_Candidate]:
        places: dict[str, list[int]] = {}
        for number, words in self._old_words.items():
            for word in words:
                places.setdefault(word, []).append(number)
        for number, words in self._new_words.items():
            shared: Counter[int] = Counter()
            for word in words:
                found = places.get(word, ())
                if len(found) <= _POSTINGS:
                    for other in found:
                        shared[other] += min(len(word), HEAVIEST)
            yield from self._scored(number, [other for other, _ in shared.most_common(_CANDIDATES)])
        for hunk in self._hunks:
            yield from self._only_pair(hunk)

    def _scored(self, new: int, others: Sequence[int]) -> Iterator[_Candidate]:
        for old in others:
            if _are_alike(self._old[old], self._new[new]):
                score = share_of(self._old_words[old], self._new_words[new])
                if score >= _SAME_PLACE:
                    yield _Candidate(score, old, new)

    def _only_pair(self, hunk: Hunk) -> Iterator[_Candidate]:
        """Where one unit replaced one, less has to be the same."""
        old = [i for i in range(hunk.old_start, hunk.old_end) if self._old_words[i]]
        new = [j for j in range(hunk.start, hunk.end) if self._new_words[j]]
        if len(old) == len(new) == 1 and _are_alike(self._old[old[0]], self._new[new[0]]):
            score = share_of(self._old_words[old[0]], self._new_words[new[0]])
            if score >= _ONLY_ONE:
                yield _Candidate(score, old[0], new[0])

    def _fits(self, one: _Candidate) -> bool:
        """Whether a pair keeps the order of those that were taken before."""
        placed = self._placed[self._new_hunk[one.new]]
        at = bisect_left(placed, (one.old, one.new))
        return (at == 0 or placed[at - 1][1] < one.new) and (
            at == len(placed) or placed[at][1] > one.new
        )

    def _take(self, old: int, new: int) -> None:
        self._by_old[old] = new
        self._by_new[new] = old

    def _weight(self, new: int) -> int:
        return weight_of(self._new_words[new])

    def _move(self, old: int, new: int) -> None:
        """Take a unit as moved, and what is the same around it, however short."""
        self._moved[new] = old
        self._take(old, new)
        for step in (1, -1):
            i, j = old + step, new + step
            while self._is_free(i, j) and self._old[i].text.split() == self._new[j].text.split():
                self._moved[j] = i
                self._take(i, j)
                i, j = i + step, j + step

    def _is_free(self, old: int, new: int) -> bool:
        return (
            old in self._old_hunk
            and new in self._new_hunk
            and old not in self._by_old
            and new not in self._by_new
        )

    def _grown(self, hunk: Hunk, placed: Sequence[tuple[int, int]]) -> list[UnitPair]:
        """The pairs of a hunk, with the neighbours that were split off or taken in."""
        grown: list[UnitPair] = []
        for number, (old, new) in enumerate(placed):
            old_from, new_from = (
                (grown[-1].old_end, grown[-1].end) if grown else (hunk.old_start, hunk.start)
            )
            old_to, new_to = (
                placed[number + 1] if number + 1 < len(placed) else (hunk.old_end, hunk.end)
            )
            pair = UnitPair(old, old + 1, new, new + 1)
            for other in (new + 1, new - 1):
                if new_from <= other < new_to and self._is_part(other, pair, of_new=True):
                    pair = pair._replace(start=min(pair.start, other), end=max(pair.end, other + 1))
            for other in (old + 1, old - 1):
                if old_from <= other < old_to and self._is_part(other, pair, of_new=False):
                    pair = pair._replace(
                        old_start=min(pair.old_start, other), old_end=max(pair.old_end, other + 1)
                    )
            grown.append(pair)
        return grown

    def _is_part(self, other: int, pair: UnitPair, *, of_new: bool) -> bool:
        """Whether the words of an unpaired neighbour are what a pair has lost or won."""
        taken = self._by_new if of_new else self._by_old
        units = self._new if of_new else self._old
        if other in taken or units[other].kind is not UnitKind.TEXT:
            return False
        old = sum((self._old_words[i] for i in range(pair.old_start, pair.old_end)), Counter())
        new = sum((self._new_words[j] for j in range(pair.start, pair.end)), Counter())
        words = (self._new_words if of_new else self._old_words)[other]
        spare = old - new if of_new else new - old
        weight = weight_of(words)
        return bool(weight) and weight_of(words & spare) / weight >= _TAKEN_IN


def _are_alike(old: Unit, new: Unit) -> bool:
    return old.kind is new.kind or (old.kind in _PROSE and new.kind in _PROSE)
