"""The order of search results, decided from the text of the passages that the index proposes.

The storage proposes passages (stage 1, by the BM25 of FTS5), and `rank` compares them (stage 2). It
sees what an index cannot: how close together the words are, or that a question is answered in the
next note.

Why not FTS5's score alone: it takes each form of a word for a word of its own, with its own rarity,
and knows neither neighbours nor dates.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Final, NamedTuple

from pack.search.candidate import Candidate, head_of
from pack.search.context import Frequencies, feedback, from_file, from_neighbours
from pack.search.points import Points, columns_of, give_points, rarity
from pack.search.query import Query
from pack.search.words import (
    fold_text,
    holds_words,
    is_in_place,
    is_plain_word,
    searchable_texts,
)

_PHRASE: Final = 100.0
_PHRASE_IN_HEAD: Final = 101.0
_UNFINISHED: Final = 20.0
"""For the query as typed where it begins or ends inside a word that nothing else would meet."""
_LEAST: Final = 0.01
"""Files that hold a word of the query have at least these points; all others have fewer."""
CANDIDATES: Final = 40
"""How many of the best passages of stage 1 are ranked."""
PROPOSED: Final = 48
"""How many passages stage 1 is asked for; a few beyond the best are ranked too."""
_MOST_ADDED: Final = 3
NEIGHBOURED: Final = 20
"""How many of the best short passages bring in their neighbours."""
LONGEST_NEIGHBOURED: Final = 500
"""Length in characters above which a passage takes nothing from its neighbours."""
REACH: Final = 2
"""How many passages before and after are neighbours, by path within a folder."""


@dataclass(frozen=True, slots=True)
class Statistics:
    """What the index knows about the memory as a whole.

    Attributes:
        passages: Number of passages.
        average_length: Mean length of a passage, in characters.
        frequencies: How many passages meet each clause of the query; an upper bound will do (the
            sum over its alternatives).
        usual: How many passages a usual file has: the median.
    """

    passages: int
    average_length: float
    frequencies: tuple[int, ...]
    usual: int = 1


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a result is where it is.

    Attributes:
        terms: Points for each clause that was found, by its text.
        boosts: Points for anything else, by name: `near` (words near each other), `date` (of the
            file), `place` (one was asked for), `context` (words of the best passages),
            `neighbours`, `phrase` (the query as typed), `file` (its other passages).
        columns: Where each of `terms` was found: `path`, `topic`, `tags`, `heading`, `body`, in
            this order.
    """

    terms: dict[str, float]
    boosts: dict[str, float]
    columns: dict[str, tuple[str, ...]] = field(default_factory=dict)


class Boosts(NamedTuple):
    """Points that were added to those of a passage; few results are asked for theirs.

    Attributes:
        passages: Of all passages, by name.
        number: Of the passage.
        file: Points for the other passages of the file.
    """

    passages: Mapping[str, Sequence[float]]
    number: int
    file: float

    def by_name(self) -> dict[str, float]:
        """The points of the passage and its file."""
        own = {name: values[self.number] for name, values in self.passages.items()}
        return {**own, "file": self.file}


class Ranked(NamedTuple):
    """A file, represented by its best passage.

    Attributes:
        candidate: The passage.
        score: Above 0; comparable only within one query.
        query: What was asked.
        points: What the passage is worth by itself.
        boosts: Points that were added.
        is_inside: Whether the file holds no whole word of the query, but letters or parts of one.
    """

    candidate: Candidate
    score: float
    query: Query
    points: Points
    boosts: Boosts
    is_inside: bool = False

    @property
    def explanation(self) -> Explanation:
        """Why it is where it is."""
        clauses = self.query.clauses
        terms = {clauses[number].text: n for number, n in sorted(self.points.clauses.items())}
        own = {"near": self.points.near, "date": self.points.date, "place": self.points.place}
        boosts = {**own, **self.boosts.by_name()}
        return Explanation(
            terms,
            {name: points for name, points in boosts.items() if points},
            columns_of(self.query, self.candidate),
        )


def to_be_ranked(proposed: Sequence[Candidate]) -> list[Candidate]:
    """The passages of stage 1 that are worth ranking, best first.

    The first `CANDIDATES`; and if few files fill them, with two passages or more each on average,
    also the best passage of some other files, which were crowded out.
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
    """The candidates whose neighbours can change the order: at most `NEIGHBOURED` short ones."""
    return [one for one in candidates if len(one.text) <= LONGEST_NEIGHBOURED][:NEIGHBOURED]


def rank(
    query: Query,
    candidates: Sequence[Candidate],
    statistics: Statistics,
    frequencies: Frequencies | None = None,
    eligible: Container[str] | None = None,
) -> list[Ranked]:
    """The files that answer the query, best first, each represented by its best passage.

    Files that hold the query as typed, in whole words, come first; those that hold it inside other
    words only come last.

    Args:
        query: Expanded (`pack.search.forms.expand`).
        candidates: Passages of stage 1 and neighbours of the best of them, each once, in any order.
            Those that meet no clause only serve as neighbours.
        statistics: Of the same index.
        frequencies: Counts passages by index term, and is asked once. Without it the words of the
            best passages do not count.
        eligible: Paths that may be results; `None` for all. Needed if files were filtered, or if
            clauses are required or excluded: stage 1 decides that for whole files.
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
    met = frozenset[int]().union(*(one.whole for one in points))
    holds = _all_holding(query, candidates, bodies, points)
    phrases = [
        _phrase_points(held, has_others=one.whole >= met) if held else 0.0
        for held, one in zip(holds, points, strict=True)
    ]
    boosts["phrase"] = phrases
    answers = [
        number
        for number, candidate in enumerate(candidates)
        if (points[number].clauses or holds[number] is not None or candidate.score)
        and (eligible is None or candidate.path in eligible)
    ]
    return [
        Ranked(
            candidates[file.shown],
            file.score,
            query,
            points[file.shown],
            Boosts(boosts, file.shown, file.others),
            file.is_inside,
        )
        for file in _files(query, candidates, points, totals, phrases, answers, statistics.usual)
    ]


def _with(
    totals: Sequence[float], boosts: dict[str, list[float]], name: str, more: list[float]
) -> list[float]:
    boosts[name] = more
    return [total + points for total, points in zip(totals, more, strict=True)]


class _Held(Enum):
    """How a passage holds the query as typed."""

    TEXT = "in its text"
    HEAD = "in what else is known about it"
    INSIDE = "inside other words"


class _File(NamedTuple):
    """A file: the number of the passage to show, points for the others, and all its points."""

    shown: int
    others: float
    score: float
    is_inside: bool


def _files(
    query: Query,
    candidates: Sequence[Candidate],
    points: Sequence[Points],
    totals: Sequence[float],
    phrases: Sequence[float],
    answers: Iterable[int],
    usual: int,
) -> list[_File]:
    """The files of the passages that answer, the best first."""
    files: dict[str, list[int]] = {}
    for number in answers:
        files.setdefault(candidates[number].path, []).append(number)
    found = []
    for passages in files.values():
        others = 0.0
        if len(passages) > 1:
            passages.sort(key=lambda n: (-totals[n] - phrases[n], candidates[n].id))
            others = from_file(
                [totals[n] for n in passages],
                [points[n].clauses for n in passages],
                candidates[passages[0]].passages / max(usual, 1),
            )
        best = passages[0]
        score = totals[best] + phrases[best] + others
        is_inside = not any(points[n].whole or phrases[n] for n in passages)
        score = _LEAST * (score + 1) / (score + 2) if is_inside else max(score, _LEAST)
        shown = _shown(query, candidates, points, passages)
        found.append(_File(shown, others, score, is_inside))
    return sorted(found, key=lambda f: (f.is_inside, -f.score, candidates[f.shown].path))


def _shown(
    query: Query,
    candidates: Sequence[Candidate],
    points: Sequence[Points],
    passages: Sequence[int],
) -> int:
    """The passage of a file to show: the best one whose own text answers.

    If only the path, topic or tags do, all passages answer alike, and the frontmatter is shown last
    (it has the last number, and an earlier line).

    Args:
        query: Expanded.
        candidates: The passages of all files.
        points: What each is worth.
        passages: Those of this file, the best first.
    """
    if len(passages) == 1:
        return passages[0]
    for number in passages:
        if points[number].body.matches or query.phrase in fold_text(candidates[number].text):
            return number
    body = candidates[min(passages, key=lambda number: candidates[number].id)].line
    return next(number for number in passages if candidates[number].line >= body)


def _may_hold(query: Query, points: Points) -> bool:
    """Whether a passage may hold the query as typed, of which it meets all but the ends.

    Its first and its last word may stand inside longer ones. This is quickly seen, and few passages
    meet so much of a whole question.
    """
    return len(points.clauses) + 2 >= len(query.clauses)


def _all_holding(
    query: Query, candidates: Sequence[Candidate], bodies: Sequence[str], points: Sequence[Points]
) -> list[_Held | None]:
    """How each passage holds the query as typed; most queries are in no passage at all."""
    may = [n for n, one in enumerate(points) if query.phrase and _may_hold(query, one)]
    texts = [f"{candidates[n].text}\n{head_of(candidates[n])}" for n in may]
    holds: list[_Held | None] = [None] * len(candidates)
    if query.phrase in fold_text("\n".join(texts)):  # it has no line end
        word = f" {query.phrase} " if is_plain_word(query.phrase) else None
        for number in may:
            text, body = candidates[number].text, bodies[number]
            if word is not None and word in body and is_in_place(text, body):
                holds[number] = _Held.TEXT
            else:
                holds[number] = _holds(query.phrase, candidates[number])
    return holds


def _holds(phrase: str, candidate: Candidate) -> _Held | None:
    """How a passage holds a phrase; `None` if it does not."""
    text = fold_text(candidate.text)
    if holds_words(phrase, text):
        return _Held.TEXT
    head = fold_text(head_of(candidate))
    if holds_words(phrase, head):
        return _Held.HEAD
    return _Held.INSIDE if phrase in text or phrase in head else None


def _phrase_points(held: _Held, *, has_others: bool) -> float:
    """Points for the query as typed; in whole words enough to outweigh all others.

    Args:
        held: How the passage holds it.
        has_others: Whether the passage meets every clause that any passage meets, so that no whole
            word elsewhere is ranked below letters inside a word here.
    """
    if held is _Held.TEXT:
        return _PHRASE
    if held is _Held.HEAD:
        return _PHRASE_IN_HEAD
    return _UNFINISHED if has_others else 0.0
