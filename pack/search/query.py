"""What a search query asks for. Every text is a query; nothing in one is an error.

    blue car            either word, in any of its forms; both, near each other, is better
    "blue car"          the words one after the other; what lacks them is not found
    colour*             words that begin so
    -car  -"blue car"   what holds it is not found

A sentence is not an AND of its words: each is a clause of its own, rare ones count more, and words
that every sentence has are left out. In a question (it ends with
a question mark) a quotation is a title: what has all of it is better, what has words of it is found
too. Nothing is ever interpreted as FTS5 syntax: a clause holds index terms (letters and digits),
and the storage quotes them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise
from typing import Final

from pack.search.dates import DateHint, date_hints
from pack.search.stems import stem_key
from pack.search.words import fold_text, index_terms, is_unspaced

MAX_CLAUSES: Final = 40
"""Words of a query that are looked for; the rest still counts for the exact phrase."""
_PART: Final = re.compile(r'(?<!\S)-?"[^"]*"?|\S+')
_POSSESSIVE: Final = re.compile(r"['’]s?(?=\W*$)", re.IGNORECASE)
_PUNCTUATION: Final = ".,;:!?()[]{}<>\"'`"
_PART_WEIGHT: Final = 0.25
STOP_WORDS: Final = frozenset(
    (
        "a about after again all also am an and another any are as at be because been before being "
        "between both but by can could did do does doing don during each ever few for from further "
        "had has have having he her here hers him his how i if in into is it its just many me "
        "might more most much must my no nor not of off on once only or other our out over own s "
        "same shall she should so some such t than that the their them then there these they this "
        "those through to too under until up us very was we were what when where which while who "
        "whom whose why will with would yet you your"
    ).split()
)
"""Words that say nothing of what a sentence is about."""


class ClauseKind(StrEnum):
    """How a clause was typed."""

    WORD = "word"
    PREFIX = "prefix"
    PHRASE = "phrase"


@dataclass(frozen=True, slots=True)
class Alternative:
    """One way in which a clause is met: an FTS5 phrase.

    Attributes:
        terms: Index terms that follow each other; at least one.
        prefix: Whether the last one is only the beginning of a term.
        weight: How much it counts beside the word as typed, above 0 and at most 1.
    """

    terms: tuple[str, ...]
    prefix: bool = False
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Clause:
    """A part of a query.

    Attributes:
        text: As it was typed, without quotes, star and minus.
        kind: How it was typed.
        alternatives: Any of them meets it; the first is what was typed.
        required: Whether what does not meet it is not found.
    """

    text: str
    kind: ClauseKind
    alternatives: tuple[Alternative, ...]
    required: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """A query, ready to be expanded by a vocabulary and compared with texts.

    Attributes:
        text: As typed.
        phrase: What exact matches are compared with (`pack.search.words.fold_text`, white space
            collapsed, without the quotes where all of it is quoted).
        clauses: What is looked for. Empty when the query is empty, holds exclusions only, or no
            letter or digit; `phrase` can then still be looked for in the text.
        excluded: What must not be there.
        dates: Dates it speaks of.
        names: Index terms of words with a capital that do not begin it.
        containing: Terms `(first, ..., last)` such that text with the query in it, in the middle
            of words even, has the phrase `*first ... last*`; `pack.search.forms.expand`
            makes `exact` of it.
        exact: The clause that text with the query in it meets; `None` until expanded, and where
            the clauses say so already.
    """

    text: str
    phrase: str
    clauses: tuple[Clause, ...]
    excluded: tuple[Clause, ...] = ()
    dates: tuple[DateHint, ...] = ()
    names: frozenset[str] = frozenset()
    containing: tuple[str, ...] = ()
    exact: Clause | None = None


def parse_query(text: str) -> Query:
    """What a query asks for, without forms of its words that only a vocabulary knows."""
    parts = _PART.findall(text)
    wanted = _wanted([part for part in parts if not _is_minus(part)])
    excluded = [clause for part in parts if _is_minus(part) for clause in _clauses(part[1:])]
    if _is_question(text):
        wanted = [_as_title(clause) for clause in wanted]
    phrase = _phrase(text, parts)
    return Query(
        text,
        phrase,
        tuple(_distinct(wanted))[:MAX_CLAUSES],
        tuple(_distinct(excluded))[:MAX_CLAUSES],
        date_hints(text),
        _names(text),
        tuple(index_terms(phrase)),
    )


def _wanted(parts: Sequence[str]) -> list[Clause]:
    """The clauses of words that say what is looked for, or of all words if none does."""
    clauses = [clause for part in parts for clause in _clauses(part)]
    return [clause for clause in clauses if not _is_stop_word(clause)] or clauses


def _is_question(text: str) -> bool:
    return text.rstrip().endswith(("?", "\uff1f", "\u061f"))


def _as_title(clause: Clause) -> Clause:
    """A quotation in a question names something, and demands nothing of the answer."""
    if clause.kind is not ClauseKind.PHRASE:
        return clause
    ways = _whole_and_parts(clause.alternatives[0].terms)
    return replace(clause, alternatives=ways, required=False)


def _is_minus(part: str) -> bool:
    # Two of them begin an option of a command, which somebody looks for.
    return part[:1] == "-" != part[1:2] and bool(index_terms(part))


def _clauses(part: str) -> list[Clause]:
    """The clauses of a word as typed or of a quotation; a run without spaces has one per pair."""
    quoted = part.startswith('"')
    text = part.strip('"') if quoted else _POSSESSIVE.sub("", part)
    terms = tuple(index_terms(text))
    if not terms:
        return []
    if quoted:
        return [Clause(text, ClauseKind.PHRASE, (Alternative(terms),), required=True)]
    if text.endswith("*"):
        return [Clause(text.strip("*"), ClauseKind.PREFIX, (Alternative(terms, prefix=True),))]
    if len(terms) > 1 and is_unspaced(text):
        return [Clause(term, ClauseKind.WORD, (Alternative((term,)),)) for term in terms]
    return [Clause(text.strip(_PUNCTUATION), ClauseKind.WORD, _whole_and_parts(terms))]


def _whole_and_parts(terms: tuple[str, ...]) -> tuple[Alternative, ...]:
    """An identifier as a phrase, and each of its parts that is a word, for less."""
    words = [term for term in dict.fromkeys(terms) if len(term) > 2 and term not in STOP_WORDS]
    parts = words if len(terms) > 1 else []
    return (Alternative(terms), *(Alternative((part,), weight=_PART_WEIGHT) for part in parts))


def _distinct(clauses: Sequence[Clause]) -> list[Clause]:
    """The clauses without those that ask for another form of a word that is asked for before."""
    first: dict[tuple[object, ...], Clause] = {}
    for clause in clauses:
        terms = clause.alternatives[0].terms
        is_word = clause.kind is ClauseKind.WORD and len(terms) == 1
        first.setdefault((clause.kind, stem_key(terms[0]) if is_word else terms), clause)
    return list(first.values())


def _is_stop_word(clause: Clause) -> bool:
    return clause.kind is ClauseKind.WORD and all(
        term in STOP_WORDS for term in clause.alternatives[0].terms
    )


def _phrase(text: str, parts: Sequence[str]) -> str:
    only = parts[0] if len(parts) == 1 else ""
    quoted = len(only) > 2 and only[0] == only[-1] == '"'
    return " ".join(fold_text(only[1:-1] if quoted else text).split())


def _names(text: str) -> frozenset[str]:
    """Words with a capital that another word comes before in the same sentence."""
    later = [
        word
        for before, word in pairwise(text.split())
        if word[:1].isupper() and before[-1] not in ".!?:"
    ]
    return frozenset(term for word in later for term in index_terms(word)[:1])
