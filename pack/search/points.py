"""What a passage is worth for a query, taken by itself.

BM25 over clauses, where all forms of a word count as one word. A word in the topic, tags, headings
or path counts like one more occurrence in the text. On top of that it counts how close together
different words of the query are, whether the file has a date that the query names, and whether the
text names a place if the query asks for one. A line that begins with a name from the query counts
more: it says who speaks, or whom an entry is about.

The numbers were measured on conversations and rounded; results change little within a factor of
two of each.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from math import log
from typing import Final, NamedTuple

from pack.search.candidate import Candidate, head_of
from pack.search.matches import NOTHING, Match, TextMatches, find_matches
from pack.search.place_names import places_named
from pack.search.query import PART_WEIGHT, Query
from pack.search.words import fold_text, searchable_texts

_SATURATION: Final = 1.5
"""BM25 k1: how much repeated words count."""
_LENGTH: Final = 0.75
"""BM25 b: how much less a word counts in a long passage."""
_HEAD: Final = 1.0
"""Weight of a word in topic, tags, headings or path; one in the text has 1."""
_NAMED_LINE: Final = 1.5
_DATE: Final = 2.0
_PLACE: Final = 3.0
_NEAR: Final = 1.0
_NEAR_LIMIT: Final = 5.0
"""Points for nearness grow ever more slowly, and never beyond this times `_NEAR`."""
_WORD_CHARACTERS: Final = 6.0
_LINE_SIGNS: Final = "-*+>#_`[(0123456789.) \t"
"""What may precede the name at the beginning of a line."""


class Points(NamedTuple):
    """What a passage is worth.

    Attributes:
        clauses: Points for each clause that is met, by its number.
        near: Points for words near each other.
        date: Points for a date that the query names.
        place: Points for a place, if the query asks for one.
        whole: The clauses that are met by more than a part of what was typed.
        body: The matches in the text itself; those in what is known about it are not among them.
    """

    clauses: dict[int, float]
    near: float
    date: float
    place: float
    whole: frozenset[int] = frozenset()
    body: TextMatches = NOTHING

    @property
    def total(self) -> float:
        """All points together."""
        return sum(self.clauses.values()) + self.near + self.date + self.place


def rarity(frequency: int, passages: int) -> float:
    """Inverse document frequency, never negative (the form of BM25 that Lucene uses)."""
    frequency = min(frequency, passages)
    return log(1 + (passages - frequency + 0.5) / (frequency + 0.5))


def give_points(
    query: Query,
    texts: Sequence[Candidate],
    bodies: Sequence[str],
    rarities: Sequence[float],
    average_length: float,
) -> list[Points]:
    """What each of the passages is worth.

    Args:
        query: Expanded.
        texts: The passages.
        bodies: Their texts (`pack.search.words.searchable_text`).
        rarities: One for each clause of the query.
        average_length: Mean length of this memory's passages, in characters.
    """
    heads_too = [*bodies, *searchable_texts([head_of(text) for text in texts])]
    every = find_matches(query.clauses, heads_too)
    found, heads = every[: len(texts)], every[len(texts) :]
    named = _named_lines(query, texts, found)
    asked = {term for clause in query.clauses for term in clause.alternatives[0].terms}
    has_parts = any(
        way.weight <= PART_WEIGHT for clause in query.clauses for way in clause.alternatives
    )
    average = max(average_length, 1.0)
    given, start = [], 0
    for text, marked, body, head, lines in zip(texts, bodies, found, heads, named, strict=True):
        worth = 1.0 / (1 - _LENGTH + _LENGTH * (len(text.text) / average))
        weights, near = _walk(body, rarities, worth)
        clauses = _clause_points(weights, head, lines, rarities, worth)
        given.append(
            Points(
                clauses,
                near,
                _DATE if query.dates and _is_dated(query, text) else 0.0,
                _PLACE if body and query.asks_for_place and _names_place(text, asked) else 0.0,
                _wholly_met((*body, *head)) if has_parts else frozenset(clauses),
                TextMatches(marked, start, body),
            )
        )
        start += len(marked) + 1
    return given


def _wholly_met(matches: Iterable[Match]) -> frozenset[int]:
    """The clauses that are met by more than a part of what was typed."""
    return frozenset(clause for _, clause, weight in matches if weight > PART_WEIGHT)


def columns_of(query: Query, found: Candidate) -> dict[str, tuple[str, ...]]:
    """The parts of a passage that meet each clause, by the text of the clause."""
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


def _walk(
    body: Sequence[Match], rarities: Sequence[float], worth: float
) -> tuple[dict[int, float], float]:
    """The weight of each clause that a text meets, and points for words near each other.

    For each two neighbouring matches, these are the rarity of the commoner one by distance. Both
    are found in one walk, as there are a thousand matches.

    Args:
        body: The matches in the text, by place.
        rarities: One for each clause.
        worth: What a match weighs in a text of this length.
    """
    if not body:
        return {}, 0.0
    weights: dict[int, float] = {}
    total = 0.0
    last_place, last, _ = body[0]
    for place, clause, weight in body:
        weights[clause] = weights.get(clause, 0.0) + weight * worth
        if clause != last:
            one, other = rarities[last], rarities[clause]
            commoner = one if one < other else other  # noqa: FURB136 - `min` takes four times as long
            words = (place - last_place) / _WORD_CHARACTERS
            total += commoner / words if words > 1.0 else commoner
            last = clause
        last_place = place
    return weights, _NEAR * total / (1 + total / _NEAR_LIMIT)


def _clause_points(
    weights: dict[int, float],
    head: Sequence[Match],
    lines: Sequence[Match],
    rarities: Sequence[float],
    worth: float,
) -> dict[int, float]:
    """Points for each clause: what it weighs in the text and, on top, in the head and in lines."""
    for _, clause, weight in lines:
        weights[clause] += weight * worth * _NAMED_LINE
    for clause in {clause for _, clause, _ in head}:
        weights[clause] = weights.get(clause, 0.0) + _HEAD
    return {
        clause: rarities[clause] * weight * (_SATURATION + 1) / (weight + _SATURATION)
        for clause, weight in weights.items()
    }


def _named_lines(
    query: Query, texts: Sequence[Candidate], found: Sequence[Sequence[Match]]
) -> list[list[Match]]:
    """The matches on lines that begin with a name from the query."""
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
    """The lines that begin with a name; most texts hold none, which is quickly seen."""
    lower = text.lower()
    held = tuple(name for name in names if name in lower)
    if not held:
        return ""
    lines = lower.split("\n")
    return "\n".join(line for line in lines if line.lstrip(_LINE_SIGNS).startswith(held))


def _names_place(text: Candidate, asked: Container[str]) -> bool:
    """Whether the text names a place that is in neither the query nor the titles above it."""
    titles = fold_text(f"{text.topic} {text.heading}")
    return any(place not in asked and place not in titles for place in places_named(text.text))


def _is_dated(query: Query, text: Candidate) -> bool:
    days = [day for day in (text.created, text.updated) if day]
    return any(hint.covers(day) for hint in query.dates for day in days)
