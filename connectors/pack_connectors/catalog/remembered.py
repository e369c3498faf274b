"""What was costly to find out about the history of files, for the next process.

It is not about the commit of the catalog, so it stays when that moves on. There is only so much of
it: of each file the last few things, and of everything what was noted last.
"""

from __future__ import annotations

import sqlite3
from typing import Final

from pack_connectors.catalog.schema import transaction

_MOST_OF_ONE: Final = 4
"""The newest version, and those on other branches or before a commit was taken back."""
_MOST: Final = 20_000
_MOST_CHARACTERS: Final = 32_000_000
_LARGEST: Final = 200_000
_LOOK_EVERY: Final = 64
_WAIT_MS: Final = 250
_FORGET_OLD: Final = """
DELETE FROM remembered WHERE id <= (
    SELECT max(id) FROM (
        SELECT id, row_number() OVER newest AS number, sum(size) OVER newest AS total
        FROM remembered WINDOW newest AS (ORDER BY id DESC)
    ) WHERE number > ? OR total > ?
)
"""


def read(db: sqlite3.Connection, about: str) -> dict[str, str]:
    """What is remembered about something, by its key; what was noted last comes first."""
    query = "SELECT key, value FROM remembered WHERE about = ? ORDER BY id DESC"
    return dict(db.execute(query, (about,)))


def note(db: sqlite3.Connection, about: str, key: str, value: str) -> None:
    """Remember a value, unless somebody else is writing for long: it can be found out again."""
    if len(value) > _LARGEST:
        return
    (usual,) = db.execute("PRAGMA busy_timeout").fetchone()
    db.execute(f"PRAGMA busy_timeout = {min(usual, _WAIT_MS)}")
    try:
        with transaction(db):
            _put(db, about, key, value)
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise
    finally:
        db.execute(f"PRAGMA busy_timeout = {usual}")


def _put(db: sqlite3.Connection, about: str, key: str, value: str) -> None:
    db.execute("DELETE FROM remembered WHERE about = ? AND key = ?", (about, key))
    query = "INSERT INTO remembered (about, key, size, value) VALUES (?, ?, ?, ?)"
    number = db.execute(query, (about, key, len(value), value)).lastrowid or 0
    old = "SELECT id FROM remembered WHERE about = ? ORDER BY id DESC LIMIT -1 OFFSET ?"
    db.execute(f"DELETE FROM remembered WHERE id IN ({old})", (about, _MOST_OF_ONE))  # noqa: S608
    if number % _LOOK_EVERY == 0:
        db.execute(_FORGET_OLD, (_MOST, _MOST_CHARACTERS))


def clear(db: sqlite3.Connection) -> None:
    """Forget all of it, within a transaction."""
    db.execute("DELETE FROM remembered")
