"""What a passage gets from others: from the best ones, from its neighbours, from its file.

- The best passages show what else an answer may be about: their own words, besides those of the
  query, count a little (pseudo-relevance feedback, after Rocchio).
- A short note shares in what stands before and after it: the answer to a question is in the next
  note. A long one speaks for itself.
- A file shares in its other passages, most of all in what only they hold.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from math import log
from typing import Final

from pack.search.candidate import Candidate
from pack.search.query import STOP_WORDS, Query

_BEST: Final = 5
"""Passages whose words are taken."""
_LEAST_CLAUSES: Final = 2
"""Of one word the best passages are hardly better than others; what they share is chance."""
_READ_CHARACTERS: Final = 25_000
"""The best passages of about this length together are looked through for those words."""
_WORDS: Final = 20
_WORDS_WEIGHED: Final = 80
"""Words whose frequencies are asked for, to choose among them."""
_SHORTEST_WORD: Final = 3
_COMMON: Final = 0.25
"""Words in a larger share of passages than this say nothing."""
_FEEDBACK: Final = 0.3
_STEPS: Final = (0.3, 0.2)
"""Share of the points of a neighbour, one step and two steps away."""
_SHORT_CHARACTERS: Final = 800
"""A passage of this length gets half of it."""
_FILE: Final = 0.2
"""Share of the points of a file's other passages."""

Frequencies = Callable[[Sequence[str]], Mapping[str, int]]
"""In how many passages each index term is; those left out that are in none."""


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
        frequencies: Of index terms.
        passages: Number of all passages of the memory.
    """
    order = sorted(range(len(points)), key=lambda number: -points[number])
    more = [0.0] * len(points)
    if len(query.clauses) < _LEAST_CLAUSES or not order or points[order[0]] <= 0:
        return more
    shares = {number: points[number] / points[order[0]] for number in order[:_BEST]}
    worth = _worth(_words_of(bodies, shares, query), frequencies, passages)
    wanted = set(worth)
    characters = 0
    for number in order:
        if characters > _READ_CHARACTERS:
            break
        characters += len(bodies[number])
        held = wanted.intersection(bodies[number].split())
        # In the order of `worth`: the sum of the same numbers is the same in every process.
        more[number] = _FEEDBACK * sum([value for word, value in worth.items() if word in held])
    return more


def _words_of(bodies: Sequence[str], shares: Mapping[int, float], query: Query) -> dict[str, float]:
    """The words of some passages, each by how much of them speaks of it."""
    known = STOP_WORDS.union(
        term for clause in query.clauses for one in clause.alternatives for term in one.terms
    )
    words: dict[str, float] = {}
    for number, share in shares.items():
        for word, count in Counter(bodies[number].split()).items():
            words[word] = words.get(word, 0.0) + share * count / (count + 1)
    return {word: worth for word, worth in words.items() if word not in known}


def _worth(words: Mapping[str, float], frequencies: Frequencies, passages: int) -> dict[str, float]:
    """The words that say most, and what finding each is worth."""
    long = [(-worth, word) for word, worth in words.items() if len(word) >= _SHORTEST_WORD]
    asked = [word for _, word in sorted(long)[:_WORDS_WEIGHED]]
    rarities = {
        word: log((passages + 1) / (count + 0.5))
        for word, count in frequencies(asked).items()
        if 1 < count <= _COMMON * passages
    }
    values = {word: words[word] * value for word, value in rarities.items() if words[word]}
    best = sorted(values, key=lambda word: (-values[word], word))[:_WORDS]
    return {word: values[word] / values[best[0]] * rarities[word] for word in best}


def from_neighbours(passages: Sequence[Candidate], points: Sequence[float]) -> list[float]:
    """What each passage gets from those before and after it in other files of its folder."""
    known = {passage.id: number for number, passage in enumerate(passages)}
    return [
        sum(
            share * points[other]
            for share, other in _neighbours(passages, number, known)
            if passages[other].path != passage.path
        )
        / (1 + (len(passage.text) / _SHORT_CHARACTERS) ** 2)
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


def from_file(points: Sequence[float], clauses: Sequence[Mapping[int, float]]) -> float:
    """What a file gets besides the points of its best passage.

    A share of what the others have, and all that they have for clauses that it does not meet, or
    meets less: a long file may answer a question in several places.

    Args:
        points: Of the passages that were found, the best first.
        clauses: Of the same passages, `Points.clauses`.
    """
    if len(points) == 1:
        return 0.0
    most: dict[int, float] = {}
    for one in clauses:
        for clause, worth in one.items():
            most[clause] = max(most.get(clause, 0.0), worth)
    missing = sum(most.values()) - sum(clauses[0].values())
    return _FILE * sum(points[1:]) + missing
