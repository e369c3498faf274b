"""Parts of the log that were read before: what a commit led back to never changes.

After new commits, only those are read. That is exact where they follow the old head in a line, as
writes do; after a merge or on a rewritten branch, the part is read again.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final, NamedTuple

from pack.connector import Capability, Connector
from pack.core.memo import drop_first
from pack.errors import NotFound
from pack.log import CommitFacts, LogQuery
from pack.model import CommitId

_Part = tuple[CommitFacts, ...]
_MOST_WEIGHT: Final = 100_000
"""Commits and changes that are kept, about 50 MB; the parts that were read last."""
_MOST_PARTS: Final = 1_000
_MOST_NEW: Final = 100
_ANY: Final = CommitId("")


class _Known(NamedTuple):
    """A part of the log, and the commit that it begins with."""

    head: CommitId
    part: _Part
    weight: int


class KnownLog:
    """Remembers answers of the log as long as the process lives. May be used from any thread.

    Args:
        connector: Has the log.
    """

    def __init__(self, connector: Connector) -> None:
        self._connector = connector
        # Each step is a single one of the dictionary, so threads need not wait for each other.
        self._parts: dict[LogQuery, _Known] = {}

    def read(self, query: LogQuery) -> _Part:
        """The answer of `Connector.log`, read at once.

        Raises:
            As `Connector.log`.
        """
        key = replace(query, head=_ANY)
        known = self._parts.get(key)
        if known is not None and known.head == query.head:
            return known.part
        part = self._extended(query, known.head, known.part) if known else None
        if part is None:
            part = tuple(self._connector.log(query))
        self._keep(key, query.head, part)
        return part

    def _extended(self, query: LogQuery, old_head: CommitId, old: _Part) -> _Part | None:
        """The part after new commits; `None` if it cannot be told from what is known."""
        is_cheap = Capability.LOG in self._connector.capabilities
        if query.since is not None or query.skip or not is_cheap:
            return None
        try:
            new = self._new(LogQuery(query.head, old_head, with_files=True, limit=_MOST_NEW))
        except NotFound:
            return None
        ends = (*(commit.id for commit in new[1:]), old_head)
        if not new or any(one.parents != (end,) for one, end in zip(new, ends, strict=True)):
            return None
        added = [_narrowed(one, query) for one in new if _fits(one, query)]
        return (*added, *old)[: query.limit]

    def _new(self, query: LogQuery) -> _Part:
        known = self._parts.get(query)
        if known is not None:
            return known.part
        part = tuple(self._connector.log(query))
        self._keep(query, query.head, part)
        return part

    def _keep(self, key: LogQuery, head: CommitId, part: _Part) -> None:
        self._parts.pop(key, None)  # it goes to the end
        weight = sum(1 + len(commit.files or ()) for commit in part)
        self._parts[key] = _Known(head, part, weight)
        weights = [known.weight for known in list(self._parts.values())]
        over, surplus = 0, sum(weights) - _MOST_WEIGHT
        while over < len(weights) - 1 and (surplus > 0 or len(weights) - over > _MOST_PARTS):
            surplus -= weights[over]
            over += 1
        drop_first(self._parts, over)


def _fits(commit: CommitFacts, query: LogQuery) -> bool:
    if not query.is_in_time(commit.at):
        return False
    paths = (path for one in commit.files or () for path in (one.path, one.old_path))
    return query.path is None or query.path in paths


def _narrowed(commit: CommitFacts, query: LogQuery) -> CommitFacts:
    files = query.shown_files(commit.files or ()) if query.with_files else None
    return replace(commit, files=files)
