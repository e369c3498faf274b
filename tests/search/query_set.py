"""A query written by hand, what has to come of it, and whether it does."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal[
    "question", "sentence", "keyword", "identifier", "phrase", "prefix", "minus", "substring",
    "script", "accents",
]  # fmt: skip
"""What is tried: a question or a whole sentence in plain language, some words, a name of code, a
phrase in quotes, a beginning, a word that must not be there, a part of a word, a script that is
not Latin, words with or without their accents."""

FUZZY: Final[frozenset[Kind]] = frozenset({"question", "sentence"})
"""Kinds of which a share must succeed; each query of the others must."""


@dataclass(frozen=True, slots=True)
class Query:
    """A query and the notes that a person who knows them would call right.

    Attributes:
        text: What is typed.
        files: The notes that answer it; none where nothing may be found.
        top: The place, from 1, at which one of them must be by then.
        every: Whether all of them must be found, at whatever place.
        without: Notes that must not be found.
    """

    text: str
    files: tuple[str, ...]
    top: int
    every: bool
    without: tuple[str, ...]


_SIGNS: Final = re.compile(r'["*]|(?<!\S)-(?!-)')

QuerySet = Mapping[Kind, Sequence[Query]]


def q(
    text: str, *files: str, top: int = 1, every: bool = False, without: tuple[str, ...] = ()
) -> Query:
    """A query; see `Query`."""
    return Query(text, files, top, every, without)


def complaint(query: Query, found: Sequence[str]) -> str | None:
    """What is wrong with the paths that were found, best first; `None` if nothing is."""
    if not query.files:
        return f"found {list(found)}" if found else None
    wrong = sorted(set(query.without) & set(found))
    if wrong:
        return f"found {wrong}"
    missing = sorted(set(query.files) - set(found))
    if query.every and missing:
        return f"did not find {missing} but {list(found)}"
    if set(query.files) & set(found[: query.top]):
        return None
    return f"{query.files[0]} is not among the first {query.top} of {list(found)}"


def strict(queries: QuerySet) -> list[Query]:
    """The queries that must succeed one by one."""
    return [query for kind, group in queries.items() if kind not in FUZZY for query in group]


def fuzzy(queries: QuerySet) -> list[Query]:
    """The queries of which a share must succeed."""
    return [query for kind, group in queries.items() if kind in FUZZY for query in group]


def holding(text: str, notes: Mapping[str, str]) -> set[str]:
    """The notes that hold a text as it was typed, ignoring case, as v2 searched."""
    return {path for path, content in notes.items() if text.lower() in content.lower()}


def is_plain(query: Query) -> bool:
    """Whether a query has none of the signs that mean something: `"`, `*`, one leading minus."""
    return _SIGNS.search(query.text) is None
