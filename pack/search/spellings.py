"""The spellings of a name in a memory: `GitHubActions`, `github_actions`, "github actions".

The index holds a CamelCase word as one term, and its parts in a row. A query in CamelCase says
where the parts are; one in lower case does not, so `github` is tried as two words. That counts only
where both are words of the memory and a name there holds the whole query, written together.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence
from itertools import chain, combinations, islice, product
from typing import Final, Protocol

from pack.search.query import PART_WEIGHT, Alternative, Clause

_MOST: Final = 24
_MOST_PIECES: Final = 8
_MOST_OPTIONAL: Final = 5
_LEAST_NAME: Final = 4
"""Letters of a shorter name are in too many words."""
_PIECE: Final = re.compile(r"[0-9]+|[^0-9]+")


class Terms(Protocol):
    """The distinct index terms of a memory."""

    def containing(self, part: str, limit: int, *, at_end: bool = False) -> Collection[str]:
        """Terms that contain `part`, or end with it; the most frequent first."""
        ...

    def frequencies(self, terms: Collection[str]) -> Mapping[str, int]:
        """The number of passages that hold each term; terms that are in none are left out."""
        ...


def with_spellings(clause: Clause, vocabulary: Terms, *, is_part: bool = True) -> Clause:
    """A clause with the spellings of its name that the memory holds; most have no others.

    Args:
        clause: As parsed, perhaps with the forms of its word.
        vocabulary: Of the memory.
        is_part: Whether it may be a part of a longer name too.
    """
    ways = [way for way in clause.alternatives if way.weight > PART_WEIGHT]
    typed, parted = ways[0].terms, ways[-1].terms
    if len(parted) == 1 and parted[0].isalpha():
        return clause  # as most are
    pieces = [piece for term in parted for piece in _PIECE.findall(term)]
    name = "".join(pieces)
    if not (1 < len(pieces) <= _MOST_PIECES and name.isascii() and name == "".join(typed)):
        return clause
    is_prefix = ways[0].prefix
    joined = list(_joined(pieces, typed))
    held = dict(vocabulary.frequencies({name}.union(*joined)))
    found = [*joined]
    if name in held or (is_part and len(name) >= _LEAST_NAME and vocabulary.containing(name, 1)):
        whole = pieces[:-1] if is_prefix else pieces  # the last word may not be finished
        halves = {term for piece in whole for half in _halves(piece) for term in half}
        held |= vocabulary.frequencies(halves)
        found += islice(_split(pieces, held, is_prefix=is_prefix), _MOST)
    known = {way.terms for way in clause.alternatives}
    more = [
        Alternative(way, is_prefix)
        for way in found
        if way not in known and held.keys() >= {*(way[:-1] if is_prefix else way)}
    ]
    return clause.with_alternatives((*ways, *more, *clause.alternatives[len(ways) :]))


def _joined(pieces: Sequence[str], typed: Iterable[str]) -> Iterator[tuple[str, ...]]:
    """All ways to write the pieces, some of them together.

    Words that were typed as such stay apart, but digits may follow or precede letters.
    """
    ends = _ends(typed)
    optional = [
        number
        for number, end in enumerate(_ends(pieces)[:-1])
        if end not in ends or pieces[number].isdigit() != pieces[number + 1].isdigit()
    ]
    if len(optional) > _MOST_OPTIONAL:
        optional = []
    for dropped in chain.from_iterable(combinations(optional, n) for n in range(len(optional) + 1)):
        way = [pieces[0]]
        for number, piece in enumerate(pieces[1:]):
            if number in dropped:
                way[-1] += piece
            else:
                way.append(piece)
        yield tuple(way)


def _ends(terms: Iterable[str]) -> list[int]:
    ends: list[int] = []
    for term in terms:
        ends.append((ends[-1] if ends else 0) + len(term))
    return ends


def _halves(piece: str) -> list[tuple[str, ...]]:
    return [(piece[:at], piece[at:]) for at in range(1, len(piece))] if piece.isalpha() else []


def _split(
    pieces: Sequence[str], held: Container[str], *, is_prefix: bool
) -> Iterator[tuple[str, ...]]:
    """All ways to take some of the pieces for two words of the memory, except for taking none."""
    ways: list[list[tuple[str, ...]]] = [
        [(piece,), *(half for half in _halves(piece) if all(term in held for term in half))]
        for piece in pieces
    ]
    if is_prefix:  # its last word is not finished
        ways[-1] = ways[-1][:1]
    every = (tuple(chain.from_iterable(way)) for way in product(*ways))
    return (way for way in every if len(way) > len(pieces))
