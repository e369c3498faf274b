"""The forms of a query's words that a memory holds: `painted` is looked for as `paint` too."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Final, Protocol

from pack.search.query import Alternative, Clause, ClauseKind, Query
from pack.search.stems import stem_key

_MOST_FORMS: Final = 24
_MOST_CONTAINING: Final = 100


class Vocabulary(Protocol):
    """The distinct index terms of a memory."""

    def with_stem(self, key: str, limit: int) -> Collection[str]:
        """Terms whose `pack.search.stems.stem_key` is `key`, the most frequent first."""
        ...

    def containing(self, part: str, limit: int, *, at_end: bool = False) -> Collection[str]:
        """Terms that contain `part`, or end with it; the most frequent first."""
        ...


def expand(query: Query, vocabulary: Vocabulary) -> Query:
    """The query with the forms of its words, and of excluded ones, that the memory holds."""
    return replace(
        query,
        clauses=tuple(_with_forms(clause, vocabulary) for clause in query.clauses),
        excluded=tuple(_with_forms(clause, vocabulary) for clause in query.excluded),
        exact=_exact(query, vocabulary),
    )


def _with_forms(clause: Clause, vocabulary: Vocabulary) -> Clause:
    (typed, *more), *_ = (way.terms for way in clause.alternatives)
    if clause.kind is not ClauseKind.WORD or more:
        return clause
    found = vocabulary.with_stem(stem_key(typed), _MOST_FORMS)
    forms = tuple(Alternative((form,)) for form in found if form != typed)
    return replace(clause, alternatives=clause.alternatives + forms)


def _exact(query: Query, vocabulary: Vocabulary) -> Clause | None:
    """The clause met by every text that holds the query, even in the middle of words."""
    if not query.containing:
        return None
    first, *rest = query.containing
    found = vocabulary.containing(first, _MOST_CONTAINING, at_end=bool(rest))
    starts = dict.fromkeys((first, *found))
    ways = tuple(Alternative((start, *rest), prefix=bool(rest)) for start in starts)
    return Clause(query.phrase, ClauseKind.PHRASE, ways)
