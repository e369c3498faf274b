"""Parts of the log that were read before: what a commit led back to never changes.

After new commits, only those are read. That is exact where they follow the old head in a line, as
writes do; after a merge or on a rewritten branch, the part is read again. Where the whole log was
read, it says what happened to each file.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace
from threading import Lock
from typing import Final

from pack.connector import Capability, Connector
from pack.core.log_line import LogLine, fits, narrowed
from pack.errors import NotFound
from pack.log import CommitFacts, LogQuery
from pack.model import CommitId

_Part = tuple[CommitFacts, ...]
_MOST_FILES: Final = 100_000
"""Commits and changes that are kept, about 50 MB; the parts that were used last."""
_MOST_NEW: Final = 100
_ANY: Final = CommitId("")
_WHOLE: Final = LogQuery(_ANY, with_files=True)


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
        self._line: tuple[_Part, LogLine] | None = None

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
        if part is None and (picked := self._picked(query)) is not None:
            return picked  # as quickly again
        if part is None:
            part = tuple(self._connector.log(query))
        self._keep(key, query.head, part)
        return part

    def _picked(self, query: LogQuery) -> _Part | None:
        """What the whole log says of one file; `None` if it is not known, or has merges."""
        line = self._known_line() if query.path is not None else None
        return line.answer(query) if line is not None else None

    def _known_line(self) -> LogLine | None:
        """The whole log by its files; `None` if it is not known."""
        with self._lock:
            known, line = self._parts.get(_WHOLE), self._line
            if known is None:
                return None
            if line is None or line[0] is not known[1]:
                made = LogLine(known[1]) if line is None else line[1].brought_up(known[1])
                line = self._line = known[1], made
        return line[1]

    def read_whole(self, head: CommitId) -> bool:
        """Know what happened to all files, so that the store is not asked about each.

        Returns:
            Whether that is so now. It is not where there are merges.

        Raises:
            As `Connector.log`.
        """
        self.read(replace(_WHOLE, head=head))
        line = self._known_line()
        return line is not None and line.is_line

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
        added = [narrowed(one, query) for one in new if fits(one, query)]
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
            if _WHOLE not in self._parts:
                self._line = None


def _weight(part: _Part) -> int:
    return 1 + sum(1 + len(commit.files or ()) for commit in part)
