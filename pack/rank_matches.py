"""Where the clauses of a query stand in many texts at once.

All texts are joined and each form of a word is looked for with `str.find`, which is thirty times
faster than splitting them into words.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from pack.search_query import Alternative, Clause
from pack.terms import searchable_text


@dataclass(frozen=True, slots=True)
class Match:
    """One place that meets a clause.

    Attributes:
        place: Characters from the beginning of the searchable text.
        clause: Number of the clause.
        weight: Of the alternative that is met.
    """

    place: int
    clause: int
    weight: float


def find_matches(clauses: Sequence[Clause], texts: Iterable[str]) -> list[list[Match]]:
    """For each text the matches in it, by place. Of two at one place the heavier one counts."""
    parts = [searchable_text(text) for text in texts]
    starts = list(accumulate((len(part) + 1 for part in parts), initial=0))
    joined = "\n".join(parts)
    found: list[list[Match]] = [[] for _ in parts]
    for number, clause in enumerate(clauses):
        for place, weight in _clause_places(clause, joined).items():
            part = bisect_right(starts, place) - 1
            found[part].append(Match(place - starts[part], number, weight))
    for matches in found:
        matches.sort(key=lambda match: match.place)
    return found


def _clause_places(clause: Clause, joined: str) -> dict[int, float]:
    places: dict[int, float] = {}
    for alternative in sorted(clause.alternatives, key=lambda one: one.weight):
        places.update((place, alternative.weight) for place in _places(alternative, joined))
    return places


def _places(alternative: Alternative, joined: str) -> Iterator[int]:
    """Where an alternative stands: its first term begins a word there, and the others follow."""
    first, *rest = alternative.terms
    whole = f" {first}" if rest or alternative.prefix else f" {first} "
    place = joined.find(whole)
    while place >= 0:
        if not rest or _follows(joined, place + len(whole), rest, alternative.prefix):
            yield place
        place = joined.find(whole, place + 1)


def _follows(joined: str, place: int, rest: Sequence[str], prefix: bool) -> bool:
    """Whether the terms stand one after the other from the end of a word on."""
    for number, term in enumerate(rest):
        if joined[place : place + 1] != " ":
            return False
        while joined[place : place + 1] == " ":
            place += 1
        if not joined.startswith(term, place):
            return False
        place += len(term)
        if joined[place : place + 1] not in (" ", "\n", "") and not (
            prefix and number == len(rest) - 1
        ):
            return False
    return True
