"""Filling an empty catalog with all files of a memory.

Rows are made in the caller's thread while SQLite stores earlier ones in another. They only run side
by side if statements are few and large, because a thread that asks for the interpreter back after
each small one may wait 5 ms for it (`sys.setswitchinterval`). So each statement stores thousands of
rows, and always the same number, since preparing a statement takes as long as running it. FTS5
writes a segment of its index after each. They are merged into one at the end, so that the merging
in later updates never meets large ones. Indexes of the other tables are made at the end too.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain, islice
from typing import Final

from pack.catalog.questions import Totals
from pack.catalog.row import Row
from pack.search.stems import stem_keys
from pack.search.words import indexed_text
from pack_connectors.catalog.rows import COUNT, NAMES, WIDTH, row_values, tag_values
from pack_connectors.catalog.schema import CACHE_KIB
from pack_connectors.catalog.text import COUNT_LENGTHS, WORDS, Head

_BATCH_FILES: Final = 1000
_BATCH_CHARACTERS: Final = 8_000_000
"""A larger batch is stored at once, so that large texts do not pile up in memory."""
_PARAMETERS: Final = 30_000
"""Values in one statement; SQLite takes 32,766."""
_PARTS: Final = 8
"""What is left at the end is stored by statements this many times smaller."""
_BUILD_CACHE_KIB: Final = 8_000
"""More saves no time, as most of what is written is not read again."""
_HASH_BYTES: Final = 64 * 1024 * 1024
_SETTINGS: Final = (("hashsize", _HASH_BYTES, 1024 * 1024), ("automerge", 0, 4))
"""Options of FTS5: their names, their values while building, and otherwise."""
_TABLES: Final = ("file", "edited", "folder", "unverified", "tag", "last_change", "head", "behind")
_INDEXES: Final = (
    "SELECT name, sql FROM sqlite_schema "
    "WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN ('file', 'place', 'term')"
)

Values = list[object]
"""Values of many rows, one after the other."""


class Insertion:
    """Rows on their way into a table.

    Args:
        table: Its name, with the columns unless these are all of them in order.
        width: Number of columns.
        most: How many rows a statement may store. Set where a row is much work, so that the first
            statement comes soon.
    """

    def __init__(self, table: str, width: int, most: int = _PARAMETERS) -> None:
        self.values: Values = []
        self._table = table
        self._width = width
        self._rows = min(_PARAMETERS // width, most)
        self._statement = self._of(self._rows)

    def ready(self) -> list[tuple[str, Values]]:
        """Full statements with their values."""
        size = self._rows * self._width
        count = len(self.values) // size
        found = [(self._statement, self.values[n * size : (n + 1) * size]) for n in range(count)]
        del self.values[: count * size]
        return found

    def rest(self) -> list[tuple[str, Values]]:
        """Statements for everything that is left."""
        size = max(self._rows // _PARTS, 1) * self._width
        statement = self._of(size // self._width)
        found = []
        for start in range(0, len(self.values), size):
            part = self.values[start : start + size]
            is_full = len(part) == size
            found.append((statement if is_full else self._of(len(part) // self._width), part))
        self.values = []
        return found

    def _of(self, rows: int) -> str:
        places = ",".join([f"({','.join('?' * self._width)})"] * rows)
        return f"INSERT INTO {self._table} VALUES {places}"  # noqa: S608 - tables of ours


class Filling:
    """The rows of files, by table, prepared outside SQLite.

    Attributes:
        passages: How many there were.
        characters: Their total length.
    """

    def __init__(self) -> None:
        self.passages = 0
        self.characters = 0
        self._count = 0
        self._tags: list[tuple[str, int]] = []
        self._file = Insertion(f"file (id, {NAMES})", WIDTH + 1, _BATCH_FILES)
        self._tag = Insertion("tag", 2)
        self._place = Insertion("place", 2)
        self._passage = Insertion("passage", 4, 2 * _BATCH_FILES)
        self._word = Insertion(f"words ({WORDS})", 6, _BATCH_FILES)

    def add(self, row: Row) -> None:
        """Add a file."""
        self._count += 1
        self._file.values += (self._count, *row_values(row))
        self._tags += tag_values(self._count, row.tags)
        head = Head(row.path, row.topic, row.tags).texts()
        for passage in row.passages:
            self.passages += 1
            number = self.passages
            self.characters += len(passage.text)
            self._place.values += (number, self._count)
            self._passage.values += (number, passage.line, passage.heading, passage.text)
            texts = (*head, passage.heading, passage.text)
            self._word.values += (number, *_indexed(texts))

    def ready(self) -> list[tuple[str, Values]]:
        """Full statements for what was added."""
        self._sort_tags()
        return list(chain.from_iterable(one.ready() for one in self._tables()))

    def rest(self) -> list[tuple[str, Values]]:
        """Statements for everything that was added and not handed out yet."""
        self._sort_tags()
        return list(chain.from_iterable(one.rest() for one in self._tables()))

    def _tables(self) -> tuple[Insertion, ...]:
        return self._file, self._tag, self._place, self._passage, self._word

    def _sort_tags(self) -> None:
        """Pass on the tags in the order of their table."""
        self._tag.values += chain.from_iterable(sorted(self._tags))
        self._tags = []


def _indexed(texts: Sequence[str]) -> Sequence[str]:
    """What is indexed of each text: mostly the text itself, which one look at all of them tells."""
    joined = "\n".join(texts)
    if indexed_text(joined) == joined:
        return texts  # line ends stay as they are, and join nothing
    return [indexed_text(text) for text in texts]


def clear(db: sqlite3.Connection) -> None:
    """Remove everything, within a transaction."""
    for table in (*_TABLES, "place", "passage", "length", "term"):
        db.execute(f"DELETE FROM {table}")  # noqa: S608 - ours
    for index in ("words", "part"):
        db.execute(f"INSERT INTO {index} ({index}) VALUES ('delete-all')")  # noqa: S608 - ours


def fill(db: sqlite3.Connection, rows: Iterable[Row]) -> Totals:
    """Store the rows of all files in an empty catalog, within a transaction."""
    _set_up(db, building=True)
    try:
        indexes = db.execute(_INDEXES).fetchall()
        _carry_out(db, [(f"DROP INDEX {name}", []) for name, _ in indexes])
        totals = _store_all(db, rows)
        db.execute("INSERT INTO words (words) VALUES ('optimize')")
        _fill_vocabulary(db)
        _carry_out(db, [(statement, []) for _, statement in indexes])
        db.execute(COUNT)
        db.execute(COUNT_LENGTHS)
    finally:
        _set_up(db, building=False)
    return totals


def shrink(db: sqlite3.Connection) -> None:
    """Give back the space that filling no longer needs, and empty the write-ahead log."""
    db.executescript("PRAGMA incremental_vacuum")  # `execute` would give back one page
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _set_up(db: sqlite3.Connection, *, building: bool) -> None:
    db.execute(f"PRAGMA cache_size = -{_BUILD_CACHE_KIB if building else CACHE_KIB}")
    for name, while_building, otherwise in _SETTINGS:
        value = while_building if building else otherwise
        db.execute("INSERT INTO words (words, rank) VALUES (?, ?)", (name, value))


def _store_all(db: sqlite3.Connection, rows: Iterable[Row]) -> Totals:
    filling = Filling()
    stored: Future[None] | None = None
    with ThreadPoolExecutor(1) as pool:
        for part in _parts(rows):
            for row in part:
                filling.add(row)
            if stored is not None:
                stored.result()
            is_large = sum(row.size for row in part) > _BATCH_CHARACTERS
            stored = pool.submit(_carry_out, db, filling.rest() if is_large else filling.ready())
        if stored is not None:
            stored.result()
    _carry_out(db, filling.rest())
    return Totals(filling.passages, filling.characters)


def _carry_out(db: sqlite3.Connection, statements: Iterable[tuple[str, Values]]) -> None:
    for statement, values in statements:
        db.execute(statement, values)


def _parts(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """The rows, in batches that fit into memory."""
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
    insertion = Insertion("term", 4)
    number = 1
    while terms := list(islice(found, _PARAMETERS)):
        stems = stem_keys([text for text, _ in terms])
        for (text, count), stem in zip(terms, stems, strict=True):
            insertion.values += (number, text, stem, count)
            number += 1
        _carry_out(db, insertion.ready())
    _carry_out(db, insertion.rest())
    db.execute("INSERT INTO part (part) VALUES ('rebuild')")
