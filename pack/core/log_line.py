"""A whole log without merges, by the files that its commits changed.

There, what happened to one file is what happened to all of them, without the rest. Where a merge
is, that takes more than the log says, so git is asked.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace

from pack.log import CommitFacts, LogQuery
from pack.model import CommitId, MemoryPath


class LogLine:
    """The commits of a line, newest first, each with all that it changed.

    Args:
        commits: All of them, down to the first commit of the memory.

    Attributes:
        is_line: Whether there are no merges among them; if there are, nothing is answered.
    """

    def __init__(self, commits: Sequence[CommitFacts]) -> None:
        self.commits = commits
        self.is_line = all(len(one.parents) <= 1 for one in commits)
        self._numbers: dict[CommitId, int] = {}
        self._by_path: dict[MemoryPath, list[int]] = {}
        for number, commit in enumerate(commits if self.is_line else ()):
            self._numbers[commit.id] = number
            for path in _paths(commit):
                self._by_path.setdefault(path, []).append(number)

    def answer(self, query: LogQuery) -> tuple[CommitFacts, ...] | None:
        """The answer to a question about one file; `None` if it is about other commits."""
        first = self._numbers.get(query.head)
        end = len(self.commits) if query.since is None else self._numbers.get(query.since)
        if query.path is None or first is None or end is None:
            return None
        changed = self._by_path.get(query.path, [])
        fitting = (
            self.commits[number]
            for number in changed[bisect_left(changed, first) : bisect_left(changed, end)]
            if query.is_in_time(self.commits[number].at)
        )
        return tuple(narrowed(one, query) for one in query.part(fitting))


def fits(commit: CommitFacts, query: LogQuery) -> bool:
    """Whether a commit, given with its files, is among those wanted."""
    return query.is_in_time(commit.at) and (query.path is None or query.path in _paths(commit))


def narrowed(commit: CommitFacts, query: LogQuery) -> CommitFacts:
    """A commit, given with its files, in the detail that is wanted."""
    files = query.shown_files(commit.files or ()) if query.with_files else None
    return replace(commit, files=files)


def _paths(commit: CommitFacts) -> dict[MemoryPath, None]:
    files = commit.files or ()
    paths = dict.fromkeys(one.path for one in files)
    return paths | dict.fromkeys(one.old_path for one in files if one.old_path)
