"""Versions of a memory as numbers: how many commits lead to one, along first parents."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cached_property

from pack.core.core import Core
from pack.log import CommitFacts, LogQuery
from pack.model import CommitId


class Heights:
    """The heights of the commits that lead to one; see `of`."""

    def __init__(self, commits: tuple[CommitFacts, ...]) -> None:
        self._commits = commits  # the newest first

    @classmethod
    def of(cls, core: Core, head: CommitId) -> Heights:
        """Those of a commit's history; read once for each head."""
        query = LogQuery(head, first_parent=True)
        return core.memo.once((cls, head), lambda: cls(core.log.read(query)))

    @property
    def highest(self) -> int:
        """The height of the newest commit."""
        return len(self._commits)

    @property
    def first(self) -> CommitId:
        """The first commit: the id of the memory, wherever it is cloned to."""
        return self._commits[-1].id

    @cached_property
    def _by_commit(self) -> Mapping[CommitId, int]:
        return {one.id: self.highest - place for place, one in enumerate(self._commits)}

    def height(self, commit: CommitId) -> int | None:
        """The height of a commit; `None` if it came here by a merge."""
        return self._by_commit.get(commit)

    def at(self, height: int) -> CommitId | None:
        """The commit of a height; `None` before the first one."""
        return self._commits[-height].id if height else None

    def before(self, moment: datetime) -> int:
        """The height that was reached before a moment."""
        return next(
            (self.highest - place for place, one in enumerate(self._commits) if one.at < moment), 0
        )
