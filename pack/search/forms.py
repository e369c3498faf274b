"""The forms of a query's words that a memory holds, and words derived from the same word.

`painted` is looked for as `paint` too, and with less weight as `painter`. A derived word that is
far more common than the typed one says little, and is left out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Final, Protocol

from pack.search.query import Alternative, Clause, ClauseKind, Query
from pack.search.spellings import Terms, with_spellings
from pack.search.stems import derived_keys, stem_key

_MOST_FORMS: Final = 24
_MOST_DERIVED: Final = 12
_DERIVED_WEIGHT: Final = 0.5
_FAR_MORE_COMMON: Final = 10
_MOST_CONTAINING: Final = 100


class Vocabulary(Terms, Protocol):
    """The distinct index terms of a memory, and which of them are forms of a word."""

    def with_stems(
        self, wanted: Sequence[Collection[str]], limit: int
    ) -> Sequence[Mapping[str, int]]:
        """For each of some sets of keys: the terms with such a `pack.search.stems.stem_key`.

        At most `limit` of each, the most frequent first, with the number of passages that hold it.
        """
        ...


def expand(query: Query, vocabulary: Vocabulary) -> Query:
    """The query with the forms of its words that the memory holds, and the words derived from them.

    An excluded word is excluded in all its forms, but words derived from it are not.
    """
    keys = [_keys(clause, derived=True) for clause in query.clauses]
    keys += [_keys(clause, derived=False) for clause in query.excluded]
    found = vocabulary.with_stems(keys, _MOST_FORMS + _MOST_DERIVED)
    clauses = [
        with_spellings(_with_forms(clause, own, forms) if own else clause, vocabulary)
        for clause, own, forms in zip((*query.clauses, *query.excluded), keys, found, strict=True)
    ]
    asked = len(query.clauses)
    return replace(
        query,
        clauses=tuple(clauses[:asked]),
        excluded=tuple(clauses[asked:]),
        typed=query.typed and with_spellings(query.typed, vocabulary, is_part=False),
    )


def _keys(clause: Clause, *, derived: bool) -> tuple[str, ...]:
    """The keys of the forms of a word, its own first; none if it is not a single word."""
    typed, *more = clause.alternatives[0].terms
    if clause.kind is not ClauseKind.WORD or more:
        return ()
    key = stem_key(typed)
    return (key, *derived_keys(key)) if derived else (key,)


def _with_forms(clause: Clause, keys: Sequence[str], found: Mapping[str, int]) -> Clause:
    key, typed = keys[0], clause.alternatives[0].terms[0]
    if found.keys() <= {typed}:
        return clause
    own = {term: count for term, count in found.items() if stem_key(term) == key}
    forms = [Alternative((form,)) for form in islice(own, _MOST_FORMS) if form != typed]
    others = islice(_derived(own, found), _MOST_DERIVED)
    less = [Alternative((term,), weight=_DERIVED_WEIGHT) for term in others]
    return clause.with_alternatives((*clause.alternatives, *forms, *less))


def _derived(own: Mapping[str, int], found: Mapping[str, int]) -> Iterator[str]:
    """The other terms that were found, without those far more common than the word's own forms."""
    most = _FAR_MORE_COMMON * sum(own.values()) if own else max(found.values(), default=0)
    return (term for term, count in found.items() if term not in own and count <= most)


def inside_words(query: Query, vocabulary: Vocabulary) -> Clause:
    """The clause met by every text that holds the query, even in the middle of words.

    Args:
        query: With terms in `containing`.
        vocabulary: Of the memory.
    """
    first, *rest = query.containing
    found = vocabulary.containing(first, _MOST_CONTAINING, at_end=bool(rest))
    starts = dict.fromkeys((first, *found))
    ways = tuple(Alternative((start, *rest), prefix=bool(rest)) for start in starts)
    return Clause(query.phrase, ClauseKind.PHRASE, ways)
