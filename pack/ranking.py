"""The order of search results, decided on the text of the passages that the index proposes.

The storage proposes passages (stage 1, by the BM25 of FTS5), and `rank` compares them (stage 2):
it sees what an index cannot, such as how near the words stand, and that the answer to a question
stands in the next note.

Why not FTS5's score alone: it counts each form of a word as a word of its own, with a rarity of its
own, and knows neither neighbours nor dates.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log
from typing import Final

from pack.rank_matches import Match, find_matches
from pack.rank_snippets import find_line
from pack.search_query import Query
from pack.terms import fold_text

_K1: Final = 1.2
_B: Final = 0.3
_HEAD_WEIGHT: Final = 1.0

CANDIDATES: Final = 200
"""Passages that stage 1 proposes at most."""
NEIGHBOURED: Final = 40
"""The best of them, whose neighbours are added to the candidates."""
REACH: Final = 2
"""How many passages before and after are neighbours, in path order of a folder."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage that may answer a query.

    Attributes:
        id: Identifies the passage among all of the memory.
        path: File it is in.
        topic: Of the file.
        tags: Of the file.
        created: ISO date of the file's frontmatter, if it has one.
        updated: The same, of its last change.
        line: Line of the file that the passage begins on.
        heading: Titles above it (`pack.passages.Passage`).
        text: As it is written.
        score: What stage 1 gave it, more is better; 0 for one added as a neighbour.
        previous: Id of the passage before it: in the same file, else the last one of the file
            before it in the same folder, by path. `None` if there is none or nobody looked.
        next: Id of the passage after it, in the same way.
    """

    id: int
    path: str
    topic: str
    tags: tuple[str, ...]
    created: str | None
    updated: str | None
    line: int
    heading: str
    text: str
    score: float = 0.0
    previous: int | None = None
    next: int | None = None


@dataclass(frozen=True, slots=True)
class Statistics:
    """What the index knows of the memory as a whole.

    Attributes:
        passages: Number of passages.
        average_length: Of a passage's text, in characters.
        frequencies: For each clause of the query, the number of passages that meet it; an upper
            bound will do (the sum over its alternatives).
    """

    passages: int
    average_length: float
    frequencies: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a result stands where it does.

    Attributes:
        terms: Points for each clause that was found, by its text.
        boosts: Points for anything else, by name: `phrase`, `near`, `neighbours`, `date`, `name`.
    """

    terms: dict[str, float]
    boosts: dict[str, float]


@dataclass(frozen=True, slots=True)
class Ranked:
    """A file, by its best passage.

    Attributes:
        candidate: The passage.
        score: Only comparable within one query; above 0.
        explanation: Why.
    """

    candidate: Candidate
    score: float
    explanation: Explanation


def rank(query: Query, candidates: Sequence[Candidate], statistics: Statistics) -> list[Ranked]:
    """The files of the candidates that answer the query, best first, each by its best passage.

    Args:
        query: Expanded (`pack.search_query.expand`).
        candidates: Passages of stage 1 and neighbours of the best of them, in any order, each
            once. Those that hold what the query excludes, or not what it requires, are taken for
            neighbours only.
        statistics: Of the same index.
    """
    bodies = find_matches(query.clauses, [candidate.text for candidate in candidates])
    heads = find_matches(query.clauses, [_head(candidate) for candidate in candidates])
    points = [_rarity(count, statistics.passages) for count in statistics.frequencies]
    ranked = [
        _ranked(query, candidate, body, head, points, statistics.average_length)
        for candidate, body, head in zip(candidates, bodies, heads, strict=True)
    ]
    ranked.sort(key=lambda one: (-one.score, one.candidate.path, one.candidate.line))
    best: dict[str, Ranked] = {}
    for one in ranked:
        if one.score > 0:
            best.setdefault(one.candidate.path, one)
    return list(best.values())


def _head(candidate: Candidate) -> str:
    tags = " ".join(candidate.tags)
    return f"{candidate.topic}\n{tags}\n{candidate.heading}\n{candidate.path}"


def _rarity(count: int, passages: int) -> float:
    """Inverse document frequency, never negative (Lucene's form of BM25)."""
    count = min(count, passages)
    return log(1 + (passages - count + 0.5) / (count + 0.5))


def _ranked(
    query: Query,
    candidate: Candidate,
    body: Sequence[Match],
    head: Sequence[Match],
    points: Sequence[float],
    average_length: float,
) -> Ranked:
    weights = [0.0] * len(points)
    length = 1 - _B + _B * len(candidate.text) / max(average_length, 1.0)
    for match in body:
        weights[match.clause] += match.weight / length
    for match in head:
        weights[match.clause] += match.weight * _HEAD_WEIGHT
    terms = {
        clause.text: point * weight / (weight + _K1)
        for clause, point, weight in zip(query.clauses, points, weights, strict=True)
        if weight
    }
    boosts = {"phrase": 1.0} if query.phrase and query.phrase in fold_text(candidate.text) else {}
    return Ranked(candidate, sum(terms.values()) + sum(boosts.values()), Explanation(terms, boosts))


def locate(query: Query, candidate: Candidate) -> tuple[int, str]:
    """The line of the file that answers best, and the text round the match on it.

    The snippet has at most 162 characters, white space collapsed.
    """
    return find_line(query, candidate.text, candidate.line)
