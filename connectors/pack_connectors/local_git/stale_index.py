"""Entries that a `git commit` beside a write put back into the index, where nobody staged them.

`git commit` reads HEAD, then the index, and only then takes `index.lock`. If a write of PACK fits
in between, git cannot move the branch any more and says so. But it has written the index as it read
it, without what the write put in; and the person's next commit would take the write back.

Such an entry is told from one that a person staged by all of these: the file in the folder is what
the commit says, so nobody has changed it; the index has what was there before a commit of PACK, and
so it does for every other file of that commit; and the index was written right after that.

Source: git's builtin/commit.c (prepare_index).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Final

from pack.log import CommitFacts, LogQuery
from pack.model import BlobId, CommitId, MemoryPath
from pack.provenance import is_ours
from pack_connectors.local_git.arrivals import differences
from pack_connectors.local_git.index import GitIndex, IndexState
from pack_connectors.local_git.log import read_log
from pack_connectors.local_git.objects import ObjectStore, file_blob
from pack_connectors.local_git.process import GitRunner
from pack_connectors.local_git.rules.local import LocalRules
from pack_connectors.local_git.worktree import Worktree

_MOST_COMMITS: Final = 50
_Before = tuple[MemoryPath, BlobId | None]
"""A file, and what it was before a commit."""
_RIGHT_AFTER_NS: Final = 30 * 10**9


class StaleIndex:
    """Finds and replaces the stale entries of one index."""

    def __init__(
        self,
        runner: GitRunner,
        store: ObjectStore,
        index: GitIndex,
        worktree: Worktree,
        rules: LocalRules,
    ) -> None:
        self._runner = runner
        self._store = store
        self._index = index
        self._worktree = worktree
        self._rules = rules
        self._seen: IndexState | None = None

    def is_suspect(self) -> bool:
        """Whether somebody has written the index since a write of this process; cheap."""
        return self._index.is_replaced() and self._index.state() != self._seen

    def mend(self, head: CommitId | None) -> None:
        """Put what the current commit has in the place of stale entries.

        The caller holds the process lock.

        Raises:
            PackError: The index cannot be read or written; nothing was changed.
            OSError: Likewise.
        """
        self._seen = self._index.state()
        if head is None or self._seen is None:
            return
        staged = self._index.staged(head)
        tree = self._store.tree_of(head) if staged else ""
        suspects = {
            path
            for path in staged
            if self._is_just_written(path, self._seen)
            and self._blob_here(path) == file_blob(self._store.entry_at(tree, path))
        }
        stale = set(self._stale(head, tree, suspects, staged))
        if stale and (stale := stale - self._index.unmerged()):
            self._index.write_entries({path: self._store.entry_at(tree, path) for path in stale})

    def _is_just_written(self, path: MemoryPath, state: IndexState) -> bool:
        """Whether the index was written right after the file was, or went from its folder."""
        found = self._worktree.stat(path)
        while found is None:
            path = MemoryPath(path.rpartition("/")[0])
            found = self._worktree.stat(path) if path else self._worktree.root.stat()
        return state.modified_ns - found.st_mtime_ns <= _RIGHT_AFTER_NS

    def _blob_here(self, path: MemoryPath) -> BlobId | None:
        now = self._worktree.read(path)
        return now.blob_of(self._rules.to_blob(path, now.content)) if now else None

    def _stale(
        self,
        head: CommitId,
        tree: str,
        suspects: Collection[MemoryPath],
        staged: Mapping[MemoryPath, BlobId | None],
    ) -> Iterator[MemoryPath]:
        """Those of which the index has what was there before one of PACK's last commits."""
        if not suspects:
            return

        def is_before(change: _Before) -> bool:
            path, old = change
            return path in staged or file_blob(self._store.entry_at(tree, path)) == old

        query = LogQuery(head, with_files=True, limit=_MOST_COMMITS)
        for commit in read_log(self._runner, query, finds_moves=False):
            for changed in self._changed(commit) if is_ours(commit.message) else ():
                found = [path for path, old in changed if path in suspects and staged[path] == old]
                if found and all(map(is_before, changed)):
                    yield from found

    def _changed(self, commit: CommitFacts) -> Iterator[list[_Before]]:
        """What was there before a commit; before a merge, the head may have been any parent."""
        if len(commit.parents) < 2:
            yield [(change.path, change.old_sha) for change in commit.files or ()]
            return
        for parent in commit.parents:
            found = differences(self._runner, parent, commit.id)
            yield [(one.path, file_blob(one.before) if one.before else None) for one in found]
