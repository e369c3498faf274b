"""Finds the line of a passage that answers a query best, and cuts a snippet from it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from pack.files.passages import bare_lines
from pack.search.matches import find_matches
from pack.search.query import Query
from pack.search.words import fold_text, searchable_texts

SNIPPET_CHARACTERS: Final = 160


def find_line(query: Query, text: str, first_line: int = 1) -> tuple[int, str]:
    """`find_lines` for one passage."""
    return find_lines(query, [(text, first_line)])[0]


def find_lines(query: Query, passages: Sequence[tuple[str, int]]) -> list[tuple[int, str]]:
    """The first line of each passage that holds the phrase, or else the most clauses.

    Args:
        query: Expanded.
        passages: Texts as written, and the lines of their files that they begin on.

    Returns:
        The number of the line in the file, and up to 160 characters of it around the first match,
        white space collapsed, with an ellipsis at each cut.
    """
    lines = [bare_lines(text) for text, _ in passages]
    every = searchable_texts([line for one in lines for line in one])
    met = iter([len({clause for _, clause, _ in m}) for m in find_matches(query.clauses, every)])
    return [
        _best_line(query, text, first, own, [next(met) for _ in own])
        for (text, first), own in zip(passages, lines, strict=True)
    ]


def _best_line(
    query: Query, text: str, first_line: int, lines: Sequence[str], met: Sequence[int]
) -> tuple[int, str]:
    if not lines:
        return first_line, ""
    qualities = met
    if query.phrase and _holds(query.phrase, text):  # most texts do not hold it at all
        # Holding it is worth more than all clauses.
        more = len(query.clauses) + 1
        qualities = [
            count + more * _holds(query.phrase, line)
            for count, line in zip(met, lines, strict=True)
        ]
    best = qualities.index(max(qualities))
    chosen = " ".join(lines[best].split())
    if len(chosen) > SNIPPET_CHARACTERS:
        chosen = _cut(chosen, _match_place(query, chosen))
    return first_line + best, chosen


def _holds(phrase: str, text: str) -> bool:
    return phrase in " ".join(fold_text(text).split())


def _match_place(query: Query, line: str) -> int:
    """Where the phrase is, or else the first clause; roughly, if folding changes lengths."""
    folded = fold_text(line)
    places = (folded.find(words) for words in _wanted(query) if words)
    place = next((place for place in places if place >= 0), 0)
    return place * len(line) // max(len(folded), 1)


def _wanted(query: Query) -> Iterator[str]:
    yield query.phrase
    for clause in query.clauses:
        for alternative in clause.alternatives:
            yield " ".join(alternative.terms)


def _cut(line: str, place: int) -> str:
    start = max(min(place - SNIPPET_CHARACTERS // 3, len(line) - SNIPPET_CHARACTERS), 0)
    end = start + SNIPPET_CHARACTERS
    return f"{'…' if start else ''}{line[start:end].strip()}{'…' if end < len(line) else ''}"
