"""The forms of a query's words that a memory holds.

`painted` is looked for as `paint`, `paints`, `painting`, and for less as `painter`: a word that is
derived from the same one. Where that one is shorter than five letters nothing is said to be derived
(`care` and `career` are not kin), and what is far more common than the word itself says less.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from itertools import islice
from typing import Final, Protocol

from pack.search.query import Alternative, Clause, ClauseKind, Query
from pack.search.stems import kindred_keys, stem_key

_MOST_VARIANTS: Final = 24
_MOST_KINDRED: Final = 12
_KINDRED_WEIGHT: Final = 0.5
_FAR_MORE_COMMON: Final = 10
_MOST_CONTAINING: Final = 100


class Vocabulary(Protocol):
    """The distinct index terms of a memory."""

    def with_stems(self, keys: Collection[str], limit: int) -> Mapping[str, int]:
        """Terms whose `pack.search.stems.stem_key` is one of the keys, most frequent first.

        With each in how many passages it is.
        """
        ...

    def containing(self, part: str, limit: int) -> Collection[str]:
        """Terms with `part` anywhere in them, most frequent first."""
        ...

    def ending(self, part: str, limit: int) -> Collection[str]:
        """Terms that end with `part`, most frequent first."""
        ...


def expand(query: Query, vocabulary: Vocabulary) -> Query:
    """The query with the forms of its words that the memory holds.

    What is excluded is so in all its forms; what is only derived from it is not.
    """
    return replace(
        query,
        clauses=tuple(_with_forms(clause, vocabulary, has_kin=True) for clause in query.clauses),
        excluded=tuple(_with_forms(clause, vocabulary, has_kin=False) for clause in query.excluded),
        exact=_exact(query, vocabulary),
    )


def _with_forms(clause: Clause, vocabulary: Vocabulary, *, has_kin: bool) -> Clause:
    terms = clause.alternatives[0].terms
    if clause.kind is not ClauseKind.WORD or len(terms) > 1:
        return clause
    key = stem_key(terms[0])
    keys = (key, *kindred_keys(key)) if has_kin else (key,)
    found = vocabulary.with_stems(keys, _MOST_VARIANTS + _MOST_KINDRED)
    own = {term: count for term, count in found.items() if len(keys) == 1 or stem_key(term) == key}
    forms = [Alternative((form,)) for form in islice(own, _MOST_VARIANTS) if form != terms[0]]
    kin = islice(_kin(own, found), _MOST_KINDRED)
    others = (*forms, *(Alternative((term,), weight=_KINDRED_WEIGHT) for term in kin))
    return replace(clause, alternatives=clause.alternatives + others)


def _kin(own: Mapping[str, int], found: Mapping[str, int]) -> Iterator[str]:
    """The others of the terms that were found, unless the word itself is there and far rarer."""
    most = _FAR_MORE_COMMON * sum(own.values()) if own else max(found.values(), default=0)
    return (term for term, count in found.items() if term not in own and count <= most)


def _exact(query: Query, vocabulary: Vocabulary) -> Clause | None:
    """What text that holds the query in the middle of words has."""
    if not query.containing:
        return None
    first, *rest = query.containing
    found = (vocabulary.ending if rest else vocabulary.containing)(first, _MOST_CONTAINING)
    starts = dict.fromkeys((first, *found))
    ways = tuple(Alternative((start, *rest), prefix=bool(rest)) for start in starts)
    return Clause(query.phrase, ClauseKind.PHRASE, ways)
