"""The commits that somebody means who asks for an undo."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from pack.core.core import Core
from pack.errors import InvalidRequest, NotFound
from pack.history.assigned import assigned_in, writer_of
from pack.history.commits import LAST_SESSION
from pack.history.origins import is_named
from pack.history.sessions import find_session
from pack.history.undoing.stack import UndoStack
from pack.history.undoing.undone import UndoChoice
from pack.history.when import find_commit, named_commit, no_moment, parse_moment
from pack.log import CommitFacts, LogQuery
from pack.model import CommitId


class ChosenCommits:
    """Finds them in one history.

    Args:
        core: The memory.
        stack: Its history.
    """

    def __init__(self, core: Core, stack: UndoStack) -> None:
        self._core = core
        self._stack = stack

    def find(self, named: str) -> CommitFacts:
        """The commit with this id, or as `named_commit` knows it; never a moment.

        Raises:
            InvalidRequest: It names none, or several commits begin so.
            NotFound: There is no such commit in the history.
        """
        found = named_commit(self._core.connector, self._stack.head, named)
        if found is None:
            raise InvalidRequest(f"`{named[:64]}` is not the id of a commit")
        commit = self._stack.find(found)
        if commit is None:
            raise NotFound(f"commit {named.strip()[:64]}", "See the log for the commits there are.")
        return commit

    def fitting(self, choice: UndoChoice) -> Iterator[CommitFacts]:
        """The changes that fit everything but the number, newest first.

        Raises:
            InvalidRequest, NotFound: As `find`.
        """
        is_since = self._since(choice.since)
        session = self._in_session(choice.session) if choice.session is not None else None
        assigned = assigned_in(self._core).levels
        for commit in self._stack.changes():
            if choice.by is not None and not is_named(writer_of(commit, assigned), choice.by):
                continue
            if is_since(commit) and (session is None or commit.id in session):
                yield commit

    def _since(self, since: str | None) -> Callable[[CommitFacts], bool]:
        if since is None:
            return lambda _: True
        moment = parse_moment(since, self._core.clock(), at_end=False)
        if moment is not None:
            return lambda commit: commit.at >= moment
        query = LogQuery(self._stack.head, self._find_since(since).id)
        after = {commit.id for commit in self._core.log.read(query)}
        return lambda commit: commit.id in after

    def _find_since(self, since: str) -> CommitFacts:
        """The commit after which everything is meant, in words for somebody who means a moment.

        Raises:
            InvalidRequest, NotFound: It names none.
        """
        commit = self._stack.find(find_commit(self._core.connector, since, self._core.clock()))
        if commit is None:
            raise no_moment(since)
        return commit

    def _in_session(self, named: str) -> frozenset[CommitId]:
        commit = self.find(named).id if named.strip().lower() != LAST_SESSION else None
        found = find_session(self._core.log, self._stack.head, commit)
        return frozenset(each.id for each in found)
