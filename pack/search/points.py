"""What a passage is worth for a query by itself.

BM25 over clauses: all forms of a word count as one word. Words in topic, tags, headings and path
count as often as once more in the text. Added to it: how near different words of the query stand
to each other, whether the file is of a date that the query names, and whether the text names a
place where the query asks for one. A line that begins with a
name that the query names counts more: who speaks, whom an entry is about.

The numbers were chosen by measurement on conversations, and rounded; the results change little
within a factor of two of each.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import log
from typing import Final, Protocol

from pack.search.matches import Match, find_matches
from pack.search.place_names import places_named
from pack.search.query import Query
from pack.search.words import fold_text, searchable_texts

_SATURATION: Final = 1.5
"""BM25 k1: how much a word counts that stands there more than once."""
_LENGTH: Final = 0.5
"""BM25 b: how much less a word counts in a long passage."""
_HEAD: Final = 1.0
"""What a word in topic, tags, headings or path counts beside one in the text."""
_NAMED_LINE: Final = 1.5
_DATE: Final = 2.0
_PLACE: Final = 3.0
_NEAR: Final = 1.0
_NEAR_LIMIT: Final = 5.0
"""Points for nearness grow ever slower, and never beyond this times `_NEAR`."""
_WORD_CHARACTERS: Final = 6.0
_LINE_SIGNS: Final = "-*+>#_`[(0123456789.) \t"
"""What may stand before the name that a line begins with."""


class Text(Protocol):
    """What is read of a passage (`pack.search.ranking.Candidate`)."""

    @property
    def path(self) -> str: ...  # noqa: D102 - see `Candidate`, as the others
    @property
    def topic(self) -> str: ...  # noqa: D102
    @property
    def tags(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def created(self) -> str | None: ...  # noqa: D102
    @property
    def updated(self) -> str | None: ...  # noqa: D102
    @property
    def heading(self) -> str: ...  # noqa: D102
    @property
    def text(self) -> str: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Points:
    """What a passage is worth.

    Attributes:
        clauses: By the number of the clause, where it is met.
        near: For words near each other.
        date: For a date that the query names.
        place: For a place, where the query asks for one.
    """

    clauses: dict[int, float]
    near: float
    date: float
    place: float

    @property
    def total(self) -> float:
        """All of them."""
        return sum(self.clauses.values()) + self.near + self.date + self.place


def rarity(frequency: int, passages: int) -> float:
    """Inverse document frequency, never negative (the form of BM25 that Lucene uses)."""
    frequency = min(frequency, passages)
    return log(1 + (passages - frequency + 0.5) / (frequency + 0.5))


def give_points(
    query: Query,
    texts: Sequence[Text],
    bodies: Sequence[str],
    rarities: Sequence[float],
    average_length: float,
) -> list[Points]:
    """What each of the passages is worth.

    Args:
        query: Expanded.
        texts: The passages.
        bodies: Their texts (`pack.search.words.searchable_text`).
        rarities: Of each clause of the query.
        average_length: Of a passage of this memory, in characters.
    """
    found = find_matches(query.clauses, bodies)
    heads = find_matches(query.clauses, searchable_texts([head_of(text) for text in texts]))
    named = _named_lines(query, texts, found)
    asked = {term for clause in query.clauses for term in clause.alternatives[0].terms}
    return [
        Points(
            _clause_points(body, head, lines, rarities, len(text.text) / max(average_length, 1.0)),
            _near(body, rarities),
            _DATE if _is_dated(query, text) else 0.0,
            _PLACE if body and query.asks_for_place and _names_place(text, asked) else 0.0,
        )
        for text, body, head, lines in zip(texts, found, heads, named, strict=True)
    ]


def head_of(text: Text) -> str:
    """What is known of a passage besides its text."""
    return f"{text.topic}\n{' '.join(text.tags)}\n{text.heading}\n{text.path}"


def columns_of(query: Query, found: Text) -> dict[str, tuple[str, ...]]:
    """In which parts of a passage each clause that it meets stands, by the text of the clause."""
    texts = {
        "path": found.path,
        "topic": found.topic,
        "tags": "\n".join(found.tags),
        "heading": found.heading,
        "body": found.text,
    }
    matches = find_matches(query.clauses, searchable_texts(list(texts.values())))
    met = {
        name: {clause for _, clause, _ in places}
        for name, places in zip(texts, matches, strict=True)
    }
    where = (tuple(name for name in met if n in met[name]) for n in range(len(query.clauses)))
    columns = zip((clause.text for clause in query.clauses), where, strict=True)
    return {text: names for text, names in columns if names}


def _clause_points(
    body: Sequence[Match],
    head: Sequence[Match],
    lines: Sequence[Match],
    rarities: Sequence[float],
    length: float,
) -> dict[int, float]:
    weights: dict[int, float] = {}
    one = 1.0 / (1 - _LENGTH + _LENGTH * length)
    for _, clause, weight in body:
        weights[clause] = weights.get(clause, 0.0) + weight * one
    for _, clause, weight in lines:
        weights[clause] += weight * one * _NAMED_LINE
    for clause in {clause for _, clause, _ in head}:
        weights[clause] = weights.get(clause, 0.0) + _HEAD
    return {
        clause: rarities[clause] * weight * (_SATURATION + 1) / (weight + _SATURATION)
        for clause, weight in weights.items()
    }


def _near(body: Sequence[Match], rarities: Sequence[float]) -> float:
    """For each two matches that follow each other, the rarity of the more common by distance."""
    total = 0.0
    for (place, clause, _), (next_place, next_clause, _) in pairwise(body):
        if clause != next_clause:
            words = max((next_place - place) / _WORD_CHARACTERS, 1.0)
            total += min(rarities[clause], rarities[next_clause]) / words
    return _NEAR * total / (1 + total / _NEAR_LIMIT)


def _named_lines(
    query: Query, texts: Sequence[Text], found: Sequence[Sequence[Match]]
) -> list[list[Match]]:
    """The matches on lines that begin with a name of the query."""
    naming = {
        number
        for number, clause in enumerate(query.clauses)
        if clause.alternatives[0].terms[0] in query.names
    }
    if not naming:
        return [[] for _ in texts]
    lines = [
        _lines_of(query.names, text.text) if any(clause in naming for _, clause, _ in body) else ""
        for text, body in zip(texts, found, strict=True)
    ]
    return find_matches(query.clauses, searchable_texts(lines))


def _lines_of(names: Iterable[str], text: str) -> str:
    """The lines that begin with a name, found by where the names stand: most lines hold none."""
    lower = text.lower()
    starts: dict[int, None] = {}
    for name in names:
        place = lower.find(name)
        while place >= 0:
            start = lower.rfind("\n", 0, place) + 1
            if not lower[start:place].strip(_LINE_SIGNS):
                starts[start] = None
            place = lower.find(name, place + 1)
    return "\n".join(lower[start:].partition("\n")[0] for start in starts)


def _names_place(text: Text, asked: Container[str]) -> bool:
    """Whether it names a place that neither the query nor the title has."""
    return any(
        place not in asked and place not in fold_text(f"{text.topic} {text.heading}")
        for place in places_named(text.text)
    )


def _is_dated(query: Query, text: Text) -> bool:
    days = [day for day in (text.created, text.updated) if day]
    return any(hint.covers(day) for hint in query.dates for day in days)
