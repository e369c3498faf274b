"""The order of search results, decided on the text of the passages that the index proposes.

The storage proposes passages (stage 1, by the BM25 of FTS5), and `rank` compares them (stage 2):
it sees what an index cannot, such as how near the words stand, and that the answer to a question
stands in the next note.

Why not FTS5's score alone: it counts each form of a word as a word of its own, with a rarity of its
own, and knows neither neighbours nor dates.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from pack.rank_context import Frequencies, feedback, from_file, from_neighbours
from pack.rank_matches import meets
from pack.rank_points import give_points, head_of, rarity
from pack.rank_snippets import find_line
from pack.search_query import Query
from pack.terms import fold_text, searchable_text

_PHRASE: Final = 100.0
_PHRASE_IN_HEAD: Final = 101.0
_LEAST: Final = 0.01
"""For what was found by a part of a word only."""
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
        boosts: Points for anything else, by name: `near` (words near each other), `date` (of the
            file), `context` (words of the best passages), `neighbours`, `phrase` (the query as it
            was typed).
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


def rank(
    query: Query,
    candidates: Sequence[Candidate],
    statistics: Statistics,
    vocabulary: Frequencies | None = None,
    eligible: Container[str] | None = None,
) -> list[Ranked]:
    """The files of the candidates that answer the query, best first, each by its best passage.

    Files that hold the query as it was typed come first.

    Args:
        query: Expanded (`pack.search_query.expand`).
        candidates: Passages of stage 1, and neighbours of the best of them, in any order, each
            once. Those that meet no clause, or not all that are required, or an excluded one, are
            taken for neighbours only.
        statistics: Of the same index.
        vocabulary: In how many passages index terms are; without it, what the best passages speak
            of does not count. It is asked once.
        eligible: Paths that may be results, where the neighbours were not filtered; `None` for all.
    """
    bodies = [searchable_text(candidate.text) for candidate in candidates]
    rarities = [rarity(count, statistics.passages) for count in statistics.frequencies]
    points = give_points(query, candidates, bodies, rarities, statistics.average_length)
    totals = [one.total for one in points]
    boosts: list[dict[str, float]] = [{"near": one.near, "date": one.date} for one in points]
    if vocabulary is not None:
        more = feedback(query, bodies, totals, vocabulary, statistics.passages)
        _add(totals, boosts, "context", more)
    _add(totals, boosts, "neighbours", from_neighbours(candidates, totals))
    _add(totals, boosts, "phrase", [_phrase_points(query, one) for one in candidates])
    found = [
        Ranked(candidate, total, _explanation(query, one.clauses, boost))
        for candidate, body, one, total, boost in zip(
            candidates, bodies, points, totals, boosts, strict=True
        )
        if (one.clauses or boost["phrase"] or candidate.score)
        and (eligible is None or candidate.path in eligible)
        and _is_answer(query, candidate, body)
    ]
    return _by_file(found)


def _add(
    totals: list[float], boosts: list[dict[str, float]], name: str, more: Sequence[float]
) -> None:
    for number, points in enumerate(more):
        totals[number] += points
        boosts[number][name] = points


def _phrase_points(query: Query, candidate: Candidate) -> float:
    """Points for the query as it was typed, so many that they outweigh all others."""
    if not query.phrase:
        return 0.0
    if query.phrase in fold_text(candidate.text):
        return _PHRASE
    return _PHRASE_IN_HEAD if query.phrase in fold_text(head_of(candidate)) else 0.0


def _is_answer(query: Query, candidate: Candidate, body: str) -> bool:
    """Whether a passage has what the query requires and nothing that it excludes."""
    required = [clause for clause in query.clauses if clause.required]
    if not (required or query.excluded):
        return True
    whole = f"{body}\n{searchable_text(head_of(candidate))}"
    return all(meets(clause, whole) for clause in required) and not any(
        meets(clause, whole) for clause in query.excluded
    )


def _explanation(query: Query, clauses: dict[int, float], boosts: dict[str, float]) -> Explanation:
    terms = {query.clauses[number].text: points for number, points in sorted(clauses.items())}
    return Explanation(terms, {name: points for name, points in boosts.items() if points})


def _by_file(found: Iterable[Ranked]) -> list[Ranked]:
    """One result for each file."""
    files: dict[str, list[Ranked]] = {}
    for one in found:
        files.setdefault(one.candidate.path, []).append(one)
    results = []
    for passages in files.values():
        best, *others = sorted(passages, key=lambda one: (-one.score, one.candidate.line))
        score = from_file(best.score, (one.score for one in others))
        results.append(replace(best, score=max(score, _LEAST)))
    return sorted(results, key=lambda one: (-one.score, one.candidate.path))


def locate(query: Query, candidate: Candidate) -> tuple[int, str]:
    """The line of the file that answers best, and the text round the match on it.

    See `pack.rank_snippets.find_line`.
    """
    return find_line(query, candidate.text, candidate.line)
