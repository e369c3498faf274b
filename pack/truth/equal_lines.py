"""Of equal lines of which some go, those that are trusted most have stayed.

Where a text has a line twice, nothing in it tells which of the two a later version still has: an
alignment goes by what is around them, and the write rule by what must stay. So a machine that
copies a line of the person's and takes one of both away could choose whose the other one is, and
then take that. As long as an equal line stays, the stronger one is what stays.

Equal is what the write rule takes for the same (`line_form`). A line that was indented is still
that line, unless another one is there that was not.
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from pack.core.truths import WEAKEST, LineTruth
from pack.files.line_keys import line_form
from pack.history.differences.line_owners import alike, is_long_enough
from pack.merge.diff import Hunk, find_hunks

_NEW: Final = WEAKEST + 1


class KeyedLines(NamedTuple):
    """The lines of a version: what makes each the same, and as it is, if that is known."""

    keys: Sequence[str]
    lines: Sequence[bytes] = ()

    def raw(self, place: int) -> bytes | str:
        """A line as it is, as far as that is known."""
        return self.lines[place] if self.lines else self.keys[place]

    def form(self, place: int) -> str:
        """What must stay of a line."""
        if not self.lines:
            return self.keys[place]
        return line_form(self.lines[place].decode("utf-8", "replace"))


def in_question(old: KeyedLines, new: KeyedLines, hunks: Sequence[Hunk]) -> set[str]:
    """The keys of lines that came, went, or changed their form."""
    keys = {old.keys[place] for hunk in hunks for place in range(hunk.old_start, hunk.old_end)}
    keys |= {new.keys[place] for hunk in hunks for place in range(hunk.start, hunk.end)}
    for start, end, was in alike(hunks, len(old.keys), len(new.keys)):
        before, after = old.lines[was : was + end - start], new.lines[start:end]
        if before != after:
            pairs = enumerate(zip(before, after, strict=True), start)
            keys |= {new.keys[place] for place, (one, other) in pairs if one != other}
    return keys - {""}


def strongest_stay(
    old: KeyedLines,
    truths: Sequence[LineTruth],
    new: KeyedLines,
    found: list[LineTruth | None],
    keys: Collection[str],
) -> set[int]:
    """Give each line the truth of the strongest equal one that went.

    Args:
        old: The version before.
        truths: The truth of its lines.
        new: The version.
        found: The truth of its lines, as far as it is known; it is changed.
        keys: Which lines are looked at.

    Returns:
        The old lines that were taken for gone and are not.
    """
    before, after = _by_key(old.keys, keys), _by_key(new.keys, keys)
    settling = _Settling(old, truths, new, found)
    for key in before.keys() & after.keys():
        settling.settle(key, before[key], after[key])
    return settling.stayed


def weaker_ones(
    keys: Sequence[str], truths: Sequence[LineTruth], stayed: Mapping[str, int]
) -> dict[str, deque[LineTruth]]:
    """The truths of lines that went while some of their equals stayed, the strongest first.

    Args:
        keys: The lines of a version.
        truths: Their truth.
        stayed: How many of each are still there.
    """
    found = defaultdict(list)
    for key, truth in zip(keys, truths, strict=True):
        if key in stayed:
            found[key].append(truth)
    return {
        key: deque(sorted(some, key=lambda one: one.level)[stayed[key] :])
        for key, some in found.items()
    }


def last_are_weakest(keys: Sequence[str], truths: Sequence[LineTruth]) -> tuple[LineTruth, ...]:
    """The truth of each line as if of equal ones the strongest came first.

    Of some equal lines, the last ones are said to have gone to another file
    (`pack.truth.elsewhere`). What stays is the strongest, so these are the weakest.
    """
    waiting = weaker_ones(keys, truths, dict.fromkeys(keys, 0))
    return tuple(waiting[key].popleft() for key in keys)


class _Settling:
    def __init__(
        self,
        old: KeyedLines,
        truths: Sequence[LineTruth],
        new: KeyedLines,
        found: list[LineTruth | None],
    ) -> None:
        self._old, self._truths, self._new, self._found = old, truths, new, found
        self._in_order: dict[int, set[int]] = {}
        self.stayed: set[int] = set()

    def settle(self, key: str, olds: Sequence[int], news: Sequence[int]) -> None:
        """Look at the lines with one key."""
        most = Counter(self._truths[old] for old in olds)
        most |= Counter(truth for place in news if (truth := self._found[place]) is not None)
        own: dict[int, LineTruth] = {}
        there = _grouped(news, self._new.form)
        for form, some in _grouped(olds, self._old.form).items():
            wanted = sorted(some, key=lambda old: self._truths[old].level)
            places = self._most_likely_first(there.get(form, ()), wanted)
            for old, place in zip(wanted, places, strict=False):
                if self._raise(key, old, place):
                    own[place] = self._truths[old]
        self._take_back(news, own, most)

    def _raise(self, key: str, old: int, place: int) -> bool:
        """Let a line be an old one, unless that is weaker; whether it may be that one at all."""
        truth, known = self._truths[old], self._found[place]
        if known is None and not (is_long_enough(key) or self._is_in_order(place, truth.level)):
            return False
        if known is None or truth.level < known.level:
            self._found[place] = truth
            self.stayed.add(old)
        return True

    def _take_back(
        self, news: Sequence[int], own: dict[int, LineTruth], most: Counter[LineTruth]
    ) -> None:
        """Take from copies in another form what an equal line has now: no line is passed on twice.

        Args:
            news: The places of the lines.
            own: What some of them have from an old line in the same form.
            most: How many lines of each truth there can be.
        """
        now = Counter(self._found[place] for place in news)
        for place in reversed(news):
            truth = self._found[place]
            if truth is not None and now[truth] > most[truth] and own.get(place) != truth:
                now[truth] -= 1
                self._found[place] = own.get(place)

    def _most_likely_first(self, places: Iterable[int], olds: Sequence[int]) -> list[int]:
        """Equal lines, those first that are byte for byte as the strongest of some old ones."""
        found, first = self._found, self._truths[olds[0]].level
        exact = {self._old.raw(old) for old in olds if self._truths[old].level == first}

        def rank(place: int) -> tuple[bool, int]:
            known = found[place]
            return self._new.raw(place) not in exact, known.level if known is not None else _NEW

        return sorted(places, key=rank)

    def _is_in_order(self, place: int, level: int) -> bool:
        """Whether a line is where the lines of a level have it, without those of weaker writers.

        A short line is no coincidence there, and it is what the write rule lets a machine keep.
        """
        if level not in self._in_order:
            self._in_order[level] = set(self._among_its_own(level))
        return place in self._in_order[level]

    def _among_its_own(self, level: int) -> Iterator[int]:
        olds = [
            place
            for place, truth in enumerate(self._truths)
            if self._old.keys[place] and truth.level <= level
        ]
        news = [place for place, key in enumerate(self._new.keys) if key]
        before, after = map(self._old.form, olds), map(self._new.form, news)
        hunks = find_hunks([*before], [*after])
        for start, end, _ in alike(hunks, len(olds), len(news)):
            yield from news[start:end]


def _by_key(keys: Sequence[str], wanted: Collection[str]) -> dict[str, list[int]]:
    found = defaultdict(list)
    for place, key in enumerate(keys):
        if key in wanted:
            found[key].append(place)
    return found


def _grouped(places: Iterable[int], form: Callable[[int], str]) -> dict[str, list[int]]:
    found = defaultdict(list)
    for place in places:
        found[form(place)].append(place)
    return found
