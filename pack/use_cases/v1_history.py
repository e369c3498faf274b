"""When each line of a v1 file was written, from its log."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import islice
from typing import Final

from pack.connector import Capability
from pack.core.core import Core
from pack.errors import NotFound
from pack.files.markdown import BOM
from pack.files.note import Note
from pack.log import LogQuery
from pack.model import BlobId, MemoryPath
from pack.v1.line_dates import days_of_lines

_MOST: Final = 500
"""How many versions are looked at; lines that are older count as old as the oldest of them."""


def days_of_v1(core: Core, found: Note) -> list[date]:
    """For each line of a v1 file, the day since which it has been there.

    Without a log at hand, or without commits, all lines are as old as the file.
    """
    versions = list(islice(_versions(core, found.path), _MOST))[::-1]
    contents = core.connector.read_blobs([blob for _, blob in versions])
    history = [
        (day, content.decode("utf-8", "replace"))
        for (day, _), (_, content) in zip(versions, contents, strict=True)
    ]
    is_committed = bool(versions) and versions[-1][1] == found.sha
    if found.last_modified is not None and not is_committed:
        history.append((found.last_modified.date(), found.text))
    return days_of_lines((day, text.removeprefix(BOM)) for day, text in history)


def _versions(core: Core, path: MemoryPath) -> Iterator[tuple[date, BlobId]]:
    """The day and the blob of each committed version, the newest first."""
    head = core.connector.head()
    if head is None or Capability.LOG not in core.connector.capabilities:
        return
    name = path
    try:
        for commit in core.connector.log(LogQuery(head, path=path, with_files=True)):
            for change in commit.files or ():
                if change.path == name and change.sha is not None:
                    yield commit.at.date(), change.sha
                    name = change.old_path or name
    except NotFound:
        return  # the branch was replaced meanwhile; the plan is checked before it is used
