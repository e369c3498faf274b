"""Looking at a catalog file without changing it, for whoever wants to know how it is."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from pack.model import CommitId
from pack_connectors.catalog import schema


class CatalogState(StrEnum):
    """How a catalog file is."""

    MISSING = "missing"
    SOUND = "sound"
    OLD = "old"
    DAMAGED = "damaged"
    BUSY = "busy"


class CatalogReport(NamedTuple):
    """What was seen of a catalog.

    Attributes:
        state: How the file is.
        commit: The commit it describes; `None` where that is not known.
        files: How many files it knows.
        size: Of the file, in bytes.
    """

    state: CatalogState
    commit: CommitId | None = None
    files: int = 0
    size: int = 0


def check_catalog(file: Path) -> CatalogReport:
    """How the catalog in a file is; nothing is changed."""
    if not file.is_file():
        return CatalogReport(CatalogState.MISSING)
    size = file.stat().st_size
    try:
        # Its journal may have to be read, for which even a reader takes locks.
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
