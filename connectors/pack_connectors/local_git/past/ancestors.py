"""Which commits lead to the current one: asked for each commit that a caller names.

Git answers by walking there, which for an old commit takes as long as listing all of them. So the
second time that somebody asks about a head, all of them are listed, and the answers are known.
"""

from __future__ import annotations

import threading
from typing import Final

from pack.model import CommitId
from pack_connectors.local_git.process import GitRunner, check_id

_MOST: Final = 50_000
"""Commits that are remembered, the newest first; they take about 5 MB."""


class Ancestors:
    """The commits that lead to one. May be shared by threads."""

    def __init__(self, runner: GitRunner) -> None:
        self._runner = runner
        self._lock = threading.Lock()
        self._asked: CommitId | None = None
        self._known: tuple[CommitId | None, frozenset[bytes]] = (None, frozenset())

    def holds(self, commit: CommitId, head: CommitId) -> bool:
        """Whether a commit is the head or leads to it; both are commits of the repository.

        Raises:
            Unavailable: Git failed.
        """
        if commit == head:
            return True
        found = self._of(head)
        if commit.encode("ascii") in found:
            return True
        is_whole = 0 < len(found) < _MOST
        return not is_whole and leads_to(self._runner, commit, head)

    def _of(self, head: CommitId) -> frozenset[bytes]:
        """Those that are known; none at the first question about a head."""
        with self._lock:
            if self._known[0] != head and self._asked == head:
                words = ["rev-list", f"--max-count={_MOST}", check_id(head), "--"]
                self._known = head, frozenset(self._runner.run(words).split())
            self._asked = head
            return self._known[1] if self._known[0] == head else frozenset()


def leads_to(runner: GitRunner, since: CommitId, head: CommitId) -> bool:
    """Whether a commit is the other one or comes before it.

    Why not `rev-list -1 SINCE ^HEAD`: it stops early where clocks were wrong, and says no.

    Raises:
        Unavailable: Git failed.
    """
    base = runner.run(["merge-base", check_id(since), check_id(head)], ok=(0, 1))
    return base.decode("ascii").strip() == since
