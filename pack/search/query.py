"""What a search query asks for. Every text is a query; nothing in one is an error.

    blue car            either word, in any of its forms; both, near each other, is better
    "blue car"          these words in this order; nothing without them is found
    colour*             words that begin like this
    -car  -"blue car"   nothing that holds it is found

A sentence is not an AND of its words: each word is a clause of its own, rare words count more, and
words that every sentence has are left out, as is the `kind of` in "what kind of car". In a question
(anything that ends with a question mark) a quotation is a title: text with all of it is better, but
text with some of its words is found too. Nothing is ever taken for FTS5 syntax: clauses hold index
terms (letters and digits), and the storage quotes them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from itertools import pairwise, zip_longest
from typing import Final

from pack.deferred import dataclass, pattern
from pack.search.dates import DateHint, date_hints
from pack.search.place_names import asks_for_place
from pack.search.stems import stem_key
from pack.search.words import (
    fold_text,
    index_terms,
    is_plain_word,
    is_unspaced,
    parted_terms,
    typed_terms,
)

MAX_CLAUSES: Final = 40
"""How many words of a query are looked for; the rest only counts for the exact phrase."""
MOST_INSIDE: Final = 6
"""Words up to which a query is also looked for as typed, even inside other words."""
_PART: Final = pattern(r'(?<!\S)-?"[^"]*"?|\S+')
_POSSESSIVE: Final = pattern(r"['’]s?(?=\W*$)", re.IGNORECASE)
_PUNCTUATION: Final = ".,;:!?()[]{}<>\"'`"
PART_WEIGHT: Final = 0.25
"""What a part of an identifier counts."""
_KINDS: Final = frozenset("kind kinds sort sorts type types".split())
"""Words that say nothing about the subject when `of` follows: "what kind of car"."""
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
"""Words that say nothing about the subject of a sentence."""


class ClauseKind(StrEnum):
    """How a clause was typed."""

    WORD = "word"
    PREFIX = "prefix"
    PHRASE = "phrase"


@dataclass(frozen=True, slots=True)
class Alternative:
    """One way in which a clause is met: an FTS5 phrase.

    Attributes:
        terms: Index terms in a row; at least one.
        prefix: Whether the last one is only the beginning of a term.
        weight: What it counts compared with the word as typed; above 0, at most 1.
    """

    terms: tuple[str, ...]
    prefix: bool = False
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Clause:
    """A part of a query.

    Attributes:
        text: As typed, without quotes, star and minus.
        kind: How it was typed.
        alternatives: Any of them meets the clause; the first is what was typed. A CamelCase word is
            looked for as one term and, in its place, as its parts in a row.
        required: Whether only files that meet it are found.
    """

    text: str
    kind: ClauseKind
    alternatives: tuple[Alternative, ...]
    required: bool = False

    def with_alternatives(self, alternatives: tuple[Alternative, ...]) -> Clause:
        """The same clause, met in other ways; `dataclasses.replace` takes three times as long."""
        return Clause(self.text, self.kind, alternatives, self.required)


@dataclass(frozen=True, slots=True)
class Query:
    """A query, ready to be expanded by a vocabulary and compared with texts.

    Attributes:
        text: As typed.
        phrase: What exact matches are compared with: the query folded
            (`pack.search.words.fold_text`), white space collapsed, without quotes round all of it.
        clauses: What is looked for. Empty if the query is empty, only excludes, or has no letter
            or digit; `phrase` can still be looked for in the texts then.
        excluded: What must not be there.
        dates: Dates it names.
        names: Index terms of capitalised words, except at the beginning of a sentence.
        asks_for_place: Whether the answer is a place.
        containing: Terms `(first, ..., last)`: any text that holds the query, even in the middle
            of words, has the phrase `*first ... last*` (`pack.search.forms.inside_words`).
        typed: The clause of all words in a row, for a query of several words, but not for one of so
            many that the words by themselves find the same.
    """

    text: str
    phrase: str
    clauses: tuple[Clause, ...]
    excluded: tuple[Clause, ...] = ()
    dates: tuple[DateHint, ...] = ()
    names: frozenset[str] = frozenset()
    asks_for_place: bool = False
    containing: tuple[str, ...] = ()
    typed: Clause | None = None


def parse_query(text: str) -> Query:
    """What a query asks for. Other forms of its words come later, from a vocabulary."""
    parts = _PART.findall(text)
    wanted = _wanted([part for part in parts if not _is_minus(part)])
    minus = [clause for part in parts if _is_minus(part) for clause in _clauses(part[1:])]
    excluded = [_as_whole(clause) for clause in minus]
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
        asks_for_place(text),
        containing := tuple(index_terms(phrase)),
        _typed(phrase, containing),
    )


def _typed(phrase: str, terms: tuple[str, ...]) -> Clause | None:
    if not 1 < len(terms) <= MOST_INSIDE:
        return None
    return Clause(phrase, ClauseKind.PHRASE, (Alternative(terms),))


def _wanted(parts: Sequence[str]) -> list[Clause]:
    """The clauses of the words that tell what is meant, or of all if there is nothing else."""
    telling = [
        part
        for part, following in zip_longest(parts, parts[1:], fillvalue="")
        if not (following.lower() == "of" and part.lower() in _KINDS)
    ]
    return _without_stop_words(telling) or _without_stop_words(parts) or _all_clauses(parts)


def _without_stop_words(parts: Sequence[str]) -> list[Clause]:
    telling = [part for part in parts if part not in STOP_WORDS]
    return [clause for clause in _all_clauses(telling) if not _is_stop_word(clause)]


def _all_clauses(parts: Sequence[str]) -> list[Clause]:
    return [clause for part in parts for clause in _clauses(part)]


def _is_question(text: str) -> bool:
    return text.rstrip().endswith(("?", "\uff1f", "\u061f"))


def _as_title(clause: Clause) -> Clause:
    """A quotation in a question is a name; the answer need not repeat it."""
    if clause.kind is not ClauseKind.PHRASE:
        return clause
    ways = (*clause.alternatives, *_parts(clause.alternatives[-1].terms))
    return replace(clause, alternatives=ways, required=False)


def _is_minus(part: str) -> bool:
    # Two of them begin an option of a command, which people look for.
    return part[:1] == "-" != part[1:2] and bool(index_terms(part))


def _clauses(part: str) -> list[Clause]:
    """The clauses of a typed word or a quotation; a script without spaces gives one per pair."""
    if is_plain_word(part):
        return [Clause(part, ClauseKind.WORD, (Alternative((part,)),))]
    quoted = part.startswith('"')
    text = part.strip('"') if quoted else _POSSESSIVE.sub("", part)
    terms, parted = tuple(typed_terms(text)), tuple(parted_terms(text))
    if not terms:
        return []
    wholes = tuple(dict.fromkeys((terms, parted)))
    if quoted:
        return [Clause(text, ClauseKind.PHRASE, tuple(map(Alternative, wholes)), required=True)]
    if text.endswith("*"):
        ways = tuple(Alternative(whole, prefix=True) for whole in wholes)
        return [Clause(text.strip("*"), ClauseKind.PREFIX, ways)]
    if len(terms) > 1 and is_unspaced(text):
        return [Clause(term, ClauseKind.WORD, (Alternative((term,)),)) for term in terms]
    ways = (*map(Alternative, wholes), *_parts(wholes[-1]))
    return [Clause(text.strip(_PUNCTUATION), ClauseKind.WORD, ways)]


def _parts(terms: tuple[str, ...]) -> tuple[Alternative, ...]:
    """The parts of an identifier that are words, each of which counts less than all of it."""
    words = [term for term in dict.fromkeys(terms) if len(term) > 2 and term not in STOP_WORDS]
    parts = words if len(terms) > 1 else []
    return tuple(Alternative((part,), weight=PART_WEIGHT) for part in parts)


def _as_whole(clause: Clause) -> Clause:
    """An excluded identifier, of which a part alone excludes nothing."""
    ways = tuple(way for way in clause.alternatives if way.weight > PART_WEIGHT)
    return clause.with_alternatives(ways)


def _distinct(clauses: Sequence[Clause]) -> list[Clause]:
    """The clauses, without those that repeat an earlier word in another form."""
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
    """Capitalised words that do not begin a sentence."""
    later = [
        word
        for before, word in pairwise(text.split())
        if word[:1].isupper() and before[-1] not in ".!?:"
    ]
    return frozenset(term for word in later for term in index_terms(word)[:1])
