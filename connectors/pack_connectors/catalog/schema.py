"""The tables of the catalog, and a connection to them.

`file` holds the files of the commit; `edited` those that a reader sees differently, with negative
ids. Search finds passages: `place` says which file each belongs to, `passage` keeps its text,
`length` counts the files that have so many passages (`file.passages`), and `words` is the full text
index. `words` stores no text of its own: to take an entry out, `pack.search.words.indexed_text`
makes the same words from `passage` again. `behind` lists the files whose passages are not indexed
yet. `term` is the vocabulary, and `part` finds terms by any part. `remembered` holds what
was found out about the history of files, whatever the commit.

Sources: SQLite documentation, "FTS5" (4.4 contentless tables, 6.8 and 6.9 merging) and
"Write-Ahead Logging".
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Final
from zlib import crc32

from pack_connectors.catalog.fingerprint import fingerprint
from pack_connectors.catalog.known import KnowingConnection

BUSY_SECONDS: Final = 5.0
_PAGE_BYTES: Final = 8192
"""Texts of about 1 KB fill these pages better than SQLite's default, and a build writes fewer."""
CACHE_KIB: Final = 2000
_CHECKPOINT_PAGES: Final = 250
"""The change that reaches this many makes a checkpoint, which should not take long."""
_FILE_COLUMNS: Final = """
    id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, folder TEXT NOT NULL, folded TEXT NOT NULL,
    blob TEXT, topic TEXT NOT NULL, folded_topic TEXT NOT NULL, tags TEXT NOT NULL, created TEXT,
    updated TEXT, changed TEXT, sync INTEGER NOT NULL, expires TEXT, line TEXT NOT NULL,
    starts_page INTEGER NOT NULL, size INTEGER NOT NULL, pin INTEGER NOT NULL,
    says_shared INTEGER NOT NULL, passages INTEGER NOT NULL
"""
_SCHEMA: Final = f"""
CREATE TABLE file ({_FILE_COLUMNS});
CREATE INDEX file_folder ON file (folder, path);
CREATE INDEX file_updated ON file (folder, updated);
CREATE INDEX file_page ON file (folder, path) WHERE starts_page;
CREATE INDEX file_folded ON file (folded);
CREATE INDEX file_recent ON file (coalesce(updated, changed, '') DESC, path);
CREATE INDEX file_undated ON file (id) WHERE updated IS NULL;
CREATE INDEX file_size ON file (size DESC);
CREATE INDEX file_topic ON file (folded_topic);
CREATE INDEX file_pinned ON file (path) WHERE pin;
CREATE TABLE edited ({_FILE_COLUMNS}, is_shown INTEGER NOT NULL);
CREATE INDEX edited_folder ON edited (folder, path) WHERE is_shown;
CREATE TABLE folder (folder TEXT PRIMARY KEY, files INTEGER NOT NULL, newest TEXT) WITHOUT ROWID;
CREATE TABLE unverified (folder TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE tag (tag TEXT, file INTEGER, PRIMARY KEY (tag, file)) WITHOUT ROWID;
CREATE TABLE last_change (file INTEGER PRIMARY KEY, commit_id TEXT NOT NULL, at INTEGER NOT NULL);
CREATE TABLE head (
    id INTEGER PRIMARY KEY CHECK (id = 1), commit_id TEXT NOT NULL, dated TEXT,
    passages INTEGER NOT NULL, characters INTEGER NOT NULL
);
CREATE TABLE place (id INTEGER PRIMARY KEY, file INTEGER NOT NULL);
CREATE INDEX place_file ON place (file);
CREATE TABLE length (passages INTEGER PRIMARY KEY, files INTEGER NOT NULL);
CREATE TABLE behind (file INTEGER PRIMARY KEY, path TEXT, topic TEXT, tags TEXT, passages TEXT);
CREATE TABLE passage (
    id INTEGER PRIMARY KEY, line INTEGER NOT NULL, heading TEXT NOT NULL, text TEXT NOT NULL
);
CREATE VIRTUAL TABLE words USING fts5 (
    path, topic, tags, heading, body, content = '', tokenize = 'unicode61 remove_diacritics 2'
);
CREATE TABLE term (
    id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE, stem TEXT NOT NULL, passages INTEGER NOT NULL
);
CREATE INDEX term_stem ON term (stem);
CREATE VIRTUAL TABLE part USING fts5 (
    text, content = 'term', content_rowid = 'id', tokenize = 'trigram case_sensitive 1',
    detail = none, columnsize = 0
);
CREATE VIRTUAL TABLE word_list USING fts5vocab (words, row);
CREATE TABLE remembered (
    id INTEGER PRIMARY KEY, about TEXT NOT NULL, key TEXT NOT NULL, size INTEGER NOT NULL,
    value TEXT NOT NULL
);
CREATE INDEX remembered_about ON remembered (about)
"""


def stamp() -> int:
    """What marks a catalog file that this code can go on with."""
    return crc32(f"{fingerprint()} {_SCHEMA}".encode()) & 0x7FFFFFFF


STAMP: Final = stamp()
"""Marks a catalog file. One with another stamp has other tables, or was filled by code that reads
notes differently: an entry could not even be taken out of its full text index again."""


def connect(
    file: Path | None, busy_seconds: float = BUSY_SECONDS, *, in_memory: bool = False
) -> sqlite3.Connection:
    """Connect to a catalog, and make its tables if there are none.

    Args:
        file: Where it is; `None` for one that vanishes when it is closed.
        busy_seconds: How long to wait for others.
        in_memory: Whether one without a file stays off the disk altogether.

    Raises:
        sqlite3.DatabaseError: The file is of another version, damaged, or cannot be used.
    """
    # With an empty name SQLite uses a temporary file, which does not fill up memory.
    connection = sqlite3.connect(
        file or (":memory:" if in_memory else ""),
        timeout=busy_seconds,
        isolation_level=None,
        check_same_thread=False,
        factory=KnowingConnection,
    )
    try:
        # Some of these wait for writers, so they only run if the file is new.
        is_new = _version(connection) == 0
        if is_new:
            connection.execute(f"PRAGMA page_size = {_PAGE_BYTES}")
        if is_new and file is not None:
            connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        if file is not None:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
        connection.execute("PRAGMA synchronous = OFF")  # the catalog can be rebuilt at any time
        connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        if is_new and file is None:
            with _COPYING:
                _empty().backup(connection)
        elif is_new:
            with transaction(connection):
                _make_tables(connection)
        if _version(connection) != STAMP:
            raise sqlite3.DatabaseError("another version of PACK wrote this catalog")
    except BaseException:
        connection.close()
        raise
    return connection


_COPYING: Final = threading.Lock()


@cache
def _empty() -> sqlite3.Connection:
    """A catalog that holds nothing; a copy of it is made in a quarter of the time."""
    made = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    made.execute(f"PRAGMA page_size = {_PAGE_BYTES}")
    _make_tables(made)
    return made


def _version(db: sqlite3.Connection) -> int:
    (version,) = db.execute("PRAGMA user_version").fetchone()
    return int(version)


def _make_tables(db: sqlite3.Connection) -> None:
    """Make all tables, within a transaction, unless another process was faster."""
    if _version(db) == 0:
        for statement in _SCHEMA.split(";"):
            db.execute(statement)
        db.execute(f"PRAGMA user_version = {STAMP}")


def set_busy_timeout(db: sqlite3.Connection, seconds: float) -> None:
    """Set how long to wait for others from now on."""
    db.execute(f"PRAGMA busy_timeout = {int(seconds * 1000)}")


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """Carry out all statements or none; other writers wait."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        if db.in_transaction:  # some errors end it
            db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")
