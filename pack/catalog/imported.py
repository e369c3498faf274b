"""When notes that were taken over had been changed, before PACK knew them.

A commit that takes over notes is of today, and so are all notes in it, to git. What their files or
their history said before is kept in `.pack-dates.json`, by blob: it holds for exactly these bytes,
under any path, and counts for nothing once a note has changed. It stands in the memory, because
nothing else there tells it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import Final

from pack.catalog.catalog import Catalog
from pack.catalog.row import Row
from pack.connector import Connector
from pack.files.dates import day_in_name, parse_day
from pack.model import BlobId, LastChange, MemoryPath
from pack.times import format_time, parse_time

RECORD: Final = MemoryPath(".pack-dates.json")

Dates = Mapping[BlobId, str]
"""ISO times by blob."""


def dates_in(connector: Connector) -> Dates:
    """What the record of the current commit says; nothing if there is none, or if it is damaged.

    Raises:
        ConnectorError: The store cannot be read.
    """
    blob = connector.get_committed(RECORD)
    if blob is None:
        return {}
    ((_, content),) = connector.read_blobs([blob])
    return read_record(content)


@lru_cache(maxsize=2)
def read_record(content: bytes) -> Dates:
    """The dates that a record holds; what cannot be read of it is left out."""
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {
        BlobId(blob): at
        for blob, at in found.items()
        if isinstance(at, str) and parse_day(at) is not None
    }


def write_record(dates: Mapping[BlobId, datetime], known: Dates) -> bytes:
    """A record of these dates and those known before; one a line, so that records can be merged."""
    texts = {**known, **{blob: format_time(at) for blob, at in dates.items()}}
    return (json.dumps(texts, indent=2, sort_keys=True) + "\n").encode()


def dated(row: Row, dates: Dates) -> Row:
    """The row with the date of its bytes, or that of its making, unless the note gives one."""
    if row.updated is not None:
        return row
    day = dates.get(row.blob) or _made(row)
    return replace(row, changed=day[:10]) if day is not None else row


def _made(row: Row) -> str | None:
    """When a note says that it was made: in its frontmatter, or by its name."""
    day = parse_day(row.created)
    return day.isoformat() if day is not None else day_in_name(row.path)


def as_recorded(
    catalog: Catalog, changes: Iterable[LastChange], dates: Dates
) -> Iterator[LastChange]:
    """The last change of each file, no later than the file itself says or the record does.

    What a file says of its making holds as long as only one commit has changed it: whoever brings
    old notes into a repository commits them long after they were made.
    """
    newest: dict[MemoryPath, LastChange] = {}
    counts: Counter[MemoryPath] = Counter()
    for change in changes:
        newest.setdefault(change.path, change)
        counts[change.path] += 1
    for path, change in newest.items():
        row = catalog.find(path)
        at = None
        if row is not None and row.updated is None:
            is_first = counts[path] == 1 and catalog.last_change(path) is None
            at = dates.get(row.blob) or (_made(row) if is_first else None)
        yield change if at is None else replace(change, at=min(parse_time(at), change.at))
