"""Which commits are undone, which undo is in effect, and what undo and redo mean next.

All of it is read from the trailers of PACK's own commits: an undo names the commit that it takes
back (`Pack-Undoes`), and a redo is the undo of an undo. There is no state beside the log, so that
every clone of a memory has the same answer. As in an editor, undoing again goes further back,
redoing comes forward, and a new change ends what can be redone.

Merges and the bookkeeping of targets are no steps of this line: nobody wrote them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final

from pack.core.known_log import KnownLog
from pack.log import CommitFacts, LogQuery
from pack.model import CommitId
from pack.provenance import UNDOES, is_ours, skips_sync

_LOADED: Final = (20, 400, None)
"""How many commits are read at first, and if those are not enough."""


def undone_commit(commit: CommitFacts) -> CommitId | None:
    """The commit that an undo takes back; `None` for any other commit."""
    if not is_ours(commit.message):
        return None
    named = commit.trailers.get(UNDOES)
    return CommitId(named) if named else None


class UndoStack:
    """The history of one commit, as undo and redo see it.

    Args:
        log: The log of the memory.
        head: The newest commit.
    """

    def __init__(self, log: KnownLog, head: CommitId) -> None:
        self._log = log
        self.head = head
        self._commits: list[CommitFacts] = []
        self._by_id: dict[CommitId, CommitFacts] = {}
        self._undone: dict[CommitId, CommitId] = {}
        self._is_whole = False

    def commits(self) -> Iterator[CommitFacts]:
        """All commits, newest first; as many are read as somebody asks for."""
        seen = 0
        for limit in _LOADED:
            self._load(limit)
            more = self._commits[seen:]
            seen += len(more)
            yield from more

    def find(self, commit: CommitId) -> CommitFacts | None:
        """A commit of this history; `None` if it is not in it."""
        for limit in _LOADED:
            self._load(limit)
            if commit in self._by_id:
                return self._by_id[commit]
        return None

    def undone_by(self, commit: CommitId) -> CommitId | None:
        """The undo of a commit that is in effect, of the commits that were read so far."""
        return self._undone.get(commit)

    def change_behind(self, commit: CommitFacts) -> CommitFacts:
        """What an undo or a redo is about in the end, as far as it is known; else the commit."""
        return self._chain(commit)[-1]

    def is_redo(self, commit: CommitFacts) -> bool:
        """Whether an undo takes back an undo, and so brings something back."""
        last = self.change_behind(commit)
        is_unknown = undone_commit(last) is not None  # it takes back what is not in this history
        return (len(self._chain(commit)) + is_unknown) % 2 == 1

    def _chain(self, commit: CommitFacts) -> list[CommitFacts]:
        """A commit, the one that it takes back, the one that this takes back, and so on."""
        chain = [commit]
        while (target := undone_commit(chain[-1])) is not None:
            found = self.find(target)
            if found is None:
                break
            chain.append(found)
        return chain

    def changes(self) -> Iterator[CommitFacts]:
        """What somebody has written and nobody has undone, newest first."""
        return (one for one in self.commits() if self._is_change(one))

    def redoable(self, counts: Callable[[CommitFacts], bool]) -> Iterator[CommitFacts]:
        """The undos that can be taken back, newest first.

        Args:
            counts: Whether a commit changed the memory, so that it ends what can be redone.
        """
        written: list[CommitFacts] = []
        is_line = True
        for commit in self.commits():
            is_line = is_line and len(commit.parents) == 1
            if undone_commit(commit) is None:
                if self._is_change(commit) and counts(commit):
                    written.append(commit)
                if written and is_line:
                    return  # everything older comes before it
            elif commit.id not in self._undone and not self.is_redo(commit):
                if any(self._comes_after(later, commit.id) for later in written):
                    return
                yield commit

    def _is_change(self, commit: CommitFacts) -> bool:
        is_step = len(commit.parents) == 1 and undone_commit(commit) is None
        return is_step and commit.id not in self._undone and not skips_sync(commit.message)

    def _comes_after(self, later: CommitFacts, earlier: CommitId) -> bool:
        reached, todo = {later.id}, [later.id]
        while todo:
            found = self._by_id.get(todo.pop())
            parents = set(found.parents) - reached if found is not None else set()
            if earlier in parents:
                return True
            reached |= parents
            todo += parents
        return False

    def _load(self, limit: int | None) -> None:
        if self._is_whole or (limit is not None and len(self._commits) >= limit):
            return
        self._commits = list(self._log.read(LogQuery(self.head, limit=limit)))
        self._by_id = {one.id: one for one in self._commits}
        self._undone = _undone(self._commits)
        self._is_whole = limit is None or len(self._commits) < limit


def _undone(commits: list[CommitFacts]) -> dict[CommitId, CommitId]:
    """The undo in effect by the commit that it takes back.

    An undo is in effect unless one in effect takes it back. What is decided first are those that
    no commit takes back, so that the order in which commits are listed does not matter.
    """
    targets = {one.id: target for one in commits if (target := undone_commit(one)) is not None}
    open_undos = Counter(targets.values())
    undone: dict[CommitId, CommitId] = {}
    ready = [undo for undo in targets if not open_undos[undo]]
    for undo in ready:
        target = targets[undo]
        if undo not in undone:
            undone.setdefault(target, undo)
        open_undos[target] -= 1
        if target in targets and not open_undos[target]:
            ready.append(target)
    return undone
