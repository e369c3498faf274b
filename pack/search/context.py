"""Points a passage owes to others: to the best passages, to its neighbours and to its file.

- The best passages show what else an answer may be about, so their other words count a little too
  (pseudo-relevance feedback, after Rocchio).
- A short note shares the points of the notes before and after it, since the answer to a question
  is often in the next note. A long note speaks for itself.
- A file shares the points of its other passages, above all for words that only they hold.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import zip_longest
from math import log
from typing import Final

from pack.search.candidate import Candidate
from pack.search.query import STOP_WORDS, Query

_BEST: Final = 5
"""How many passages words are taken from."""
_LEAST_CLAUSES: Final = 2
"""For a single word the best passages are hardly better than others; what they share is chance."""
_READ_CHARACTERS: Final = 25_000
"""Those words are looked for in the best passages, up to about this length altogether."""
_WORDS: Final = 20
_WORDS_WEIGHED: Final = 80
"""How many words are weighed by their frequency."""
_SHORTEST_WORD: Final = 3
_COMMON: Final = 0.25
"""A word in a larger share of all passages says nothing."""
_FEEDBACK: Final = 0.3
_STEPS: Final = (0.3, 0.2)
"""Share of a neighbour's points, one step and two steps away."""
_SHORT_CHARACTERS: Final = 800
"""A passage of this length gets half of that share."""
_FILE: Final = 0.25
"""Share of the points of the file's other passages."""
_FILE_LIMIT: Final = 1.0
"""How much that is at most, compared with the points of its best passage."""
_LONG: Final = 2.0
"""A file with more passages than this times the usual number has more of everything. It gets less,
since it would outrank short files that answer better: on chats, the long messages of an assistant
did. The median tells what is usual, as a few long files hardly move it."""
_FALL: Final = 3
"""Power with which that falls with the number of passages."""

Frequencies = Callable[[Sequence[str]], Mapping[str, int]]
"""The number of passages that hold each index term; terms that are in none are left out."""


def feedback(
    query: Query,
    bodies: Sequence[str],
    points: Sequence[float],
    frequencies: Frequencies,
    passages: int,
) -> list[float]:
    """Points for the words that the best passages have in common.

    Args:
        query: Expanded.
        bodies: The texts (`pack.search.words.searchable_text`).
        points: What each has so far.
        frequencies: Counts passages by index term.
        passages: How many passages the memory has.
    """
    order = sorted(range(len(points)), key=lambda number: -points[number])
    more = [0.0] * len(points)
    if len(query.clauses) < _LEAST_CLAUSES or not order or points[order[0]] <= 0:
        return more
    shares = [points[number] / points[order[0]] for number in order[:_BEST]]
    best = [Counter(bodies[number].split()) for number in order[:_BEST]]
    worth = _worth(_words_of(best, shares, query), frequencies, passages)
    wanted = list(worth.items())
    characters = 0
    for number, counted in zip_longest(order, best):
        if characters > _READ_CHARACTERS:
            break
        body = bodies[number]
        characters += len(body)
        words = counted or set(body.split())
        # Summed in the order of `worth`, so that the result is the same in every process.
        more[number] = _FEEDBACK * sum([value for word, value in wanted if word in words])
    return more


def _words_of(
    counted: Sequence[Mapping[str, int]], shares: Sequence[float], query: Query
) -> dict[str, float]:
    """The words of some passages, weighted by how much those passages use them."""
    known = STOP_WORDS.union(
        term for clause in query.clauses for one in clause.alternatives for term in one.terms
    )
    words: dict[str, float] = {}
    for own, share in zip(counted, shares, strict=True):
        for word, count in own.items():
            if len(word) >= _SHORTEST_WORD and word not in known:
                words[word] = words.get(word, 0.0) + share * count / (count + 1)
    return words


def _worth(words: Mapping[str, float], frequencies: Frequencies, passages: int) -> dict[str, float]:
    """The words that say most, and what each is worth when found."""
    worths = sorted(words.values(), reverse=True)
    least = worths[_WORDS_WEIGHED] if len(worths) > _WORDS_WEIGHED else 0.0
    high = [(-worth, word) for word, worth in words.items() if worth >= least]
    asked = [word for _, word in sorted(high)[:_WORDS_WEIGHED]]
    rarities = {
        word: log((passages + 1) / (count + 0.5))
        for word, count in frequencies(asked).items()
        if 1 < count <= _COMMON * passages
    }
    values = {word: words[word] * value for word, value in rarities.items() if words[word]}
    best = sorted(values, key=lambda word: (-values[word], word))[:_WORDS]
    return {word: values[word] / values[best[0]] * rarities[word] for word in best}


def from_neighbours(passages: Sequence[Candidate], points: Sequence[float]) -> list[float]:
    """What each passage gets from the other files before and after it in its folder."""
    known = {passage.id: number for number, passage in enumerate(passages)}
    return [
        sum(
            share * points[other]
            for share, other in _neighbours(passages, number, known)
            if passages[other].path != passage.path
        )
        / (1 + (len(passage.text) / _SHORT_CHARACTERS) ** 2)
        if passage.previous is not None or passage.next is not None
        else 0.0
        for number, passage in enumerate(passages)
    ]


def _neighbours(
    passages: Sequence[Candidate], number: int, known: Mapping[int, int]
) -> Iterable[tuple[float, int]]:
    for is_before in (True, False):
        at: int | None = number
        for share in _STEPS:
            if at is None:
                break
            link = passages[at].previous if is_before else passages[at].next
            at = known.get(link) if link is not None else None
            if at is not None:
                yield share, at


def from_file(
    points: Sequence[float], clauses: Sequence[Mapping[int, float]], length: float
) -> float:
    """What a file gets on top of the points of its best passage.

    It gets a share of what its other passages have, and all they have for clauses that the best one
    does not meet, or meets less well: a file may answer in several places. The share is bounded, so
    that no number of passages outweighs a better answer, and a file that is long for this memory
    gets only a part of both.

    Args:
        points: Points of the passages that were found, the best first.
        clauses: `Points.clauses` of the same passages.
        length: How many passages the file has, compared with a usual one.
    """
    if len(points) == 1:
        return 0.0
    most: dict[int, float] = {}
    for one in clauses:
        for clause, worth in one.items():
            most[clause] = max(most.get(clause, 0.0), worth)
    missing = sum(most.values()) - sum(clauses[0].values())
    others = min(_FILE * sum(points[1:]), _FILE_LIMIT * points[0])
    return (others + missing) * min(_LONG / length, 1.0) ** _FALL
