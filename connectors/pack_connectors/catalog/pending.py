"""Files whose text is not indexed yet, so that no write has to wait for that.

A write notes here what a changed file holds now, and what is indexed of it. The index catches up
before the next search, in an idle moment, or when `MOST` files are pending, whichever comes first.
So no answer ever differs from that of an index that is always up to date.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from typing import Final

from pack.files.passages import Passage
from pack_connectors.catalog.rows import Held
from pack_connectors.catalog.text import Head, TextChange

MOST: Final = 32
"""How many files may be pending after a write; indexing these takes about as long as a commit."""
_to_json = json.JSONEncoder(ensure_ascii=False).encode
# The index may still hold the text of an earlier file with the same id.
_NOTE: Final = (
    "INSERT INTO behind VALUES (?,?,?,?,?) "
    "ON CONFLICT (file) DO UPDATE SET passages = excluded.passages"
)
_BEHIND: Final = """
SELECT behind.*, ifnull(file.path, edited.path), ifnull(file.topic, edited.topic),
    ifnull(file.tags, edited.tags)
FROM behind LEFT JOIN file ON file.id = behind.file LEFT JOIN edited ON edited.id = behind.file
LIMIT ?
"""


def note(
    db: sqlite3.Connection, file: int, held: Held | None, passages: Sequence[Passage] | None
) -> None:
    """Note that the text of a file must be indexed, within a transaction.

    Args:
        db: The catalog.
        file: Its id.
        held: Its row so far, if there was one.
        passages: What it holds now; `None` if it is gone.
    """
    indexed = (held.path, held.topic, held.tags) if held else (None, None, None)
    now = passages and _to_json([(one.line, one.heading, one.text) for one in passages])
    db.execute(_NOTE, (file, *indexed, now))


def is_behind(db: sqlite3.Connection, least: int = 1) -> bool:
    """Whether the text of at least this many files is not indexed yet."""
    query = "SELECT 1 FROM behind LIMIT 1 OFFSET ?"
    return db.execute(query, (least - 1,)).fetchone() is not None


def catch_up(db: sqlite3.Connection, most: int = -1) -> None:
    """Index the text of at most this many files (all if negative), within a transaction."""
    text = TextChange(db)
    done = []
    for file, path, topic, tags, passages, *now in db.execute(_BEHIND, (most,)).fetchall():
        if path is not None:
            text.take_out(file, Head(path, topic, json.loads(tags)))
        if passages is not None:
            head = Head(now[0], now[1], json.loads(now[2]))
            text.add(file, head, [Passage(*one) for one in json.loads(passages)])
        done.append((file,))
    db.executemany("DELETE FROM behind WHERE file = ?", done)
    text.finish()
