"""The catalog in one SQLite file, shared by the processes that use a memory.

It is disposable (C6), and its file is never a reason to fail (`pack_connectors.catalog.file`). Its
content may vanish at any moment, so whoever asks several questions checks `commit` again afterwards
(`pack.catalog.refresh.ask`).
"""

# ruff: noqa: D102 - `Catalog` documents the methods

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Callable, Collection, Container, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TypeVar
from weakref import WeakSet, finalize

from pack.catalog.questions import EVERYTHING, Filter, Listing, Sort, SortKey, Totals
from pack.catalog.row import Row
from pack.index.format import FolderSummary, IndexLine
from pack.model import BlobId, CommitId, LastChange, MemoryPath
from pack.search.candidate import Candidate, PassageStart
from pack.search.query import Clause
from pack_connectors.catalog import (
    build,
    listing,
    neighbours,
    pending,
    remembered,
    search,
    vocabulary,
)
from pack_connectors.catalog.file import CatalogFile, CopySource
from pack_connectors.catalog.idle import IdleWork
from pack_connectors.catalog.rows import (
    COLUMNS,
    change_tags,
    count_folders,
    find_held,
    mark_unverified,
    put_edited,
    put_gone,
    put_row,
    read_row,
)
from pack_connectors.catalog.schema import BUSY_SECONDS, set_busy_timeout, transaction
from pack_connectors.system.malloc import give_back

_GIVES_BACK: Final = 4
"""Idle moments after filling that give back memory; some of it is in use a little longer."""
_BUILD_SECONDS: Final = 120
"""How long to wait while another process fills the catalog."""
# Named, as the planner would rather sort a folder's rows than walk them in order.
_IN_FOLDER: Final = "FROM file INDEXED BY file_folder"

_DATE_ROWS: Final = """
UPDATE file INDEXED BY file_undated SET changed = date(last_change.at, 'unixepoch') FROM last_change
WHERE last_change.file = file.id AND updated IS NULL
    AND changed IS NOT date(last_change.at, 'unixepoch')
"""

_T = TypeVar("_T")


class SqliteCatalog:
    """What is known about the files of one memory; see `Catalog` for its methods.

    Args:
        file: Where to keep it; `None` to keep it only as long as this object.
        source: What one without a file begins with.
    """

    def __init__(self, file: Path | None, source: CopySource | None = None) -> None:
        self._file = CatalogFile(file, source)
        self._is_copy = source is not None
        self._copies: WeakSet[SqliteCatalog] = WeakSet()
        self._idle = IdleWork(self._use_idle_moment)
        self._gives_back = 0

    def commit(self) -> CommitId | None:
        return self._file.read(_commit)

    def replace(
        self, commit: CommitId, rows: Iterable[Row], unverified: Collection[str] = ()
    ) -> None:
        begun = failed = False

        def fill(db: sqlite3.Connection) -> None:
            nonlocal begun, failed
            if begun:
                failed = True
                return  # the rows are used up; the caller sees that nothing is held and tries again
            set_busy_timeout(db, _BUILD_SECONDS)
            try:
                with transaction(db):
                    if _commit(db) == commit:
                        return
                    begun = True
                    build.clear(db)
                    totals = build.fill(db, rows)
                    db.execute("INSERT INTO unverified SELECT folder FROM folder")
                    mark_unverified(db, unverified)
                    head = (commit, totals.passages, totals.characters)
                    db.execute("INSERT INTO head VALUES (1, ?, NULL, ?, ?)", head)
                build.shrink(db)
            finally:
                set_busy_timeout(db, BUSY_SECONDS)

        self._file.fill(fill)
        if failed:
            self._file.give_up()
        elif begun:
            self._file.reopen()
            self._gives_back = _GIVES_BACK
            self._poke()

    def advance(
        self,
        old: CommitId,
        new: CommitId,
        rows: Sequence[Row],
        gone: Sequence[MemoryPath],
        unverified: Collection[str] = (),
    ) -> None:
        def step(db: sqlite3.Connection) -> None:
            with transaction(db):
                if _commit(db) != old:
                    return
                files = Counter({row.folder: 0 for row in rows})
                for path in gone:
                    files[path.rpartition("/")[0]] -= _take_out(db, "file", path)
                for row in rows:
                    files[row.folder] += _put(db, row)
                count_folders(db, files)
                mark_unverified(db, unverified)
                db.execute("UPDATE head SET commit_id = ?", (new,))
                _catch_up_if_many(db)

        self._file.owe(step)  # nobody waits for it
        self._poke()

    def scratch(self) -> SqliteCatalog:
        return SqliteCatalog(None)

    def copy(self, before: Callable[[], None]) -> SqliteCatalog:
        made = SqliteCatalog(None, CopySource(self._file, before))
        self._copies.add(made)
        finalize(made, made._file.close).atexit = False  # nobody closes one that is forgotten
        return made

    def clear(self) -> None:
        def forget(db: sqlite3.Connection) -> None:
            with transaction(db):
                build.clear(db)
                remembered.clear(db)

        self._file.read(forget)

    def rows(self, folder: str | None = None) -> list[Row]:
        where, values = ("", ()) if folder is None else ("WHERE folder = ?", (folder,))
        query = f"SELECT {COLUMNS} FROM file {where} ORDER BY path"  # noqa: S608 - constants
        return self._file.read(lambda db: [read_row(found) for found in db.execute(query, values)])

    def unverified(self) -> set[str]:
        return {folder for (folder,) in self._all("SELECT folder FROM unverified")}

    def verified(self, commit: CommitId) -> None:
        query = "DELETE FROM unverified WHERE (SELECT commit_id FROM head) = ?"
        self._file.read(lambda db: db.execute(query, (commit,)))

    def lines(
        self,
        folder: str,
        first: MemoryPath | None = None,
        before: MemoryPath | None = None,
        limit: int | None = None,
    ) -> list[IndexLine]:
        where, values = "folder = ?", [folder]
        if first is not None:
            where, values = f"{where} AND path >= ?", [*values, first]
        if before is not None:
            where, values = f"{where} AND path < ?", [*values, before]
        most = -1 if limit is None else limit
        query = f"SELECT path, line, updated {_IN_FOLDER} WHERE {where} ORDER BY path LIMIT ?"
        return [IndexLine(*row) for row in self._all(query, *values, most)]

    def page_starts(self, folder: str) -> list[MemoryPath]:
        query = "SELECT path FROM file WHERE starts_page AND folder = ? ORDER BY path"
        return [MemoryPath(path) for (path,) in self._all(query, folder)]

    def newest(self, folder: str, besides: Collection[MemoryPath]) -> str | None:
        query = (
            "SELECT max(updated) FROM file WHERE folder = ? "
            "AND path NOT IN (SELECT value FROM json_each(?))"
        )
        ((found,),) = self._all(query, folder, json.dumps(list(besides)))
        return found if found is None else str(found)

    def folders(self) -> list[FolderSummary]:
        query = "SELECT folder, files, newest FROM folder ORDER BY folder"
        return [FolderSummary(*row) for row in self._all(query)]

    def find(self, path: MemoryPath) -> Row | None:
        query = f"SELECT {COLUMNS} FROM file WHERE path = ?"  # noqa: S608 - constants
        return self._file.read(lambda db: next(map(read_row, db.execute(query, (path,))), None))

    def twins(self, folded: str) -> list[MemoryPath]:
        query = "SELECT path FROM file WHERE folded = ?"
        return [MemoryPath(path) for (path,) in self._all(query, folded)]

    # --- when files changed --------------------------------------------------------------------

    def dated(self) -> CommitId | None:
        found = self._all("SELECT dated FROM head WHERE dated IS NOT NULL")
        return CommitId(found[0][0]) if found else None

    def lacks_dates(self) -> bool:
        # Named, as the planner would rather walk through an index of all files.
        query = "SELECT 1 FROM file INDEXED BY file_undated WHERE updated IS NULL LIMIT 1"
        return bool(self._all(query))

    def date(self, old: CommitId | None, new: CommitId, changes: Iterable[LastChange]) -> None:
        newest: dict[MemoryPath, LastChange] = {}
        for change in changes:
            newest.setdefault(change.path, change)
        values = [(c.commit, int(c.at.timestamp()), c.path) for c in newest.values()]

        def note(db: sqlite3.Connection) -> None:
            with transaction(db):
                moved = db.execute("UPDATE head SET dated = ? WHERE dated IS ?", (new, old))
                if moved.rowcount == 1:
                    query = "SELECT id, ?, ? FROM file WHERE path = ?"
                    db.executemany(f"INSERT OR REPLACE INTO last_change {query}", values)
                    db.execute(_DATE_ROWS)

        self._file.read(note)

    def last_change(self, path: MemoryPath) -> LastChange | None:
        query = "SELECT commit_id, at FROM last_change JOIN file ON id = file WHERE path = ?"
        for commit, at in self._all(query, path):
            return LastChange(path, CommitId(commit), datetime.fromtimestamp(at, UTC))
        return None

    # --- what was found out about the past -----------------------------------------------------

    def remembered(self, about: str) -> dict[str, str]:
        return self._file.glance(lambda db: remembered.read(db, about), {})

    def remember(self, about: str, key: str, value: str) -> None:
        self._file.owe(lambda db: remembered.note(db, about, key, value))
        self._file.settle()

    # --- what a reader sees --------------------------------------------------------------------

    def edits(self) -> dict[MemoryPath, BlobId | None]:
        return dict(self._all("SELECT path, blob FROM edited"))

    def edit(
        self,
        rows: Sequence[Row],
        gone: Mapping[MemoryPath, BlobId | None],
        dropped: Collection[MemoryPath],
    ) -> None:
        paths = {*(row.path for row in rows), *gone, *dropped}

        def change(db: sqlite3.Connection) -> None:
            with transaction(db):
                if _commit(db) is None:
                    return
                for path in sorted(paths):
                    _take_out(db, "edited", path)
                for row in rows:
                    file = put_edited(db, row, is_shown=True)
                    change_tags(db, file, None, row.tags)
                    pending.note(db, file, None, row.passages)
                for path, blob in gone.items():
                    put_gone(db, path, blob)
                _catch_up_if_many(db)

        self._file.read(change)
        self._poke()

    def list_rows(
        self,
        which: Filter = EVERYTHING,
        sort: Sort = Sort.PATH,
        after: SortKey | None = None,
        limit: int | None = None,
    ) -> Listing:
        return self._file.read_state(lambda db: listing.list_rows(db, which, sort, after, limit))

    # --- search --------------------------------------------------------------------------------

    def snapshot(self) -> AbstractContextManager[None]:
        return self._file.state(_begin_search, _catch_up)

    def candidates(
        self,
        clauses: Sequence[Clause],
        excluded: Sequence[Clause] = (),
        which: Filter = EVERYTHING,
        limit: int = 200,
        known: Container[int] = (),
    ) -> list[Candidate]:
        return self._search(
            lambda db: search.candidates(db, clauses, excluded, which, limit, known)
        )

    def with_neighbours(self, found: Sequence[Candidate], reach: int) -> list[Candidate]:
        return self._search(lambda db: neighbours.with_neighbours(db, found, reach))

    def called_alike(self, found: Collection[int]) -> dict[int, list[PassageStart]]:
        """See `Catalog.called_alike`."""
        return self._search(lambda db: neighbours.called_alike(db, found))

    def totals(self) -> Totals:
        return self._search(vocabulary.totals)

    def frequencies(self, terms: Collection[str]) -> dict[str, int]:
        return self._search(lambda db: vocabulary.frequencies(db, terms))

    def with_stems(self, wanted: Sequence[Collection[str]], limit: int) -> list[Mapping[str, int]]:
        return self._search(lambda db: vocabulary.with_stems(db, wanted, limit))

    def containing(self, part: str, limit: int, *, at_end: bool = False) -> list[str]:
        return self._search(lambda db: vocabulary.containing(db, part, limit, at_end=at_end))

    # --- what can wait -------------------------------------------------------------------------

    def catch_up(self) -> None:
        """Index the text of all changed files.

        Nobody has to call it: a search does, and so does a thread some time after a change.
        """
        self._file.read(_catch_up)

    def _use_idle_moment(self) -> bool:
        """Index one changed file, unless somebody else is writing; returns whether there is more.

        Before that it gives back memory that filling took, and makes changes that were put off.
        """
        if self._gives_back:
            self._gives_back -= 1
            give_back()

        def step(db: sqlite3.Connection) -> bool:
            with transaction(db):
                pending.catch_up(db, 1)
                return pending.is_behind(db)

        return self._file.settle_idly(step)

    def _poke(self) -> None:
        if self._file.is_kept:  # otherwise nobody closes it
            self._idle.poke()

    def close(self) -> None:
        """Close the file, and the copies that were made of it."""
        for copy in list(self._copies):
            copy.close()
        self._idle.close()
        self._file.close()
        if self._is_copy:
            give_back()

    def _all(self, query: str, *values: object) -> list[Any]:
        """All that a query finds."""
        return self._file.read(lambda db: db.execute(query, values).fetchall())

    def _search(self, question: Callable[[sqlite3.Connection], _T]) -> _T:
        """The answer to a question about texts, once all of them are indexed."""

        def ask(db: sqlite3.Connection) -> tuple[_T] | None:
            is_ready = self._file.is_prepared(db) or not pending.is_behind(db)
            return (question(db),) if is_ready else None

        while (answer := self._file.read_state(ask)) is None:
            self.catch_up()
        return answer[0]


def _catch_up(db: sqlite3.Connection) -> None:
    with transaction(db):
        pending.catch_up(db)


def _put(db: sqlite3.Connection, row: Row) -> bool:
    """Store a file of the commit; whether it is a new one."""
    held = find_held(db, "file", row.path)
    file = put_row(db, row)
    change_tags(db, file, held and held.tags, row.tags)
    pending.note(db, file, held, row.passages)
    return held is None


def _take_out(db: sqlite3.Connection, table: str, path: str) -> bool:
    """Remove a file; whether it was there."""
    held = find_held(db, table, path)
    if held is None:
        return False
    change_tags(db, held.id, held.tags, None)
    pending.note(db, held.id, held, None)
    db.execute(f"DELETE FROM {table} WHERE id = ?", (held.id,))  # noqa: S608 - ours
    db.execute("DELETE FROM last_change WHERE file = ?", (held.id,))
    return True


def _catch_up_if_many(db: sqlite3.Connection) -> None:
    if pending.is_behind(db, pending.MOST):
        pending.catch_up(db)


def _begin_search(db: sqlite3.Connection) -> bool:
    """Begin to read one state, unless some of its text is not indexed yet."""
    db.execute("BEGIN")
    if not pending.is_behind(db):
        return True
    db.execute("ROLLBACK")
    return False


def _commit(db: sqlite3.Connection) -> CommitId | None:
    found = db.execute("SELECT commit_id FROM head").fetchone()
    return CommitId(found[0]) if found else None
