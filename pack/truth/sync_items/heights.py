"""Versions of a memory as numbers: how many commits lead to one, itself included.

What changed is told along first parents. A memory that takes in a merge which another machine made
has another line behind it from then on. It never gets shorter; but a version that was reached
before may not be on it, so what changed since begins where the two lines went apart. Then some of
it is told twice, and nothing is left out.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Final, NamedTuple

from pack.core.core import Core
from pack.core.memo import Memo
from pack.log import CommitFacts, LogQuery
from pack.model import CommitId

_KEPT: Final = 4


class _Merge(NamedTuple):
    """A merge, by its height, and the height up to which all that it joined had the same line."""

    fork: int
    height: int


class Heights:
    """The heights of the commits that lead to one; see `of`."""

    def __init__(self, head: CommitId, commits: Iterable[CommitFacts]) -> None:
        self._facts = {one.id: one for one in commits}
        parents = {one.id: one.parents for one in self._facts.values()}
        line = [head]
        while (before := parents.get(line[-1], ())[:1]) and before[0] in parents:
            line += before
        self._line = line[::-1]
        self._heights, self._merges = _counted(self._line, parents)

    @classmethod
    def of(cls, core: Core, head: CommitId) -> Heights:
        """Those of a commit's history. They are as long as that, so only a few are kept."""
        recent: Memo = core.memo.once(cls.__name__, lambda: Memo(_KEPT))
        return recent.once(head, lambda: cls(head, core.log.read(LogQuery(head))))

    @property
    def highest(self) -> int:
        """The height of the newest commit."""
        return self._heights[-1]

    @property
    def first(self) -> CommitId:
        """The first commit: the id of the memory, wherever it is cloned to."""
        return self._line[0]

    @cached_property
    def _by_commit(self) -> Mapping[CommitId, int]:
        return dict(zip(self._line, self._heights, strict=True))

    def height(self, commit: CommitId) -> int | None:
        """The height of a commit; `None` if it came here by a merge."""
        return self._by_commit.get(commit)

    def at(self, height: int) -> CommitId | None:
        """The last commit that is no higher; `None` before the first one."""
        place = bisect_right(self._heights, height)
        return self._line[place - 1] if place else None

    def since(self, version: int) -> int:
        """The height after which all is told to whoever knows a version."""
        known = (one.fork for one in self._merges if one.fork < version < one.height)
        return min(known, default=version)

    def before(self, moment: datetime) -> int:
        """The height that was reached before a moment."""
        pairs = zip(reversed(self._line), reversed(self._heights), strict=True)
        return next((height for one, height in pairs if self._facts[one].at < moment), 0)


def _counted(
    line: Sequence[CommitId], parents: Mapping[CommitId, Sequence[CommitId]]
) -> tuple[list[int], list[_Merge]]:
    """The height of each commit of a line, and the merges in it."""
    heights: list[int] = []
    merges: list[_Merge] = []
    left: dict[CommitId, int] = {}  # the height at which each commit went apart from the line
    for commit in line:
        joined = [one for side in parents[commit][1:] for one in _new(side, parents, left)]
        heights.append((heights[-1] if heights else 0) + len(joined) + 1)
        if joined:
            merges.append(_Merge(min(left[one] for one in joined), heights[-1]))
        left[commit] = heights[-1]
    return heights, merges


def _new(
    side: CommitId, parents: Mapping[CommitId, Sequence[CommitId]], left: dict[CommitId, int]
) -> list[CommitId]:
    """The commits that lead to one and are not known yet; they are known then."""
    found: list[CommitId] = []
    todo = [side]
    while todo:
        commit = todo[-1]
        unknown = [one for one in parents.get(commit, ()) if one not in left]
        if commit not in left and unknown:
            todo += unknown
            continue
        todo.pop()
        if commit not in left:
            left[commit] = max((left[one] for one in parents.get(commit, ())), default=0)
            found.append(commit)
    return found
