"""The two that are asked: PACK through its public interface, and plain FTS5 beside it."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from pack.memory import Memory
from tests.support import World

Search = Callable[[str], list[str]]
"""Paths of at most `DEPTH` notes for a question, best first."""

DEPTH: Final = 10

_WORD: Final = re.compile(r"\w+")
# The English list of the Natural Language Toolkit, without its contractions.
_STOP_WORDS: Final = frozenset(
    (
        "i me my myself we our ours ourselves you your yours yourself yourselves he him his "
        "himself she her hers herself it its itself they them their theirs themselves what which "
        "who whom this that these those am is are was were be been being have has had having do "
        "does did doing a an the and but if or because as until while of at by for with about "
        "against between into through during before after above below to from up down in out on "
        "off over under again further then once here there when where why how all any both each "
        "few more most other some such no nor not only own same so than too very s t can will "
        "just don should now"
    ).split()
)


@contextmanager
def memory_of(notes: Mapping[str, str | bytes]) -> Iterator[Memory]:
    """A memory of exactly these notes, byte for byte, made in one commit."""
    files = {path: text.encode() if isinstance(text, str) else text for path, text in notes.items()}
    world = World(None)
    try:
        made = world.memory.lifecycle.init({}, files)
        assert not made.skipped, made.skipped
        assert not made.renamed, made.renamed
        yield world.memory
    finally:
        world.close()


@contextmanager
def pack(notes: Mapping[str, str]) -> Iterator[Search]:
    """PACK as every wrapper calls it."""
    with memory_of(notes) as memory:
        yield lambda question: [
            str(match.path) for match in memory.search.find(question, limit=DEPTH).matches
        ]


@contextmanager
def fts5(notes: Mapping[str, str]) -> Iterator[Search]:
    """Any word of the question but stop words, stemmed, ranked by BM25 over the whole text."""
    paths = list(notes)
    database = sqlite3.connect(":memory:")
    database.execute("CREATE VIRTUAL TABLE note USING fts5(text, tokenize='porter unicode61')")
    database.executemany("INSERT INTO note(rowid, text) VALUES (?, ?)", enumerate(notes.values()))
    statement = "SELECT rowid FROM note WHERE note MATCH ? ORDER BY rank LIMIT ?"

    def search(question: str) -> list[str]:
        words = [word for word in _WORD.findall(question.lower()) if word not in _STOP_WORDS]
        match = " OR ".join(f'"{word}"' for word in dict.fromkeys(words))
        rows = database.execute(statement, (match, DEPTH)) if match else ()
        return [paths[number] for (number,) in rows]

    try:
        yield search
    finally:
        database.close()
