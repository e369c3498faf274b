"""The order of search results, decided on the text of the passages that the index proposes.

The storage proposes passages (stage 1, by the BM25 of FTS5), and `rank` compares them (stage 2):
it sees what an index cannot, such as how near the words stand, and that the answer to a question
stands in the next note.

Why not FTS5's score alone: it counts each form of a word as a word of its own, with a rarity of its
own, and knows neither neighbours nor dates.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from pack.search.candidate import Candidate, head_of
from pack.search.context import Frequencies, feedback, from_file, from_neighbours
from pack.search.points import Points, columns_of, give_points, rarity
from pack.search.query import Query
from pack.search.snippets import find_line
from pack.search.words import fold_text, searchable_texts

_PHRASE: Final = 100.0
_PHRASE_IN_HEAD: Final = 101.0
_LEAST: Final = 0.01
"""For what was found by a part of a word only."""
CANDIDATES: Final = 40
"""The best passages of stage 1, which are ranked."""
PROPOSED: Final = 48
"""Passages that stage 1 is asked for; a few of those beyond the best are ranked too."""
_MOST_ADDED: Final = 3
NEIGHBOURED: Final = 20
"""The best short ones of them, whose neighbours are added to the candidates."""
LONGEST_NEIGHBOURED: Final = 500
"""Length in characters of a passage beyond which neighbours do not matter."""
REACH: Final = 2
"""How many passages before and after are neighbours, in path order of a folder."""


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
            file), `context` (words of the best passages),
            `neighbours`, `phrase` (the query as it was typed), `file` (its other passages).
        columns: Where in the passage each of `terms` stands: `path`, `topic`, `tags`, `heading`,
            `body`, in this order.
    """

    terms: dict[str, float]
    boosts: dict[str, float]
    columns: dict[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ranked:
    """A file, by its best passage.

    Attributes:
        candidate: The passage.
        score: Only comparable within one query; above 0.
        query: What was asked.
        points: What the passage is worth by itself.
        boosts: What was added, by name.
    """

    candidate: Candidate
    score: float
    query: Query
    points: Points
    boosts: Mapping[str, float]

    @property
    def explanation(self) -> Explanation:
        """Why it stands where it does."""
        clauses = self.query.clauses
        terms = {clauses[number].text: n for number, n in sorted(self.points.clauses.items())}
        own = {"near": self.points.near, "date": self.points.date}
        boosts = {**own, **self.boosts}
        return Explanation(
            terms,
            {name: points for name, points in boosts.items() if points},
            columns_of(self.query, self.candidate),
        )


def to_be_ranked(proposed: Sequence[Candidate]) -> list[Candidate]:
    """The passages of stage 1, best first, that are worth being ranked.

    These are `CANDIDATES`, and where they are of few files, each of which has two of them or more,
    the best of some others: they leave the others little room.
    """
    best = list(proposed[:CANDIDATES])
    paths = {candidate.path for candidate in best}
    others: dict[str, Candidate] = {}
    if 2 * len(paths) <= len(best):
        for candidate in proposed[CANDIDATES:PROPOSED]:
            if candidate.path not in paths:
                others.setdefault(candidate.path, candidate)
    return [*best, *list(others.values())[:_MOST_ADDED]]


def wants_neighbours(candidates: Sequence[Candidate]) -> list[Candidate]:
    """The candidates of stage 1, best first, whose neighbours can change the order.

    These are at most `NEIGHBOURED`, and short: a long passage takes nothing from its neighbours.
    """
    return [one for one in candidates if len(one.text) <= LONGEST_NEIGHBOURED][:NEIGHBOURED]


def rank(
    query: Query,
    candidates: Sequence[Candidate],
    statistics: Statistics,
    frequencies: Frequencies | None = None,
    eligible: Container[str] | None = None,
) -> list[Ranked]:
    """The files of the candidates that answer the query, best first, each by its best passage.

    Files that hold the query as it was typed come first.

    Args:
        query: Expanded (`pack.search.forms.expand`).
        candidates: Passages of stage 1, and neighbours of the best of them, in any order, each
            once. Those that meet no clause are taken for neighbours only.
        statistics: Of the same index.
        frequencies: In how many passages index terms are; without it, what the best passages speak
            of does not count. It is asked once.
        eligible: Paths that may be results; `None` for all. To be given where files were filtered,
            and where clauses are required or excluded: that is decided by file, in stage 1.
    """
    bodies = searchable_texts([candidate.text for candidate in candidates])
    rarities = [rarity(count, statistics.passages) for count in statistics.frequencies]
    points = give_points(query, candidates, bodies, rarities, statistics.average_length)
    totals = [one.total for one in points]
    boosts: dict[str, list[float]] = {}
    if frequencies is not None:
        more = feedback(query, bodies, totals, frequencies, statistics.passages)
        totals = _with(totals, boosts, "context", more)
    totals = _with(totals, boosts, "neighbours", from_neighbours(candidates, totals))
    phrases = [_phrase_points(query, candidate) for candidate in candidates]
    totals = _with(totals, boosts, "phrase", phrases)
    answers = [
        number
        for number, candidate in enumerate(candidates)
        if (points[number].clauses or phrases[number] or candidate.score)
        and (eligible is None or candidate.path in eligible)
    ]
    return [
        Ranked(
            candidates[file.best],
            file.score,
            query,
            points[file.best],
            {name: values[file.best] for name, values in boosts.items()} | {"file": file.others},
        )
        for file in _files(candidates, points, totals, answers)
    ]


def _with(
    totals: Sequence[float], boosts: dict[str, list[float]], name: str, more: list[float]
) -> list[float]:
    boosts[name] = more
    return [total + points for total, points in zip(totals, more, strict=True)]


class _File(NamedTuple):
    """A file: the number of its best passage, points for the others, and all its points."""

    best: int
    others: float
    score: float


def _files(
    candidates: Sequence[Candidate],
    points: Sequence[Points],
    totals: Sequence[float],
    answers: Iterable[int],
) -> list[_File]:
    """The files of the passages that answer, the best first."""
    files: dict[str, list[int]] = {}
    for number in answers:
        files.setdefault(candidates[number].path, []).append(number)
    found = []
    for passages in files.values():
        passages.sort(key=lambda number: (-totals[number], candidates[number].id))
        more = from_file([totals[n] for n in passages], [points[n].clauses for n in passages])
        best = passages[0]
        found.append(_File(best, more, max(totals[best] + more, _LEAST)))
    return sorted(found, key=lambda file: (-file.score, candidates[file.best].path))


def _phrase_points(query: Query, candidate: Candidate) -> float:
    """Points for the query as it was typed, so many that they outweigh all others."""
    if not query.phrase:
        return 0.0
    if query.phrase in fold_text(candidate.text):
        return _PHRASE
    return _PHRASE_IN_HEAD if query.phrase in fold_text(head_of(candidate)) else 0.0


def locate(query: Query, candidate: Candidate) -> tuple[int, str]:
    """The line of the file that answers best, and the text round the match on it.

    See `pack.search.snippets.find_line`.
    """
    return find_line(query, candidate.text, candidate.line)
