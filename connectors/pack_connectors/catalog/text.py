"""Adds the passages of a file and their words to the catalog, and takes them out again."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from pack.files.passages import Passage
from pack.search.stems import stem_keys
from pack.search.words import index_terms, indexed_text

WORDS: Final = "rowid, path, topic, tags, heading, body"
_ADD: Final = f"INSERT INTO words ({WORDS}) VALUES (?,?,?,?,?,?)"  # noqa: S608 - constants
_TAKE_OUT: Final = f"INSERT INTO words (words, {WORDS}) VALUES ('delete',?,?,?,?,?,?)"  # noqa: S608 - constants
COUNT_LENGTHS: Final = (
    "INSERT INTO length SELECT passages, count(*) "
    "FROM (SELECT count(*) AS passages FROM place GROUP BY file) GROUP BY passages"
)
"""Fills `length`."""
_CHANGE_LENGTH: Final = (
    "INSERT INTO length VALUES (?, ?) ON CONFLICT DO UPDATE SET files = files + excluded.files"
)
_MERGED_PAGES: Final = 8
"""Pages of the index merged after each change: a little each time instead of a lot at once."""


class Head(NamedTuple):
    """What is indexed of a file along with each of its passages."""

    path: str
    topic: str
    tags: Sequence[str]

    def texts(self) -> tuple[str, str, str]:
        """The texts of the columns."""
        return self.path, self.topic, "\n".join(self.tags)


class TextChange:
    """Changes to the text of files, within one transaction of `db`.

    Call `finish` after the last change, and last of all: once FTS5 has been given something to
    index, it writes a segment of its index at every statement that changes a table.
    """

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._terms: Counter[str] = Counter()
        self._lengths: Counter[int] = Counter()
        self._words: list[tuple[str, tuple[object, ...]]] = []
        self._passages = 0
        self._characters = 0

    def add(self, file: int, head: Head, passages: Iterable[Passage]) -> None:
        """Index a file that is not indexed."""
        db = self._db
        indexed, terms = _indexed(head.texts()), _terms_of(head.texts())
        count = 0
        for count, passage in enumerate(passages, start=1):  # noqa: B007 - the last one
            ((number,),) = db.execute(
                "INSERT INTO place (file) VALUES (?) RETURNING id", (file,)
            ).fetchall()
            db.execute(
                "INSERT INTO passage VALUES (?,?,?,?)",
                (number, passage.line, passage.heading, passage.text),
            )
            texts = _indexed((passage.heading, passage.text))
            self._words.append((_ADD, (number, *indexed, *texts)))
            self._count(passage, terms, 1)
        self._lengths[count] += 1

    def take_out(self, file: int, head: Head) -> None:
        """Take a file out of the index, in which it is with this head."""
        db = self._db
        indexed, terms = _indexed(head.texts()), _terms_of(head.texts())
        query = "SELECT id, line, heading, text FROM place JOIN passage USING (id) WHERE file = ?"
        found = db.execute(query, (file,)).fetchall()
        self._lengths[len(found)] -= 1
        for number, *kept in found:
            passage = Passage(*kept)
            texts = _indexed((passage.heading, passage.text))
            self._words.append((_TAKE_OUT, (number, *indexed, *texts)))
            db.execute("DELETE FROM passage WHERE id = ?", (number,))
            self._count(passage, terms, -1)
        db.execute("DELETE FROM place WHERE file = ?", (file,))

    def _count(self, passage: Passage, head_terms: set[str], number: int) -> None:
        terms = head_terms.union(_terms_of((passage.heading, passage.text)))
        for term in terms:
            self._terms[term] += number
        self._passages += number
        self._characters += number * len(passage.text)

    def finish(self) -> None:
        """Bring the vocabulary and the totals up to date, and then the index."""
        changes = [(length, change) for length, change in self._lengths.items() if length * change]
        self._db.executemany(_CHANGE_LENGTH, changes)
        change_vocabulary(self._db, {term: n for term, n in self._terms.items() if n})
        self._db.execute(
            "UPDATE head SET passages = passages + ?, characters = characters + ?",
            (self._passages, self._characters),
        )
        for statement, values in self._words:
            self._db.execute(statement, values)
        self._db.execute("INSERT INTO words (words, rank) VALUES ('merge', ?)", (_MERGED_PAGES,))


def _indexed(texts: Iterable[str]) -> list[str]:
    return [indexed_text(text) for text in texts]


def _terms_of(texts: Iterable[str]) -> set[str]:
    return {term for text in texts for term in index_terms(text)}


def change_vocabulary(db: sqlite3.Connection, numbers: dict[str, int]) -> None:
    """Change the number of passages that hold each term; a term that is in none is deleted."""
    query = "SELECT text, id, passages FROM term WHERE text IN (SELECT value FROM json_each(?))"
    known = {text: (number, count) for text, number, count in db.execute(query, (_json(numbers),))}
    after = {text: known[text][1] + change for text, change in numbers.items() if text in known}
    kept = [(count, known[text][0]) for text, count in after.items() if count > 0]
    lost = [(known[text][0], text) for text, count in after.items() if count <= 0]
    db.executemany("UPDATE term SET passages = ? WHERE id = ?", kept)
    db.executemany("INSERT INTO part (part, rowid, text) VALUES ('delete', ?, ?)", lost)
    db.executemany("DELETE FROM term WHERE id = ?", [(number,) for number, _ in lost])
    new = [text for text, change in numbers.items() if text not in known and change > 0]
    _add_terms(db, [(text, numbers[text]) for text in new])


def _json(values: Iterable[str]) -> str:
    return json.dumps(list(values), ensure_ascii=False)


def _add_terms(db: sqlite3.Connection, terms: Sequence[tuple[str, int]]) -> None:
    stems = stem_keys([text for text, _ in terms])
    for (text, count), stem in zip(terms, stems, strict=True):
        ((number,),) = db.execute(
            "INSERT INTO term (text, stem, passages) VALUES (?,?,?) RETURNING id",
            (text, stem, count),
        ).fetchall()
        db.execute("INSERT INTO part (rowid, text) VALUES (?, ?)", (number, text))
