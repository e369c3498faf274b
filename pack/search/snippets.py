"""Finds the line of a passage that answers a query best, and cuts a snippet from it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Final

from pack.files.passages import bare_lines
from pack.search.matches import Match, TextMatches, find_matches
from pack.search.query import Query
from pack.search.words import fold_text, is_in_place, searchable_lines

SNIPPET_CHARACTERS: Final = 160


def find_line(query: Query, text: str, first_line: int = 1) -> tuple[int, str]:
    """`find_lines` for one passage."""
    return find_lines(query, [(text, first_line)])[0]


def find_lines(
    query: Query, passages: Sequence[tuple[str, int]], known: Sequence[TextMatches] = ()
) -> list[tuple[int, str]]:
    """The first line of each passage that holds the phrase, or else the most clauses.

    Args:
        query: Expanded.
        passages: Texts as written, and the lines of their files that they begin on.
        known: The matches in each of the texts (`pack.search.words.searchable_text`), where they
            have been looked for already.

    Returns:
        The number of the line in the file, and up to 160 characters of it around the first match,
        white space collapsed, with an ellipsis at each cut.
    """
    lines = [bare_lines(text) for text, _ in passages]
    met = _known_lines(query, passages, known)
    unknown = [number for number in range(len(passages)) if number not in met]
    marked = [searchable_lines(passages[number][0], lines[number]) for number in unknown]
    starts = accumulate((len(one) + 1 for one in marked), initial=0)
    found = map(_clauses_met, find_matches(query.clauses, marked), marked, starts)
    met |= dict(zip(unknown, found, strict=False))
    return [
        _best_line(query, text, first, lines[number], met[number])
        for number, (text, first) in enumerate(passages)
    ]


def _known_lines(
    query: Query, passages: Sequence[tuple[str, int]], known: Sequence[TextMatches]
) -> dict[int, dict[int, int]]:
    """`_clauses_met` of the passages in which nothing has to be looked for again, by number.

    That is so if each character is where it was in the text as written, and if no match can go
    beyond a line.
    """
    if any(len(way.terms) > 1 for clause in query.clauses for way in clause.alternatives):
        return {}
    return {
        number: _clauses_met(found.matches, text, found.start)
        for number, ((text, _), found) in enumerate(zip(passages, known, strict=False))
        if "\r" not in text and is_in_place(text, found.text)
    }


def _clauses_met(matches: Sequence[Match], marked: str, start: int) -> dict[int, int]:
    """How many clauses a line meets, by the lines of a passage that meet any."""
    found: dict[int, set[int]] = {}
    line = last = 0
    for place, clause, _ in matches:
        line += marked.count("\n", last, place - start)
        last = place - start
        found.setdefault(line, set()).add(clause)
    return {line: len(clauses) for line, clauses in found.items()}


def _best_line(
    query: Query, text: str, first_line: int, lines: Sequence[str], met: dict[int, int]
) -> tuple[int, str]:
    if not lines:
        return first_line, ""
    # Holding the phrase is worth more than all clauses.
    more = len(query.clauses) + 1
    for line in _lines_with(query.phrase, text, lines):
        met[line] = met.get(line, 0) + more
    best = min(met, key=lambda line: (-met[line], line), default=0)
    chosen = " ".join(lines[best].split())
    if len(chosen) > SNIPPET_CHARACTERS:
        chosen = _cut(chosen, _match_place(query, chosen))
    return first_line + best, chosen


def _lines_with(phrase: str, text: str, lines: Sequence[str]) -> list[int]:
    """The lines that hold a phrase; most texts do not hold it at all."""
    folded = fold_text(text)
    # To look for its words is faster than to collapse the white space of a whole passage.
    if not phrase or not all(map(folded.__contains__, phrase.split(" "))):
        return []
    if phrase not in " ".join(folded.split()):
        return []
    ours = folded.split("\n") if "\r" not in text else list(map(fold_text, lines))
    if " " not in phrase:
        return [number for number, line in enumerate(ours) if phrase in line]
    return [number for number, line in enumerate(ours) if phrase in " ".join(line.split())]


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
