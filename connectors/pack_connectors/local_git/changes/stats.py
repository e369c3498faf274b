"""Blob ids of working tree files, computed again only for files whose stat data changed.

The rule against racy time stamps is git's (Documentation/technical/racy-git): an entry whose file
was changed less than two seconds before it was read is not trusted, as a later change may carry
the same time stamp.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Final, NamedTuple

from pack.model import BlobId

_RACY_NS: Final = 2_000_000_000


class _Seen(NamedTuple):
    inode: int
    size: int
    modified_ns: int
    changed_ns: int
    blob: BlobId


class StatCache:
    """Remembers the blob id of each path of one working tree."""

    def __init__(self) -> None:
        self._seen: dict[str, _Seen] = {}

    def blob(self, path: str, status: os.stat_result, compute: Callable[[], BlobId]) -> BlobId:
        """The blob id of a file, from memory if its stat data is what it was."""
        seen = self._seen.get(path)
        key = (status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
        if seen is not None and seen[:4] == key:
            return seen.blob
        blob = compute()
        newest = max(status.st_mtime_ns, status.st_ctime_ns)
        if blob and time.time_ns() - newest > _RACY_NS:
            self._seen[path] = _Seen(*key, blob)
        return blob
