"""When notes that were taken over had been changed, before PACK knew them.

A commit that takes over notes is of today, and so are all notes in it, to git. What their files or
their history said before is kept in `.pack-dates.json`, by blob: it holds for exactly these bytes,
under any path, and counts for nothing once a note has changed. It stands in the memory, because
nothing else there tells it. Dates that it has no more room for are in files beside it, each for the
blobs that begin with one digit.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import Final

from pack.catalog.catalog import Catalog
from pack.catalog.row import Row
from pack.connector import Connector
from pack.files.dates import day_in_name, parse_day
from pack.files.note import Note
from pack.limits import MAX_FILE_BYTES
from pack.model import ABSENT, BlobId, LastChange, MemoryPath, Put
from pack.paths import DATES, MORE_DATES
from pack.times import format_time, parse_time

RECORDS: Final = (DATES, *MORE_DATES.values())
_MOST: Final = MAX_FILE_BYTES // 2
"""Bytes of the first record; two machines may have one each, which are merged."""

Dates = Mapping[BlobId, str]
"""ISO times by blob."""


def dates_in(connector: Connector) -> Dates:
    """What the records of the current commit say; nothing of one that is damaged.

    Raises:
        ConnectorError: The store cannot be read.
    """
    blobs = [blob for path in RECORDS if (blob := connector.get_committed(path)) is not None]
    found: Dates = {}
    for _, content in connector.read_blobs(blobs) if blobs else ():
        found = {**found, **read_record(content)} if found else read_record(content)
    return found


@lru_cache(maxsize=2 * len(RECORDS))
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


def recorded(
    dates: Mapping[BlobId, datetime], find: Callable[[MemoryPath], Note | None]
) -> list[Put]:
    """The records with more dates in them, as far as there are any.

    Args:
        dates: The dates.
        find: Reads a file of the memory.
    """
    if not dates:
        return []
    first = _with_dates(DATES, dates, find)
    if len(first.content) <= _MOST:
        return [first]
    return [
        _with_dates(path, some, find)
        for digit, path in MORE_DATES.items()
        if (some := {blob: at for blob, at in dates.items() if blob.startswith(digit)})
    ]


def _with_dates(
    path: MemoryPath,
    dates: Mapping[BlobId, datetime],
    find: Callable[[MemoryPath], Note | None],
) -> Put:
    """One record with more in it; one date a line, so that records can be merged."""
    taken = find(path)
    known = read_record(taken.content) if taken is not None else {}
    texts = {**known, **{blob: format_time(at) for blob, at in dates.items()}}
    content = (json.dumps(texts, indent=2, sort_keys=True) + "\n").encode()
    return Put(path, content, taken.sha if taken is not None else ABSENT)


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
