"""The catalog in one SQLite file, shared by the processes that use a memory.

Disposable (C6): a file that is missing, damaged, of another version, locked for too long or on a
read-only disk is replaced, or done without in memory; it is never a reason to fail.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TypeVar

from pack.catalog import Row
from pack.index import FolderSummary, IndexLine, starts_page
from pack.model import BlobId, CommitId, MemoryPath
from pack.paths import fold

_VERSION: Final = 4
_BUSY_SECONDS: Final = 5.0
_SCHEMA: Final = """
CREATE TABLE file (
    path TEXT PRIMARY KEY, folder TEXT NOT NULL, folded TEXT NOT NULL, blob TEXT NOT NULL,
    topic TEXT NOT NULL, tags TEXT NOT NULL, created TEXT, updated TEXT, sync INTEGER NOT NULL,
    expires TEXT, line TEXT NOT NULL, starts_page INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX file_folder ON file (folder);
CREATE INDEX file_updated ON file (folder, updated);
CREATE INDEX file_page ON file (folder, path) WHERE starts_page;
CREATE INDEX file_folded ON file (folded);
CREATE TABLE folder (folder TEXT PRIMARY KEY, files INTEGER NOT NULL, newest TEXT) WITHOUT ROWID;
CREATE TABLE unverified (folder TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE head (id INTEGER PRIMARY KEY CHECK (id = 1), commit_id TEXT NOT NULL);
"""
_COLUMNS: Final = "path, blob, topic, tags, created, updated, sync, expires, line"
# Named, as the planner would rather sort a folder's rows than walk them in order: the entries of
# this index are (folder, path), since a table without row ids adds its key.
_IN_FOLDER: Final = "FROM file INDEXED BY file_folder"
_PUT: Final = "INSERT OR REPLACE INTO file VALUES (?,?,?,?,?,?,?,?,?,?,?,?)"
_COUNT: Final = """
INSERT OR REPLACE INTO folder
SELECT folder, count(*), max(updated) FROM file {where} GROUP BY folder
"""

_T = TypeVar("_T")


class SqliteCatalog:
    """Rows of one memory's files.

    Args:
        file: Where to keep them; `None` for memory only.
    """

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None

    def commit(self) -> CommitId | None:
        """See `Catalog.commit`."""
        found = self._read(lambda db: db.execute("SELECT commit_id FROM head").fetchone())
        return CommitId(found[0]) if found else None

    def replace(
        self, commit: CommitId, rows: Iterable[Row], unverified: Collection[str] = ()
    ) -> None:
        """See `Catalog.replace`."""
        stored = [_values(row) for row in rows]
        marks = [(folder,) for folder in unverified]

        def fill(db: sqlite3.Connection) -> None:
            with _transaction(db):
                db.execute("DELETE FROM file")
                db.execute("DELETE FROM folder")
                db.executemany(_PUT, stored)
                db.execute(_COUNT.format(where=""))
                db.execute("INSERT OR IGNORE INTO unverified SELECT folder FROM folder")
                db.executemany("INSERT OR IGNORE INTO unverified VALUES (?)", marks)
                db.execute("INSERT OR REPLACE INTO head VALUES (1, ?)", (commit,))

        self._read(fill)

    def advance(
        self,
        old: CommitId,
        new: CommitId,
        rows: Sequence[Row],
        gone: Sequence[MemoryPath],
        unverified: Collection[str] = (),
    ) -> None:
        """See `Catalog.advance`."""
        folders = {row.folder for row in rows} | {path.rpartition("/")[0] for path in gone}

        def step(db: sqlite3.Connection) -> None:
            with _transaction(db):
                moved = db.execute("UPDATE head SET commit_id = ? WHERE commit_id = ?", (new, old))
                if moved.rowcount != 1:
                    return
                db.executemany("DELETE FROM file WHERE path = ?", [(path,) for path in gone])
                db.executemany(_PUT, [_values(row) for row in rows])
                for folder in folders:
                    db.execute("DELETE FROM folder WHERE folder = ?", (folder,))
                    db.execute(_COUNT.format(where="WHERE folder = ?"), (folder,))
                marks = [(folder,) for folder in unverified]
                db.executemany("INSERT OR IGNORE INTO unverified VALUES (?)", marks)

        self._read(step)

    def rows(self, folder: str | None = None) -> list[Row]:
        """See `Catalog.rows`."""
        where, values = ("", ()) if folder is None else ("WHERE folder = ?", (folder,))
        query = f"SELECT {_COLUMNS} FROM file {where} ORDER BY path"  # noqa: S608 - constants
        return self._read(lambda db: [_row(found) for found in db.execute(query, values)])

    def unverified(self) -> set[str]:
        """See `Catalog.unverified`."""
        found = self._read(lambda db: db.execute("SELECT folder FROM unverified").fetchall())
        return {folder for (folder,) in found}

    def verified(self, commit: CommitId) -> None:
        """See `Catalog.verified`."""
        query = "DELETE FROM unverified WHERE (SELECT commit_id FROM head) = ?"
        self._read(lambda db: db.execute(query, (commit,)))

    def lines(self, folder: str) -> list[IndexLine]:
        """See `Catalog.lines`."""
        return self.lines_between(folder, None, None)

    def lines_between(
        self,
        folder: str,
        first: MemoryPath | None,
        before: MemoryPath | None,
        limit: int | None = None,
    ) -> list[IndexLine]:
        """See `Catalog.lines_between`."""
        where, values = "folder = ?", [folder]
        if first is not None:
            where, values = f"{where} AND path >= ?", [*values, first]
        if before is not None:
            where, values = f"{where} AND path < ?", [*values, before]
        query = f"SELECT path, line, updated {_IN_FOLDER} WHERE {where} ORDER BY path"
        most = f" LIMIT {limit:d}" if limit is not None else ""
        found = self._read(lambda db: db.execute(query + most, values).fetchall())
        return [IndexLine(*row) for row in found]

    def page_starts(self, folder: str) -> list[MemoryPath]:
        """See `Catalog.page_starts`."""
        query = "SELECT path FROM file WHERE starts_page AND folder = ? ORDER BY path"
        found = self._read(lambda db: db.execute(query, (folder,)).fetchall())
        return [MemoryPath(path) for (path,) in found]

    def newest(self, folder: str, besides: Collection[MemoryPath]) -> str | None:
        """See `Catalog.newest`."""
        query = (
            "SELECT max(updated) FROM file WHERE folder = ? "
            "AND path NOT IN (SELECT value FROM json_each(?))"
        )
        values = (folder, json.dumps(list(besides)))
        (found,) = self._read(lambda db: db.execute(query, values).fetchone())
        return found if found is None else str(found)

    def folders(self) -> list[FolderSummary]:
        """See `Catalog.folders`."""
        query = "SELECT folder, files, newest FROM folder ORDER BY folder"
        found = self._read(lambda db: db.execute(query).fetchall())
        return [FolderSummary(*row) for row in found]

    def find(self, path: MemoryPath) -> Row | None:
        """See `Catalog.find`."""
        query = f"SELECT {_COLUMNS} FROM file WHERE path = ?"  # noqa: S608 - constants
        return self._read(lambda db: next(map(_row, db.execute(query, (path,))), None))

    def twins(self, folded: str) -> list[MemoryPath]:
        """See `Catalog.twins`."""
        query = "SELECT path FROM file WHERE folded = ?"
        found = self._read(lambda db: db.execute(query, (folded,)).fetchall())
        return [MemoryPath(path) for (path,) in found]

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            connection, self._connection = self._connection, None
            if connection is not None:
                connection.close()

    # --- the connection ------------------------------------------------------------------------

    def _read(self, action: Callable[[sqlite3.Connection], _T]) -> _T:
        """Carry out an action, on a fresh file, and then on none, where the file is in the way."""
        with self._lock:
            try:
                return action(self._open())
            except (sqlite3.DatabaseError, ValueError) as error:
                if _is_in_use(error):
                    self._do_without()  # what others work with is not ours to throw away
                else:
                    self._discard()
            try:
                return action(self._open())
            except (sqlite3.DatabaseError, ValueError):
                self._do_without()
                return action(self._open())

    def _do_without(self) -> None:
        self.close()
        self._file = None

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = _connect(self._file)
        return self._connection

    def _discard(self) -> None:
        self.close()
        if self._file is not None:
            try:
                for ending in ("", "-wal", "-shm"):
                    self._file.with_name(self._file.name + ending).unlink(missing_ok=True)
            except OSError:
                self._file = None  # a read-only disk: do without


def _is_in_use(error: Exception) -> bool:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def _connect(file: Path | None) -> sqlite3.Connection:
    connection = sqlite3.connect(
        file or ":memory:", timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
    )
    try:
        if file is not None:
            connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = OFF")  # it can be made again at any time
        connection.execute("PRAGMA cache_size = -2000")
        with _transaction(connection):
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            if version == 0:
                for statement in _SCHEMA.split(";"):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {_VERSION}")
            elif version != _VERSION:
                raise sqlite3.DatabaseError("another version of PACK wrote this catalog")
    except BaseException:
        connection.close()
        raise
    return connection


@contextmanager
def _transaction(db: sqlite3.Connection) -> Iterator[None]:
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")


def _values(row: Row) -> tuple[object, ...]:
    tags = json.dumps(row.tags, ensure_ascii=False)
    head = (row.path, row.folder, fold(row.path), row.blob, row.topic, tags)
    rest = (row.created, row.updated, int(row.sync), row.expires, row.line)
    return (*head, *rest, int(starts_page(row.path)))


def _row(found: tuple[str, ...]) -> Row:
    path, blob, topic, tags, created, updated, sync, expires, line = found
    return Row(
        MemoryPath(path),
        BlobId(blob),
        topic,
        tuple(json.loads(tags)),
        created,
        updated,
        bool(sync),
        expires,
        line,
    )
