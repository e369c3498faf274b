"""Where the words of a query are on a line, so that they can be marked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from pack.search.query import Clause, ClauseKind, parse_query
from pack.search.stems import stem_key
from pack.search.words import index_terms, is_unspaced

_WORD: Final = re.compile(r"\w+")


def find_highlights(query: str, line: str) -> list[tuple[int, int]]:
    """Start and end of each match of a query on a line, in order and without overlaps."""
    clauses = parse_query(query).clauses
    return list(_joined(sorted({*_literal(clauses, line), *_forms(clauses, line)})))


def _literal(clauses: tuple[Clause, ...], line: str) -> Iterator[tuple[int, int]]:
    """Words as they were typed, even inside other words."""
    for clause in clauses:
        if clause.text:
            found = re.finditer(re.escape(clause.text), line, re.IGNORECASE)
            yield from (match.span() for match in found)


def _forms(clauses: tuple[Clause, ...], line: str) -> Iterator[tuple[int, int]]:
    """Other forms of the words that were typed."""
    keys = {
        stem_key(term)
        for clause in clauses
        if clause.kind is ClauseKind.WORD
        for alternative in clause.alternatives
        for term in alternative.terms
    }
    for word in _WORD.finditer(line):
        if not is_unspaced(word[0]) and any(
            stem_key(term) in keys for term in index_terms(word[0])
        ):
            yield word.span()


def _joined(spans: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    current: tuple[int, int] | None = None
    for start, end in spans:
        if current is not None and start <= current[1]:
            current = (current[0], max(current[1], end))
            continue
        if current is not None:
            yield current
        current = (start, end)
    if current is not None:
        yield current
