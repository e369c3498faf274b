"""Rows of files, as the tables `file` and `edited` keep them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from pack.catalog.row import Row
from pack.index.format import starts_page
from pack.model import BlobId, MemoryPath
from pack.paths import fold
from pack.search.words import fold_text

COLUMNS: Final = (
    "path, blob, topic, tags, created, updated, changed, sync, expires, line, size, pin, "
    "says_shared"
)
"""What `read_row` reads."""
NAMES: Final = (
    "path, folder, folded, blob, topic, folded_topic, tags, created, updated, changed, sync, "
    "expires, line, starts_page, size, pin, says_shared, passages"
)
"""What `row_values` gives."""
WIDTH: Final = NAMES.count(",") + 1
_UPDATES: Final = ", ".join(f"{name} = excluded.{name}" for name in NAMES.split(", ")[3:])
_PLACES: Final = ", ".join("?" * WIDTH)
_PUT: Final = (
    f"INSERT INTO file ({NAMES}) VALUES ({_PLACES}) "  # noqa: S608 - constants
    f"ON CONFLICT (path) DO UPDATE SET {_UPDATES} RETURNING id"
)
_PUT_EDITED: Final = (
    f"INSERT INTO edited (id, is_shown, {NAMES}) "  # noqa: S608 - constants
    f"VALUES ((SELECT ifnull(min(id), 0) - 1 FROM edited), ?, {_PLACES}) RETURNING id"
)
COUNT: Final = "INSERT INTO folder SELECT folder, count(*), max(updated) FROM file GROUP BY folder"
"""Fills `folder`."""


_to_json = json.JSONEncoder(ensure_ascii=False).encode


def row_values(row: Row) -> tuple[object, ...]:
    """The values of a row, in the order of `NAMES`."""
    return (
        row.path,
        row.folder,
        row.path.lower() if row.path.isascii() else fold(row.path),
        row.blob,
        row.topic,
        folded(row.topic),
        _to_json(row.tags),
        row.created,
        row.updated,
        row.changed,
        int(row.sync),
        row.expires,
        row.line,
        int(starts_page(row.path)),
        row.size,
        int(row.pin),
        int(row.says_shared),
        len(row.passages),
    )


def read_row(found: Sequence[object]) -> Row:
    """A row from the values of `COLUMNS`."""
    path, blob, topic, tags, created, updated, changed, sync, expires, line, size, *flags = found
    pin, says_shared = map(bool, flags)
    return Row(
        MemoryPath(str(path)),
        BlobId(str(blob)),
        str(topic),
        tuple(json.loads(str(tags))),
        _text(created),
        _text(updated),
        bool(sync),
        _text(expires),
        str(line),
        int(str(size)),
        changed=_text(changed),
        pin=pin,
        says_shared=says_shared,
    )


def folded(text: str) -> str:
    """The same as `fold_text`, and faster for most texts."""
    return text.lower() if text.isascii() else fold_text(text)


def _text(value: object) -> str | None:
    return None if value is None else str(value)


class Held(NamedTuple):
    """What is stored about a file.

    Attributes:
        id: Its id.
        path: Its path.
        topic: Its topic.
        tags: Its tags, as JSON.
    """

    id: int
    path: str
    topic: str
    tags: str


def find_held(db: sqlite3.Connection, table: str, path: str) -> Held | None:
    """What `file` or `edited` holds for a path."""
    query = f"SELECT id, path, topic, tags FROM {table} WHERE path = ?"  # noqa: S608 - ours
    found = db.execute(query, (path,)).fetchone()
    return None if found is None else Held(*found)


def change_tags(
    db: sqlite3.Connection, file: int, before: str | None, after: Iterable[str] | None
) -> None:
    """Bring `tag` up to date for a file; `before` is what `file` held, or `None`."""
    old = dict.fromkeys(tag_values(file, json.loads(before) if before else ()))
    new = dict.fromkeys(tag_values(file, after or ()))
    gone, come = [one for one in old if one not in new], [one for one in new if one not in old]
    if gone:
        db.executemany("DELETE FROM tag WHERE tag = ? AND file = ?", gone)
    if come:
        db.executemany("INSERT INTO tag VALUES (?, ?)", come)


def put_row(db: sqlite3.Connection, row: Row) -> int:
    """Store the row of a committed file; returns its id, which a file with a row keeps."""
    (found,) = db.execute(_PUT, row_values(row)).fetchall()
    return int(found[0])


def put_edited(db: sqlite3.Connection, row: Row, *, is_shown: bool) -> int:
    """Store the first row of an edited file; returns its id."""
    (found,) = db.execute(_PUT_EDITED, (int(is_shown), *row_values(row))).fetchall()
    return int(found[0])


def put_gone(db: sqlite3.Connection, path: MemoryPath, blob: BlobId | None) -> None:
    """Note that readers do not see a file."""
    nothing = Row(path, blob or BlobId(""), "", (), None, None, sync=False, expires=None, line="")
    put_edited(db, nothing, is_shown=False)
    if blob is None:
        db.execute("UPDATE edited SET blob = NULL WHERE path = ?", (path,))


def count_folders(db: sqlite3.Connection, changes: Mapping[str, int]) -> None:
    """Bring `folder` up to date, given by how much the number of files in each folder changed."""
    newest = "(SELECT max(updated) FROM file WHERE folder = ?1)"
    for folder, change in changes.items():
        db.execute(
            f"INSERT INTO folder VALUES (?1, ?2, {newest}) ON CONFLICT DO "  # noqa: S608 - ours
            "UPDATE SET files = files + excluded.files, newest = excluded.newest",
            (folder, change),
        )
        if change <= 0:
            db.execute("DELETE FROM folder WHERE folder = ? AND files <= 0", (folder,))


def tag_values(file: int, tags: Iterable[str]) -> list[tuple[str, int]]:
    """The rows of `tag` for a file: case folded, each once, and for `a/b` one for `a` too."""
    names = (name for tag in tags for name in _with_outer(folded(tag.strip())))
    return [(name, file) for name in dict.fromkeys(names)]


def _with_outer(tag: str) -> Iterator[str]:
    """A tag and those that it is nested in."""
    while tag:
        yield tag
        tag = tag.rpartition("/")[0]


def mark_unverified(db: sqlite3.Connection, folders: Collection[str]) -> None:
    """Note folders whose index may be wrong."""
    db.executemany("INSERT OR IGNORE INTO unverified VALUES (?)", [(folder,) for folder in folders])
