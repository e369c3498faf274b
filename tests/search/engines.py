"""Those that are asked: PACK through its public interface, plain FTS5 and plain BM25."""

from __future__ import annotations

import re
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from math import log
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
        yield searching(memory)


def searching(memory: Memory, folder: str | None = None) -> Search:
    """A search of a memory, or of one of its folders."""
    return lambda question: [
        str(match.path) for match in memory.search.find(question, dir=folder, limit=DEPTH).matches
    ]


@contextmanager
def bm25(notes: Mapping[str, str]) -> Iterator[Search]:
    """Plain BM25 over whole notes: k1 1.2, b 0.75, no stemming, no stop words."""
    texts = {path: Counter(_WORD.findall(text.lower())) for path, text in notes.items()}
    lengths = {path: counts.total() for path, counts in texts.items()}
    average = sum(lengths.values()) / max(len(texts), 1)
    held = Counter(word for counts in texts.values() for word in counts)

    def points(path: str, words: Iterable[str]) -> float:
        counts, norm = texts[path], 1.2 * (0.25 + 0.75 * lengths[path] / average)
        return sum(
            log(1 + (len(texts) - held[word] + 0.5) / (held[word] + 0.5))
            * (counts[word] * 2.2 / (counts[word] + norm))
            for word in words
        )

    def search(question: str) -> list[str]:
        words = set(_WORD.findall(question.lower()))
        scores = {path: points(path, words) for path in texts}
        return sorted((path for path in texts if scores[path]), key=lambda p: -scores[p])[:DEPTH]

    yield search


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
