"""Lists the files that a reader sees: filtered, sorted, in parts."""

from __future__ import annotations

import sqlite3
from typing import Final

from pack.catalog.questions import Filter, Listing, Sort, SortKey, sort_key
from pack.catalog.row import Row
from pack.deferred import dataclass
from pack_connectors.catalog.rows import COLUMNS, folded, read_row

_DATE: Final = "coalesce(updated, changed, '')"
_ORDERS: Final = {
    Sort.PATH: "path",
    Sort.UPDATED: f"{_DATE} DESC, path",
    Sort.SIZE: "size DESC, path",
}
_AFTER: Final = {
    Sort.PATH: ("path > ?", False),
    Sort.UPDATED: (f"{_DATE} <= ? AND ({_DATE} < ? OR path > ?)", True),
    Sort.SIZE: ("size <= ? AND (size < ? OR path > ?)", True),
}
"""What comes after a place in an order, and whether that takes more than the path."""
_TAGGED: Final = "id IN (SELECT file FROM tag WHERE tag = ?)"
_MANY: Final = 1000
_HIDDEN: Final = "path IN (SELECT path FROM edited)"


@dataclass(frozen=True, slots=True)
class Where:
    """A condition on rows of `file` and `edited`, with its values."""

    sql: str
    values: tuple[object, ...] = ()

    def both(self, other: Where) -> Where:
        """The condition that both hold."""
        return Where(f"{self.sql} AND {other.sql}", self.values + other.values)


def condition(which: Filter) -> Where:
    """The condition that a filter sets for a file."""
    found = Where("1")
    if which.folder:
        inside = which.folder + "/"
        found = found.both(Where("path >= ? AND path < ?", (inside, which.folder + "0")))
    if which.pinned:
        found = found.both(Where("pin"))
    if which.tag is not None:
        found = found.both(Where(_TAGGED, (folded(which.tag.strip()),)))
    if which.topic:
        found = found.both(Where("instr(folded_topic, ?)", (folded(which.topic),)))
    if which.since is not None:
        found = found.both(Where(f"{_DATE} >= ?", (which.since,)))
    if which.until is not None:
        # A time on that day begins with the day, and `~` sorts after anything that may follow.
        found = found.both(Where(f"{_DATE} <= ? AND {_DATE} > ''", (which.until + "~",)))
    return found


def has_edits(db: sqlite3.Connection) -> bool:
    """Whether any file is held as edited."""
    return db.execute("SELECT 1 FROM edited LIMIT 1").fetchone() is not None


def list_rows(
    db: sqlite3.Connection, which: Filter, sort: Sort, after: SortKey | None, limit: int | None
) -> Listing:
    """See `Catalog.list_rows`; within a transaction."""
    wanted = condition(which)
    edited = has_edits(db)
    visible = wanted.both(Where(f"NOT {_HIDDEN}")) if edited else wanted
    total = _total(db, which, wanted, edited=edited)
    if total > _MANY:  # walking through the order is faster than sorting all of them
        visible = Where(visible.sql.replace(_TAGGED, f"+{_TAGGED}"), visible.values)
    rows = _part(db, "file", visible, sort, after, limit)
    if edited:
        rows += _part(db, "edited", wanted.both(Where("is_shown")), sort, after, limit)
        rows = _sorted(rows, sort)[:limit]
    return Listing(tuple(rows), total)


def _part(
    db: sqlite3.Connection,
    table: str,
    wanted: Where,
    sort: Sort,
    after: SortKey | None,
    limit: int | None,
) -> list[Row]:
    if after is not None:
        value, path = after
        sql, is_by_value = _AFTER[sort]
        wanted = wanted.both(Where(sql, (value, value, path) if is_by_value else (path,)))
    query = f"SELECT {COLUMNS} FROM {table} WHERE {wanted.sql} ORDER BY {_ORDERS[sort]} LIMIT ?"  # noqa: S608 - ours
    most = -1 if limit is None else limit
    return [read_row(found) for found in db.execute(query, (*wanted.values, most))]


def _sorted(rows: list[Row], sort: Sort) -> list[Row]:
    rows.sort(key=lambda row: row.path)
    if sort is not Sort.PATH:
        rows.sort(key=lambda row: sort_key(row, sort)[0], reverse=True)  # stable: equals by path
    return rows


def _total(db: sqlite3.Connection, which: Filter, wanted: Where, *, edited: bool) -> int:
    total = _committed(db, which, wanted)
    if edited:
        total -= _count(db, "file", wanted.both(Where(_HIDDEN)))
        total += _count(db, "edited", wanted.both(Where("is_shown")))
    return total


def _committed(db: sqlite3.Connection, which: Filter, wanted: Where) -> int:
    """How many files of the commit pass; read from the counts of folders where they suffice."""
    if which == Filter(folder=which.folder):
        inside = (which.folder, f"{which.folder}/", f"{which.folder}0")
        where = "WHERE folder = ? OR (folder >= ? AND folder < ?)" if which.folder else ""
        query = f"SELECT ifnull(sum(files), 0) FROM folder {where}"  # noqa: S608 - ours
        return int(db.execute(query, inside if which.folder else ()).fetchone()[0])
    if which == Filter(tag=which.tag) and which.tag is not None:
        query = "SELECT count(*) FROM tag WHERE tag = ? AND file > 0"
        return int(db.execute(query, (folded(which.tag.strip()),)).fetchone()[0])
    return _count(db, "file", wanted)


def _count(db: sqlite3.Connection, table: str, wanted: Where) -> int:
    query = f"SELECT count(*) FROM {table} WHERE {wanted.sql}"  # noqa: S608 - ours
    return int(db.execute(query, wanted.values).fetchone()[0])
