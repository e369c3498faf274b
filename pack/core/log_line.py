"""A whole log without merges, by the files that its commits changed.

There, what happened to one file is what happened to all of them, without the rest. Where a merge
is, that takes more than the log says, so git is asked.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace

from pack.log import CommitFacts, LogQuery
from pack.model import CommitId, MemoryPath


class LogLine:
    """The commits of a line, each with all that it changed; new ones may be added at its end.

    Args:
        commits: All of them, newest first, down to the first commit of the memory.

    Attributes:
        is_line: Whether there are no merges among them; if there are, nothing is answered.
    """

    def __init__(self, commits: Sequence[CommitFacts]) -> None:
        self.is_line = True
        self._commits: list[CommitFacts] = []
        """The first one first, so that a number stays that of its commit."""
        self._numbers: dict[CommitId, int] = {}
        self._by_path: dict[MemoryPath, list[int]] = {}
        self._add(commits)

    def brought_up(self, commits: Sequence[CommitFacts]) -> LogLine:
        """The line of these commits, newest first: this one, if they only follow what it has."""
        known = len(self._commits)
        new = len(commits) - known
        if not self.is_line or new < 0 or (known and commits[new] is not self._commits[-1]):
            return LogLine(commits)
        self._add(commits[:new])
        return self

    def _add(self, commits: Sequence[CommitFacts]) -> None:
        self.is_line = self.is_line and all(len(one.parents) <= 1 for one in commits)
        for commit in reversed(commits if self.is_line else ()):
            number = len(self._commits)
            for path in _paths(commit):
                self._by_path.setdefault(path, []).append(number)
            self._commits.append(commit)
            self._numbers[commit.id] = number

    def answer(self, query: LogQuery) -> tuple[CommitFacts, ...] | None:
        """The answer to a question about one file; `None` if it is about other commits."""
        last = self._numbers.get(query.head)
        since = -1 if query.since is None else self._numbers.get(query.since)
        if query.path is None or last is None or since is None:
            return None
        changed = self._by_path.get(query.path, [])
        wanted = changed[bisect_right(changed, since) : bisect_right(changed, last)]
        fitting = (
            self._commits[number]
            for number in reversed(wanted)
            if query.is_in_time(self._commits[number].at)
        )
        return tuple(narrowed(one, query) for one in query.part(fitting))


def fits(commit: CommitFacts, query: LogQuery) -> bool:
    """Whether a commit, given with its files, is among those wanted."""
    return query.is_in_time(commit.at) and (query.path is None or query.path in _paths(commit))


def narrowed(commit: CommitFacts, query: LogQuery) -> CommitFacts:
    """A commit, given with its files, in the detail that is wanted."""
    if query.with_files and not query.only_path:
        return commit
    files = query.shown_files(commit.files or ()) if query.with_files else None
    return replace(commit, files=files)


def _paths(commit: CommitFacts) -> dict[MemoryPath, None]:
    files = commit.files or ()
    paths = dict.fromkeys(one.path for one in files)
    return paths | dict.fromkeys(one.old_path for one in files if one.old_path)
