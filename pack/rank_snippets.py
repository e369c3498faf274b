"""The line of a passage that answers a query best, and a snippet of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from pack.markdown import split_lines
from pack.rank_matches import find_matches
from pack.search_query import Query
from pack.terms import fold_text, searchable_texts

SNIPPET_CHARACTERS: Final = 160


def find_line(query: Query, text: str, first_line: int = 1) -> tuple[int, str]:
    """The line that holds the phrase, or most of the clauses; the first of equals.

    Args:
        query: Expanded.
        text: As it is written.
        first_line: Line of the file that `text` begins on.

    Returns:
        The line of the file, and at most 160 characters of it round the first match, white space
        collapsed, with an ellipsis where it is cut.
    """
    lines = split_lines(text)
    if not lines:
        return first_line, ""
    best = max(range(len(lines)), key=_quality(query, lines))
    chosen = " ".join(lines[best].split())
    return first_line + best, _cut(chosen, _match_place(query, chosen))


def _quality(query: Query, lines: list[str]) -> Callable[[int], float]:
    clauses = [
        {clause for _, clause, _ in found}
        for found in find_matches(query.clauses, searchable_texts(lines))
    ]
    most = len(query.clauses) + 1
    may_hold = bool(query.phrase) and query.phrase in _flat("".join(lines))

    def quality(number: int) -> float:
        holds = may_hold and query.phrase in _flat(lines[number])
        return len(clauses[number]) + most * holds

    return quality


def _flat(text: str) -> str:
    return " ".join(fold_text(text).split())


def _match_place(query: Query, line: str) -> int:
    """Where the phrase is, or else the first clause; about, where folding changes lengths."""
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
