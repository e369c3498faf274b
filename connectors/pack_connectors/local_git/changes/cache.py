"""What is known of each memory file of a working tree, kept in a SQLite file for all processes.

For each file: its stat data, the blob that was there then, and the blob in one commit. For each
folder: a digest of the stat data of all files in it, so that a scan that meets the same digest
again need not look at the files one by one.

Everything is derived (C6). A file that is missing or damaged is made anew; where it is locked for
too long or cannot be written, the cache is kept in memory.

Why `synchronous=NORMAL`: after a power cut, a digest must not be there without what it vouches for.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple, TypeVar

from pack.errors import Unavailable
from pack.model import BlobId, CommitId, MemoryPath

_VERSION: Final = 1
_OPEN_SECONDS: Final = 0.25
_BUSY_SECONDS: Final = 5.0
_MEMORY: Final = ("", ":memory:")
_SCHEMA: Final = """
CREATE TABLE file (
    folder TEXT NOT NULL, name TEXT NOT NULL, status BLOB NOT NULL, seen BLOB, committed BLOB,
    PRIMARY KEY (folder, name)
) WITHOUT ROWID;
CREATE INDEX edited ON file (folder, name, seen) WHERE seen IS NOT committed;
CREATE INDEX nowhere ON file (folder, name) WHERE seen IS NULL AND committed IS NULL;
CREATE TABLE folder (path TEXT PRIMARY KEY, digest BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE head (id INTEGER PRIMARY KEY CHECK (id = 1), commit_id TEXT NOT NULL);
"""
_SEEN: Final = """
INSERT INTO file VALUES (?, ?, ?, ?, NULL)
ON CONFLICT DO UPDATE SET status = excluded.status, seen = excluded.seen
"""
_COMMITTED: Final = """
INSERT INTO file VALUES (?, ?, x'', NULL, ?)
ON CONFLICT DO UPDATE SET committed = excluded.committed
"""
_GONE: Final = "UPDATE file SET status = x'', seen = NULL WHERE seen IS NOT NULL AND "
_DROP: Final = "DELETE FROM file INDEXED BY nowhere WHERE seen IS NULL AND committed IS NULL"
_BELOW: Final = "(folder = ? OR folder > ? || '/' AND folder < ? || '0')"  # 0 follows the slash
_EDITED: Final = "SELECT folder, name, seen FROM file INDEXED BY edited WHERE seen IS NOT committed"

_T = TypeVar("_T")


class Seen(NamedTuple):
    """A file as it was seen.

    Attributes:
        name: In its folder.
        status: Stat data it had; empty where that may not be relied on.
        blob: What was there; `None` where no file is.
    """

    name: str
    status: bytes
    blob: BlobId | None


class Rows:
    """The tables, inside a transaction.

    Attributes:
        origin: Another number for each file or memory that the rows were kept in.
    """

    def __init__(self, connection: sqlite3.Connection, origin: int) -> None:
        self._db = connection
        self.origin = origin

    def commit(self) -> CommitId | None:
        """The commit whose blobs are held."""
        found = self._db.execute("SELECT commit_id FROM head").fetchone()
        return CommitId(found[0]) if found else None

    def set_commit(
        self,
        commit: CommitId | None,
        blobs: Iterable[tuple[str, BlobId | None]],
        *,
        all_files: bool,
    ) -> None:
        """Hold the blobs of a commit: these, and those that were held unless they are all."""
        if all_files:
            self._db.execute("UPDATE file SET committed = NULL WHERE committed IS NOT NULL")
        rows = ((*_split(path), _pack(blob)) for path, blob in blobs)
        self._db.executemany(_COMMITTED, rows)
        self._db.execute(_DROP)
        self._db.execute("DELETE FROM head")
        if commit is not None:
            self._db.execute("INSERT INTO head VALUES (1, ?)", (commit,))

    def digests(self) -> dict[str, bytes]:
        """The digest of each folder that holds files; empty where it is to be looked at."""
        return dict(self._db.execute("SELECT path, digest FROM folder").fetchall())

    def files_in(self, folder: str) -> dict[str, Seen]:
        """The files seen in a folder, by name."""
        query = "SELECT name, status, seen FROM file WHERE folder = ? AND seen IS NOT NULL"
        found = self._db.execute(query, (folder,))
        return {name: Seen(name, status, _unpack(blob)) for name, status, blob in found}

    def see(self, folder: str, files: Iterable[Seen], digest: bytes) -> None:
        """Hold files of a folder, and the digest of the folder after that."""
        rows = ((folder, seen.name, seen.status, _pack(seen.blob)) for seen in files)
        self._db.executemany(_SEEN, rows)
        self._db.execute(_DROP)
        self._db.execute("INSERT OR REPLACE INTO folder VALUES (?, ?)", (folder, digest))

    def forget(self, folder: str, *, below: bool) -> None:
        """No file is in a folder, nor, on demand, in those below."""
        where, values = (_BELOW, (folder,) * 3) if below else ("folder = ?", (folder,))
        self._db.execute(_GONE + where, values)
        self._db.execute(_DROP)
        self._db.execute("DELETE FROM folder WHERE " + where.replace("folder", "path"), values)  # noqa: S608 - constants

    def edits(self) -> dict[MemoryPath, BlobId | None]:
        """The files that are not what the commit holds, with what is there."""
        found = self._db.execute(_EDITED)
        return {MemoryPath(f"{folder}/{name}"): _unpack(seen) for folder, name, seen in found}


def _split(path: str) -> tuple[str, str]:
    folder, _, name = path.rpartition("/")
    return folder, name


def _pack(blob: BlobId | None) -> bytes | None:
    return None if blob is None else bytes.fromhex(blob)


def _unpack(blob: bytes | None) -> BlobId | None:
    return None if blob is None else BlobId(blob.hex())


class WorktreeCache:
    """The tables, wherever they can be kept. Not safe for threads.

    Args:
        file: Where to keep them; `None` for memory only.
    """

    def __init__(self, file: Path | None) -> None:
        # SQLite keeps "" in a temporary file of its own once it is large, ":memory:" never.
        self._places = [*([str(file)] if file else []), *_MEMORY]
        self._connection: sqlite3.Connection | None = None
        self._identity: tuple[int, int] | None = None
        self._origin = 0
        self._replaced = False

    def run(self, work: Callable[[Rows], _T]) -> _T:
        """What `work` answers, done in one transaction; it may be called more than once.

        Raises:
            Unavailable: Not even memory can be had.
        """
        begin = "BEGIN"
        while True:  # it ends: a place is used at most twice, and the last refuses no change
            try:
                return self._transaction(begin, work)
            except sqlite3.Error as error:
                if _code(error) != sqlite3.SQLITE_BUSY_SNAPSHOT:
                    self._change_place(error)
                # Another process wrote since we began to read. The next time we lock it out.
                begin = "BEGIN IMMEDIATE"

    def close(self) -> None:
        """Let go of the file."""
        if self._connection is not None:
            with suppress(sqlite3.Error):  # nothing in it is needed
                self._connection.close()
            self._connection = None

    def _transaction(self, begin: str, work: Callable[[Rows], _T]) -> _T:
        db = self._open()
        db.execute(begin)
        try:
            answer = work(Rows(db, self._origin))
            db.execute("COMMIT")
        except BaseException:
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise
        return answer

    def _change_place(self, error: sqlite3.Error) -> None:
        self.close()
        place = self._places[0]
        if place in _MEMORY or self._replaced or (_code(error) or 0) & 0xFF in _UNUSABLE:
            self._places.pop(0)
        else:
            self._replaced = True  # damaged: once is a reason to begin anew, twice to do without
            _remove(place)
        if not self._places:
            raise Unavailable(f"what is in the folder cannot be kept: {error}") from error

    def _open(self) -> sqlite3.Connection:
        place = self._places[0]
        if self._connection is not None and self._identity != _identity(place):
            self.close()  # it was removed or replaced
        if self._connection is None:
            self._connection = _connect(place)
            self._identity = _identity(place)
            self._origin += 1
        return self._connection


_UNUSABLE: Final = (
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_PROTOCOL,
)


def _code(error: sqlite3.Error) -> int | None:
    return getattr(error, "sqlite_errorcode", None)  # only SQLite's own errors have one


def _connect(place: str) -> sqlite3.Connection:
    if place not in _MEMORY:
        with suppress(OSError):  # without the folder there is no file: the next line tells
            # Not with its parents: where git's folder is gone, a new one would hide that.
            os.mkdir(os.path.dirname(place))  # noqa: PTH102, PTH120 - as text, like the rest
    db = sqlite3.connect(
        place, timeout=_OPEN_SECONDS, isolation_level=None, check_same_thread=False
    )
    try:
        if place not in _MEMORY:
            db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")
        if _version(db) != _VERSION:
            _make_tables(db)
        db.execute(f"PRAGMA busy_timeout = {int(_BUSY_SECONDS * 1000)}")
    except BaseException:
        db.close()
        raise
    return db


def _version(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def _make_tables(db: sqlite3.Connection) -> None:
    db.execute("BEGIN IMMEDIATE")
    version = _version(db)
    if version == 0:
        for statement in _SCHEMA.split(";"):
            db.execute(statement)
        db.execute(f"PRAGMA user_version = {_VERSION}")
    elif version != _VERSION:
        raise sqlite3.DatabaseError(f"version {version}")
    db.execute("COMMIT")


def _identity(place: str) -> tuple[int, int] | None:
    if place in _MEMORY:
        return None
    try:
        status = os.stat(place)  # noqa: PTH116 - the place may be no path
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _remove(place: str) -> None:
    for ending in ("", "-wal", "-shm"):
        with suppress(OSError):  # what cannot be removed cannot be used: the next try tells
            os.unlink(place + ending)  # noqa: PTH108 - as `_identity`
