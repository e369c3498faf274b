"""Versions of a memory as numbers: how long the longest line of commits is that leads to one.

The number of a head grows with every commit and every merge, whichever parent of a merge is named
first. Commits on two sides of a merge may have the same number; whoever knows one of them is told
of the other, too, rather than of neither.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cached_property

from pack.core.core import Core
from pack.log import CommitFacts, LogQuery
from pack.model import CommitId


class Heights:
    """The heights of the commits that lead to one; see `of`."""

    def __init__(self, commits: Sequence[CommitFacts]) -> None:
        self._commits = {one.id: one for one in commits}
        self._head = commits[0].id  # the newest first

    @classmethod
    def of(cls, core: Core, head: CommitId) -> Heights:
        """Those of a commit's history; read once for each head."""
        query = LogQuery(head)
        return core.memo.once((cls, head), lambda: cls(core.log.read(query)))

    @property
    def highest(self) -> int:
        """The height of the newest commit."""
        return self._heights[self._head]

    @cached_property
    def first(self) -> CommitId:
        """The first commit: the id of the memory, wherever it is cloned to."""
        found = self._head
        while parents := self._parents(found):
            found = max(parents, key=self._heights.__getitem__)
        return found

    @cached_property
    def _heights(self) -> Mapping[CommitId, int]:
        heights: dict[CommitId, int] = {}
        waiting = list(self._commits)
        while waiting:
            commit = waiting[-1]
            unknown = [one for one in self._parents(commit) if one not in heights]
            if unknown:
                waiting += unknown
            else:
                above = (heights[one] for one in self._parents(commit))
                heights[waiting.pop()] = 1 + max(above, default=0)
        return heights

    def _parents(self, commit: CommitId) -> list[CommitId]:
        return [one for one in self._commits[commit].parents if one in self._commits]

    def height(self, commit: CommitId) -> int | None:
        """The height of a commit; `None` if it does not lead to this one."""
        return self._heights.get(commit)

    @cached_property
    def _alone(self) -> Mapping[int, CommitId]:
        """The commits that no other one is as high as: all higher ones were made on them."""
        counts = Counter(self._heights.values())
        return {height: one for one, height in self._heights.items() if counts[height] == 1}

    def at(self, height: int) -> CommitId | None:
        """The highest commit that led to every one of a height; `None` before the first one."""
        return next((self._alone[low] for low in range(height, 0, -1) if low in self._alone), None)

    def before(self, moment: datetime) -> int:
        """The height below everything that was committed from a moment on."""
        since = (self._heights[one.id] for one in self._commits.values() if one.at >= moment)
        return min(since, default=self.highest + 1) - 1
