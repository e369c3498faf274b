"""Checks a catalog file without changing it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from pack.model import CommitId
from pack_connectors.catalog import schema


class CatalogState(StrEnum):
    """The state a catalog file is in."""

    MISSING = "missing"
    SOUND = "sound"
    OLD = "old"
    DAMAGED = "damaged"
    BUSY = "busy"


class CatalogReport(NamedTuple):
    """What a check found.

    Attributes:
        state: The state of the file.
        commit: The commit it describes; `None` if that is not known.
        files: How many memory files it lists.
        size: Size of the catalog file in bytes.
    """

    state: CatalogState
    commit: CommitId | None = None
    files: int = 0
    size: int = 0


def check_catalog(file: Path) -> CatalogReport:
    """Check the catalog in a file, without changing it."""
    if not file.is_file():
        return CatalogReport(CatalogState.MISSING)
    size = file.stat().st_size
    try:
        # Even a reader takes locks, as it may have to read the write-ahead log.
        with closing(sqlite3.connect(file.as_uri() + "?mode=rw", uri=True, timeout=1)) as db:
            (stamp,) = db.execute("PRAGMA user_version").fetchone()
            if stamp != schema.STAMP:
                return CatalogReport(CatalogState.OLD, size=size)
            (sound,) = db.execute("PRAGMA quick_check(1)").fetchone()
            if sound != "ok":
                return CatalogReport(CatalogState.DAMAGED, size=size)
            head = db.execute("SELECT commit_id FROM head").fetchone()
            (files,) = db.execute("SELECT count(*) FROM file").fetchone()
    except sqlite3.OperationalError as error:
        is_busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
        return CatalogReport(CatalogState.BUSY if is_busy else CatalogState.DAMAGED, size=size)
    except sqlite3.DatabaseError:
        return CatalogReport(CatalogState.DAMAGED, size=size)
    return CatalogReport(CatalogState.SOUND, CommitId(head[0]) if head else None, files, size)
