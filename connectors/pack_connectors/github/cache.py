"""What is kept of a repository on GitHub between two runs: blobs, trees, the last known commit.

One SQLite file, shared by the processes that use the repository, and disposable (C6): if it is
missing, damaged, locked or on a read-only disk, a new or temporary one takes its place, or PACK
does without. What is read from it is trusted only if its hash is right. Only the user can read it.
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, TypeVar

from pack.model import BlobId, CommitId, LastChange, MemoryPath, blob_id
from pack_connectors.github.trees import Tree, pack_tree, unpack_tree

_VERSION: Final = 1
_BUSY_SECONDS: Final = 5.0
_TREES_KEPT: Final = 12
_FRESH_SECONDS: Final = 3600
"""How old a noted use gets before it is noted again, so that reads seldom write."""
_KEEP_PART: Final = 0.8
MAX_BYTES: Final = 256 * 1024 * 1024
_SCHEMA: Final = """
CREATE TABLE blob (id TEXT PRIMARY KEY, data BLOB NOT NULL, size INTEGER NOT NULL,
    used INTEGER NOT NULL);
CREATE INDEX blob_used ON blob (used);
CREATE TABLE tree (commit_id TEXT PRIMARY KEY, data BLOB NOT NULL, number INTEGER NOT NULL);
CREATE TABLE fact (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE change (path TEXT NOT NULL, blob TEXT NOT NULL, commit_id TEXT NOT NULL,
    at INTEGER NOT NULL, PRIMARY KEY (path, blob))
"""
_T = TypeVar("_T")
_Work = Callable[[sqlite3.Connection], _T]


class GithubCache:
    """The cache of one repository. Methods may be called from any thread; none of them fails.

    Args:
        file: Where it is; `None` for one that lasts as long as this object.
        clock: Tells the time, to note when blobs are used.
        max_bytes: How much space the blobs may take; the least recently used ones go.
    """

    def __init__(
        self, file: Path | None, clock: Callable[[], datetime], max_bytes: int = MAX_BYTES
    ) -> None:
        self._file = file
        self._clock = clock
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        self._db: sqlite3.Connection | None = None
        self._is_usable = True
        self._bytes = 0

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._drop()

    # --- blobs ---------------------------------------------------------------------------------

    def blob(self, sha: BlobId) -> bytes | None:
        """A file's bytes, if they are kept and match their id."""
        found = self._ask(lambda db: _read_blob(db, sha, self._now()), None)
        if found is not None and blob_id(found) != sha:
            self._ask(lambda db: db.execute("DELETE FROM blob WHERE id = ?", (sha,)), None)
            return None
        return found

    def held(self, shas: Iterable[BlobId]) -> set[BlobId]:
        """Which of some blobs are kept."""
        wanted = json.dumps(list(shas))
        query = "SELECT id FROM blob WHERE id IN (SELECT value FROM json_each(?))"

        def look(db: sqlite3.Connection) -> set[BlobId]:
            return {BlobId(name) for (name,) in db.execute(query, (wanted,))}

        return self._ask(look, set())

    def keep_blobs(self, contents: Iterable[bytes]) -> None:
        """Keep files' bytes; the least recently used ones make room."""
        now = self._now()
        rows = [(blob_id(data), bytes(data), len(data), now) for data in contents]

        def put(db: sqlite3.Connection) -> None:
            with db:
                db.executemany("INSERT OR REPLACE INTO blob VALUES (?, ?, ?, ?)", rows)
            self._bytes += sum(size for _, _, size, _ in rows)
            if self._bytes > self._max_bytes:
                self._bytes = _make_room(db, int(self._max_bytes * _KEEP_PART))

        self._ask(put, None)

    # --- trees and small values ----------------------------------------------------------------

    def tree(self, commit: CommitId) -> Tree | None:
        """The tree of a commit, if it is kept."""

        def look(db: sqlite3.Connection) -> Tree | None:
            row = db.execute("SELECT data FROM tree WHERE commit_id = ?", (commit,)).fetchone()
            with suppress(ValueError):
                return unpack_tree(row[0]) if row else None
            return None

        return self._ask(look, None)

    def keep_tree(self, commit: CommitId, tree: Tree) -> None:
        """Keep the tree of a commit; the oldest one makes room."""
        data = pack_tree(tree)

        def put(db: sqlite3.Connection) -> None:
            with db:
                (last,) = db.execute("SELECT ifnull(max(number), 0) FROM tree").fetchone()
                row = (commit, data, last + 1)
                db.execute("INSERT OR REPLACE INTO tree VALUES (?, ?, ?)", row)
                db.execute("DELETE FROM tree WHERE number <= ?", (last + 1 - _TREES_KEPT,))

        self._ask(put, None)

    def drop_tree(self, commit: CommitId) -> None:
        """Forget the tree of a commit."""
        change = "DELETE FROM tree WHERE commit_id = ?"
        self._ask(lambda db: db.execute(change, (commit,)), None)

    def fact(self, name: str) -> str | None:
        """A small value."""
        query = "SELECT value FROM fact WHERE name = ?"
        row = self._ask(lambda db: db.execute(query, (name,)).fetchone(), None)
        return str(row[0]) if row else None

    def keep_fact(self, name: str, value: str) -> None:
        """Keep a small value."""
        change = "INSERT OR REPLACE INTO fact VALUES (?, ?)"
        self._ask(lambda db: db.execute(change, (name, value)), None)

    def change(self, path: MemoryPath, blob: BlobId) -> LastChange | None:
        """The commit that gave a file its bytes, if it is known."""
        query = "SELECT commit_id, at FROM change WHERE path = ? AND blob = ?"
        row = self._ask(lambda db: db.execute(query, (path, blob)).fetchone(), None)
        return (
            LastChange(path, CommitId(row[0]), datetime.fromtimestamp(row[1], UTC)) if row else None
        )

    def keep_changes(self, found: Iterable[tuple[LastChange, BlobId]]) -> None:
        """Keep which commit gave files their bytes."""
        rows = [(c.path, blob, c.commit, int(c.at.timestamp())) for c, blob in found]

        def put(db: sqlite3.Connection) -> None:
            with db:
                db.executemany("INSERT OR REPLACE INTO change VALUES (?, ?, ?, ?)", rows)

        self._ask(put, None)

    # --- the file ------------------------------------------------------------------------------

    def _now(self) -> int:
        return int(self._clock().timestamp())

    def _ask(self, work: _Work[_T], otherwise: _T) -> _T:
        """What `work` returns; `otherwise` if no file can be used, not even a temporary one."""
        with self._lock:
            while self._is_usable:
                try:
                    return work(self._open())
                except (sqlite3.Error, OSError, UnicodeError, OverflowError) as error:
                    if _is_busy(error):
                        return otherwise
                    self._give_up(error)
        return otherwise

    def _open(self) -> sqlite3.Connection:
        if self._db is None:
            self._db = _connect(self._file)
            self._bytes = _sum(self._db)
        return self._db

    def _give_up(self, error: Exception) -> None:
        """Continue with a new file if the old one was damaged, else with a temporary one."""
        self._drop()
        is_damaged = isinstance(error, sqlite3.DatabaseError) and not isinstance(
            error, sqlite3.OperationalError
        )
        if self._file is not None and is_damaged and _remove(self._file):
            return
        self._is_usable = self._file is not None
        self._file = None

    def _drop(self) -> None:
        if self._db is not None:
            self._db.close()
            self._db = None


def _is_busy(error: Exception) -> bool:
    code = getattr(error, "sqlite_errorcode", None)
    return code is not None and code & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def _remove(file: Path) -> bool:
    try:
        for ending in ("", "-wal", "-shm"):
            Path(f"{file}{ending}").unlink(missing_ok=True)
    except OSError:
        return False
    return True


def _connect(file: Path | None) -> sqlite3.Connection:
    if file is not None:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))
    # SQLite makes a temporary file for an empty name.
    db = sqlite3.connect(
        file or "", timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
    )
    try:
        if file is not None:
            db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = OFF")  # all of it can be fetched again
        db.execute("BEGIN IMMEDIATE")
        (version,) = db.execute("PRAGMA user_version").fetchone()
        if version == 0:
            for statement in _SCHEMA.split(";"):
                db.execute(statement)
            db.execute(f"PRAGMA user_version = {_VERSION}")
        db.execute("COMMIT")
        if version not in (0, _VERSION):
            raise sqlite3.DatabaseError("another version of PACK wrote this cache")
    except BaseException:
        db.close()
        raise
    return db


def _read_blob(db: sqlite3.Connection, sha: BlobId, now: int) -> bytes | None:
    row = db.execute("SELECT data, used FROM blob WHERE id = ?", (sha,)).fetchone()
    if row is None:
        return None
    data, used = row
    if now - used > _FRESH_SECONDS:
        db.execute("UPDATE blob SET used = ? WHERE id = ?", (now, sha))
    return bytes(data) if isinstance(data, bytes) else b""


def _make_room(db: sqlite3.Connection, most: int) -> int:
    """Drop the least recently used blobs beyond `most` bytes; how many bytes are left."""
    db.execute(
        "DELETE FROM blob WHERE id IN (SELECT id FROM (SELECT id, "
        "sum(size) OVER (ORDER BY used DESC, rowid DESC) AS total FROM blob) WHERE total > ?)",
        (most,),
    )
    return _sum(db)


def _sum(db: sqlite3.Connection) -> int:
    (total,) = db.execute("SELECT ifnull(sum(size), 0) FROM blob").fetchone()
    return int(total)
