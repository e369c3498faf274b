"""Which version of a file a caller names by a sha, in whatever form it was copied."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from pack.connector import Capability
from pack.core.core import Core
from pack.errors import BlobChanged, NotFound
from pack.files.note import Note
from pack.log import LogQuery
from pack.model import BlobId, MemoryPath

_AROUND: Final = " \t\r\n\"'`"
_ID: Final = re.compile(r"[0-9a-f]{4,64}")
_RECENT: Final = 20
"""The commits that are looked through first, because a stale sha is rarely older."""


def expect(core: Core, path: MemoryPath, current: Note | None, sha: str | None) -> None:
    """Refuse a write unless its caller has read what is there.

    The beginning of a sha is taken if it is that of the current version and of no other.

    Args:
        core: The memory.
        path: The file.
        current: What is there; `None` if nothing is.
        sha: What the caller named; `None` if nothing. Blanks and quotes around it are ignored, and
            so is case.

    Raises:
        BlobChanged: The caller has not. The error holds what is there, and says whether the sha is
            of an older version or of none.
    """
    named = None if sha is None else BlobId(sha.strip(_AROUND).lower())
    actual = current.sha if current else None
    if actual == named or _is_beginning(core, path, actual, named):
        return
    is_known = named is None or _is_version(core, path, named)
    raise BlobChanged(path, named, actual, current.content if current else None, is_known=is_known)


def _is_beginning(
    core: Core, path: MemoryPath, actual: BlobId | None, named: BlobId | None
) -> bool:
    if not actual or not named or not _ID.fullmatch(named) or not actual.startswith(named):
        return False
    return all(not other.startswith(named) or other == actual for other in _versions(core, path))


def _is_version(core: Core, path: MemoryPath, named: BlobId) -> bool:
    """Whether a sha, or a beginning of one, is of a committed version of a file."""
    if not _ID.fullmatch(named):
        return False
    if Capability.LOG not in core.connector.capabilities:
        return _is_stored(core, named)
    return any(
        other.startswith(named)
        for limit in (_RECENT, None)
        for other in _versions(core, path, limit)
    )


def _is_stored(core: Core, named: BlobId) -> bool:
    try:
        return any(True for _ in core.connector.read_blobs([named]))
    except NotFound:
        return False


def _versions(core: Core, path: MemoryPath, limit: int | None = None) -> Iterator[BlobId]:
    """The committed versions of a file, newest first; nothing if the log is not at hand."""
    head = core.connector.head()
    if head is None or Capability.LOG not in core.connector.capabilities:
        return
    query = LogQuery(head, path=path, with_files=True, limit=limit)
    for commit in core.connector.log(query):
        for change in commit.files or ():
            if change.path == path and change.sha is not None:
                yield change.sha
