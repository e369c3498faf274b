"""Finds the line of a passage that answers a query best, and cuts a snippet from it."""

from __future__ import annotations

from typing import Final

from pack.files.passages import bare_lines
from pack.search.matches import find_matches
from pack.search.query import Query
from pack.search.words import fold_text, searchable_texts

SNIPPET_CHARACTERS: Final = 160


def find_line(query: Query, text: str, first_line: int = 1) -> tuple[int, str]:
    """The first line that holds the phrase, or else the most clauses.

    Args:
        query: Expanded.
        text: As written.
        first_line: Line of the file that `text` begins on.

    Returns:
        The number of the line in the file, and up to 160 characters of it around the first match,
        white space collapsed, with an ellipsis at each cut.
    """
    lines = bare_lines(text)
    if not lines:
        return first_line, ""
    qualities = _qualities(query, text, lines)
    best = qualities.index(max(qualities))
    chosen = " ".join(lines[best].split())
    return first_line + best, _cut(chosen, _match_place(query, chosen))


def _qualities(query: Query, text: str, lines: list[str]) -> list[int]:
    """How many clauses each line meets; holding the phrase is worth more than all of them."""
    found = find_matches(query.clauses, searchable_texts(lines))
    met = [len({clause for _, clause, _ in matches}) for matches in found]
    if not query.phrase or not _holds(query.phrase, text):  # most texts do not hold it at all
        return met
    more = len(query.clauses) + 1
    return [
        count + more * _holds(query.phrase, line) for count, line in zip(met, lines, strict=True)
    ]


def _holds(phrase: str, text: str) -> bool:
    return phrase in " ".join(fold_text(text).split())


def _match_place(query: Query, line: str) -> int:
    """Where the phrase is, or else the first clause; roughly, if folding changes lengths."""
    folded = fold_text(line)
    wanted = [query.phrase] + [
        " ".join(alternative.terms)
        for clause in query.clauses
        for alternative in clause.alternatives
    ]
    places = (folded.find(words) for words in wanted if words)
    place = next((place for place in places if place >= 0), 0)
    return place * len(line) // max(len(folded), 1)


def _cut(line: str, place: int) -> str:
    if len(line) <= SNIPPET_CHARACTERS:
        return line
    start = max(min(place - SNIPPET_CHARACTERS // 3, len(line) - SNIPPET_CHARACTERS), 0)
    end = start + SNIPPET_CHARACTERS
    return f"{'…' if start else ''}{line[start:end].strip()}{'…' if end < len(line) else ''}"
