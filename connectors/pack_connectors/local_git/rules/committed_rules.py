"""The rule files of a commit that are not checked out, found folder by folder.

Git resolves a path from the root each time it is asked. Here each folder's tree is remembered, so
that the rules of a file that is many folders deep cost one question for each folder.
"""

from __future__ import annotations

from pack.model import CommitId, MemoryPath
from pack_connectors.local_git.objects import TREE_MODE, ObjectStore, file_blob, find_in_tree


class CommittedRuleFiles:
    """Those of one repository."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self._trees: tuple[CommitId | None, dict[str, str | None]] = (None, {})

    def read(self, commit: CommitId, path: MemoryPath) -> bytes | None:
        """The bytes of a file of a commit; `None` if it has no such file.

        Raises:
            ConnectorError: Git cannot be asked.
        """
        folder, _, name = path.rpartition("/")
        tree = self._tree_of(commit, folder)
        entry = find_in_tree(self._store.read_tree(tree), name) if tree else None
        blob = file_blob(entry)
        return self._store.read(blob, "blob") if blob else None

    def _tree_of(self, commit: CommitId, folder: str) -> str | None:
        """The tree of a folder; `None` if the commit does not have it."""
        known_commit, trees = self._trees
        if known_commit != commit:
            trees = {"": self._store.tree_of(commit)}
            self._trees = (commit, trees)
        at, unknown = folder, list[str]()
        while at not in trees:
            unknown.append(at)
            at = at.rpartition("/")[0]
        tree = trees[at]
        for each in reversed(unknown):
            entry = (
                find_in_tree(self._store.read_tree(tree), each.rpartition("/")[2]) if tree else None
            )
            tree = entry.id if entry and entry.mode == TREE_MODE else None
            trees[each] = tree
        return tree
