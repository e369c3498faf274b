"""What the history of a commit says about the truth of all its files.

That is what the person accepted, and which commits are of a history that began elsewhere. To find
it, every message is looked through; so it is kept, and after new commits only those are read.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass, replace
from functools import partial
from itertools import chain
from typing import Final

from pack.catalog.catalog import Catalog
from pack.core.known_log import KnownLog
from pack.core.memo import Memo
from pack.history.joined import joined_commits
from pack.log import LogQuery
from pack.model import BlobId, CommitId, MemoryPath
from pack.truth.acceptances import Acceptance, acceptances_among, version_accepted
from pack.truth.kept import readable

_WHOLE: Final = ""
"""What the catalog remembers under no path is about the memory as a whole."""
_KEEP_AFTER: Final = 50
"""So many new commits are looked through in no time. `KnownLog.after` takes more."""
_KNOWN: Final = 16
_Accepted = tuple[Acceptance, CommitId | None]


@dataclass(frozen=True, slots=True)
class KnownHistory:
    """What history says about the truth of all files.

    Attributes:
        accepted: What the person accepted, newest first, and the commit that made that version;
            `None` where it cannot be told.
        joined: The commits of histories that began elsewhere.
        is_cut: Whether the clone is shallow, so that there may be more of it one day.
        later: How many commits were looked through since this was last kept; many if it
            never was.
    """

    accepted: tuple[_Accepted, ...] = ()
    joined: frozenset[CommitId] = frozenset()
    is_cut: bool = False
    later: int = 0


class KnownHistories:
    """Finds out what history says, and keeps it. May be used from any thread.

    Args:
        log: The log of the memory.
        catalog: Keeps it for the next process.
        limit: How many commits are looked through; `None` for all, and only then it is kept.
    """

    def __init__(self, log: KnownLog, catalog: Catalog, limit: int | None) -> None:
        self._log = log
        self._catalog = catalog
        self._limit = limit
        self._known = Memo(_KNOWN)
        self._last: tuple[CommitId, KnownHistory] | None = None

    def of(self, head: CommitId, *, keep: bool) -> KnownHistory:
        """What the history of a commit says.

        Args:
            head: The commit.
            keep: Whether the next process is told.

        Raises:
            ConnectorError: The log cannot be read.
        """
        return self._known.once(head, lambda: self._find(head, keep=keep))

    def _find(self, head: CommitId, *, keep: bool) -> KnownHistory:
        last = self._last
        starts = chain([last] if last else [], self._kept())
        found = next(filter(None, (self._after(head, *start) for start in starts)), None)
        found = found or self._found_out(head)
        is_whole = self._limit is None and not found.is_cut
        if keep and is_whole and found.later >= _KEEP_AFTER:
            found = replace(found, later=0)
            self._catalog.remember(_WHOLE, head, _written(found))
        self._last = head, found
        return found

    def _kept(self) -> Iterator[tuple[CommitId, KnownHistory]]:
        if self._limit is None:
            for key, value in self._catalog.remembered(_WHOLE).items():
                found = readable(partial(_read, value))
                if found is not None:
                    yield CommitId(key), found

    def _after(self, head: CommitId, start: CommitId, found: KnownHistory) -> KnownHistory | None:
        """What the history says, given what it said at an earlier commit; `None` if that is none.

        Whatever follows a commit of the memory's own history is of that, too.
        """
        if start == head:
            return found
        new = self._log.after(head, start)
        if new is None:
            return None
        accepted = (*self._with_versions(acceptances_among(new)), *found.accepted)
        return replace(found, accepted=accepted, later=found.later + len(new))

    def _found_out(self, head: CommitId) -> KnownHistory:
        commits = self._log.read(LogQuery(head, limit=self._limit))
        accepted = self._with_versions(acceptances_among(commits))
        joined = joined_commits(self._log, head, self._limit)
        is_cut = any(commit.is_cut for commit in commits)
        return KnownHistory(tuple(accepted), joined, is_cut, later=_KEEP_AFTER)

    def _with_versions(self, found: Iterable[Acceptance]) -> Iterator[_Accepted]:
        return ((one, version_accepted(self._log, one)) for one in found)


def _written(found: KnownHistory) -> str:
    accepted = [[*astuple(one), version] for one, version in found.accepted]
    return json.dumps([accepted, sorted(found.joined)], separators=(",", ":"))


def _read(text: str) -> KnownHistory:
    accepted, joined = json.loads(text)
    return KnownHistory(
        tuple(_accepted(*one) for one in accepted), frozenset(map(CommitId, joined))
    )


def _accepted(
    commit: str,
    origin: str,
    path: str,
    blob: str,
    spans: list[list[int]],
    version: str | None,
) -> _Accepted:
    lines = tuple((int(first), int(last)) for first, last in spans)
    one = Acceptance(CommitId(commit), origin, MemoryPath(path), BlobId(blob), lines)
    return one, CommitId(version) if version else None
