"""Filling an empty catalog with all files of a memory.

Rows are made in the caller's thread while SQLite stores the ones before them in another. Only few
and large statements let both run: a thread that asks for the interpreter back after each small one
waits for it up to 5 ms (`sys.setswitchinterval`). So each statement stores as many rows as SQLite
takes parameters. After such a statement FTS5 writes a segment of its index; they are merged to one
at the end, since the merging that later updates do should never meet large ones.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain, islice
from typing import Final

from pack.catalog import Row
from pack.stemming import stem_keys
from pack.terms import indexed_text
from pack_connectors.catalog_rows import COUNT, NAMES, WIDTH, row_values, tag_values
from pack_connectors.catalog_schema import CACHE_KIB
from pack_connectors.catalog_text import WORDS

_BATCH_FILES: Final = 2000
_BATCH_CHARACTERS: Final = 8_000_000
_PARAMETERS: Final = 30_000
_BUILD_CACHE_KIB: Final = 64_000
_HASH_BYTES: Final = 64 * 1024 * 1024
_SETTINGS: Final = (("hashsize", _HASH_BYTES, 1024 * 1024), ("automerge", 0, 4))
"""Of FTS5: while building, and as it is otherwise."""
_TABLES: Final = ("file", "edited", "folder", "unverified", "tag", "last_change", "head", "behind")

Values = Sequence[object]


class Batch:
    """The values of some files, by table, made ready outside of SQLite."""

    def __init__(self, rows: Iterable[Row], file: int, passage: int) -> None:
        self.files: list[Values] = []
        self.tags: list[tuple[str, int]] = []
        self.places: list[Values] = []
        self.passages: list[Values] = []
        self.words: list[Values] = []
        self.characters = 0
        self._passage = passage
        for number, row in enumerate(rows, start=file):
            self._add(number, row)

    def _add(self, file: int, row: Row) -> None:
        self.files.append((file, *row_values(row)))
        self.tags += tag_values(file, row.tags)
        head = (row.path, row.topic, "\n".join(row.tags))
        for passage in row.passages:
            number = self._passage
            self._passage += 1
            self.places.append((number, file))
            self.passages.append((number, passage.line, passage.heading, passage.text))
            self.words.append((number, *_indexed((*head, passage.heading, passage.text))))
            self.characters += len(passage.text)

    def store(self, db: sqlite3.Connection) -> None:
        """Insert everything."""
        insert(db, f"file (id, {NAMES})", WIDTH + 1, self.files)
        insert(db, "tag", 2, sorted(self.tags))  # in the order of the table, page by page
        insert(db, "place", 2, self.places)
        insert(db, "passage", 4, self.passages)
        insert(db, f"words ({WORDS})", 6, self.words)


def _indexed(texts: Sequence[str]) -> Sequence[str]:
    """What is indexed of each of some texts: mostly the texts as they are, seen at one look."""
    joined = "\n".join(texts)
    if indexed_text(joined) == joined:
        return texts  # a line end joins nothing, and is changed by nothing
    return [indexed_text(text) for text in texts]


def insert(db: sqlite3.Connection, table: str, width: int, rows: Sequence[Values]) -> None:
    """Insert rows with few statements; see above."""
    most = _PARAMETERS // width
    for start in range(0, len(rows), most):
        part = rows[start : start + most]
        places = ",".join([f"({','.join('?' * width)})"] * len(part))
        query = f"INSERT INTO {table} VALUES {places}"  # noqa: S608 - table names of ours
        db.execute(query, list(chain.from_iterable(part)))


def clear(db: sqlite3.Connection) -> None:
    """Remove everything, within a transaction."""
    for table in (*_TABLES, "place", "passage", "term"):
        db.execute(f"DELETE FROM {table}")  # noqa: S608 - ours
    for index in ("words", "part"):
        db.execute(f"INSERT INTO {index} ({index}) VALUES ('delete-all')")  # noqa: S608 - ours


def fill(db: sqlite3.Connection, rows: Iterable[Row]) -> tuple[int, int]:
    """Store the rows of all files in an empty catalog, within a transaction.

    Returns:
        The number of passages, and that of their characters.
    """
    _set_up(db, building=True)
    try:
        counted = _store_all(db, rows)
        db.execute("INSERT INTO words (words) VALUES ('optimize')")
        _fill_vocabulary(db)
        db.execute(COUNT)
    finally:
        _set_up(db, building=False)
    return counted


def shrink(db: sqlite3.Connection) -> None:
    """Give back what filling took and needs no more, and empty the log of changes."""
    db.executescript("PRAGMA incremental_vacuum")  # `execute` would give back one page
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _set_up(db: sqlite3.Connection, *, building: bool) -> None:
    db.execute(f"PRAGMA cache_size = -{_BUILD_CACHE_KIB if building else CACHE_KIB}")
    for name, while_building, otherwise in _SETTINGS:
        value = while_building if building else otherwise
        db.execute("INSERT INTO words (words, rank) VALUES (?, ?)", (name, value))


def _store_all(db: sqlite3.Connection, rows: Iterable[Row]) -> tuple[int, int]:
    file, passage, characters = 1, 1, 0
    stored: Future[None] | None = None
    with ThreadPoolExecutor(1) as pool:
        for part in _parts(rows):
            batch = Batch(part, file, passage)
            file, passage = file + len(batch.files), passage + len(batch.places)
            characters += batch.characters
            if stored is not None:
                stored.result()
            stored = pool.submit(batch.store, db)
        if stored is not None:
            stored.result()
    return passage - 1, characters


def _parts(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """The rows, so many at once as fit into memory well."""
    part: list[Row] = []
    size = 0
    for row in rows:
        part.append(row)
        size += row.size
        if len(part) == _BATCH_FILES or size > _BATCH_CHARACTERS:
            yield part
            part, size = [], 0
    yield part


def _fill_vocabulary(db: sqlite3.Connection) -> None:
    found = db.execute("SELECT term, doc FROM word_list")
    number = 1
    while terms := list(islice(found, _PARAMETERS // 4)):
        stems = stem_keys([text for text, _ in terms])
        rows = [
            (number + place, text, stem, count)
            for place, ((text, count), stem) in enumerate(zip(terms, stems, strict=True))
        ]
        insert(db, "term", 4, rows)
        number += len(terms)
    db.execute("INSERT INTO part (part) VALUES ('rebuild')")
