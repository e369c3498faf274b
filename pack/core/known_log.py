"""Parts of the log that were read before: what a commit led back to never changes.

After new commits, only those are read. That is exact where they follow the old head in a line, as
writes do; after a merge or on a rewritten branch, the part is read again.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace
from threading import Lock
from typing import Final

from pack.connector import Capability, Connector
from pack.errors import NotFound
from pack.log import CommitFacts, LogQuery
from pack.model import CommitId

_Part = tuple[CommitFacts, ...]
_MOST_FILES: Final = 100_000
"""Commits and changes that are kept, about 50 MB; the parts that were used last."""
_MOST_NEW: Final = 100
_ANY: Final = CommitId("")


class KnownLog:
    """Remembers answers of the log as long as the process lives. May be used from any thread.

    Args:
        connector: Has the log.
    """

    def __init__(self, connector: Connector) -> None:
        self._connector = connector
        self._lock = Lock()
        self._parts: OrderedDict[LogQuery, tuple[CommitId, _Part]] = OrderedDict()
        self._size = 0

    def read(self, query: LogQuery) -> _Part:
        """The answer of `Connector.log`, read at once.

        Raises:
            As `Connector.log`.
        """
        key = replace(query, head=_ANY)
        with self._lock:
            known = self._parts.get(key)
        if known is not None and known[0] == query.head:
            return known[1]
        part = self._extended(query, *known) if known else None
        if part is None:
            part = tuple(self._connector.log(query))
        self._keep(key, query.head, part)
        return part

    def after(self, head: CommitId, old: CommitId) -> _Part | None:
        """The commits after an old one, with their files, if they follow it in a line.

        `None` if they do not, or are many, or the log is not cheap to read.
        """
        if Capability.LOG not in self._connector.capabilities:
            return None
        try:
            new = self._new(LogQuery(head, old, with_files=True, limit=_MOST_NEW))
        except NotFound:
            return None
        ends = (*(commit.id for commit in new[1:]), old)
        if not new or any(one.parents != (end,) for one, end in zip(new, ends, strict=True)):
            return None
        return new

    def _extended(self, query: LogQuery, old_head: CommitId, old: _Part) -> _Part | None:
        """The part after new commits; `None` if it cannot be told from what is known."""
        if query.since is not None or query.skip:
            return None
        new = self.after(query.head, old_head)
        if new is None:
            return None
        added = [_narrowed(one, query) for one in new if _fits(one, query)]
        return (*added, *old)[: query.limit]

    def _new(self, query: LogQuery) -> _Part:
        with self._lock:
            known = self._parts.get(query)
        if known is not None:
            return known[1]
        part = tuple(self._connector.log(query))
        self._keep(query, query.head, part)
        return part

    def _keep(self, key: LogQuery, head: CommitId, part: _Part) -> None:
        with self._lock:
            if key in self._parts:
                self._size -= _weight(self._parts.pop(key)[1])
            self._parts[key] = head, part
            self._size += _weight(part)
            while self._size > _MOST_FILES and len(self._parts) > 1:
                _, (_, dropped) = self._parts.popitem(last=False)
                self._size -= _weight(dropped)


def _fits(commit: CommitFacts, query: LogQuery) -> bool:
    if not query.is_in_time(commit.at):
        return False
    paths = (path for one in commit.files or () for path in (one.path, one.old_path))
    return query.path is None or query.path in paths


def _narrowed(commit: CommitFacts, query: LogQuery) -> CommitFacts:
    files = query.shown_files(commit.files or ()) if query.with_files else None
    return replace(commit, files=files)


def _weight(part: _Part) -> int:
    return 1 + sum(1 + len(commit.files or ()) for commit in part)
