"""Trees of commits, each fetched once and kept in memory and on disk under the commit's id."""

from __future__ import annotations

import threading
from collections import OrderedDict
from contextlib import suppress
from typing import Final

from pack.errors import NotFound, Unavailable
from pack.model import CommitId
from pack_connectors.github.cache import GithubCache
from pack_connectors.github.repository import CommitRecord, GithubRepository, is_id, whole_tree
from pack_connectors.github.trees import EMPTY, Tree

_IN_MEMORY: Final = 6
_ATTEMPTS: Final = 5


class GithubSnapshots:
    """The trees of one repository.

    Args:
        repository: Is asked for unknown ones.
        cache: Keeps them between two runs.
    """

    def __init__(self, repository: GithubRepository, cache: GithubCache) -> None:
        self._repository = repository
        self._cache = cache
        self._lock = threading.Lock()
        self._trees: OrderedDict[CommitId, Tree] = OrderedDict()

    def at(self, commit: CommitId) -> Tree:
        """The tree of a commit; one request if it is not known, more if GitHub truncates it.

        Raises:
            NotFound: There is no such commit.
            ConnectorError: GitHub cannot be asked.
        """
        if not is_id(commit):
            raise NotFound(f"commit {commit[:60]!r}")
        found = self.known(commit)
        if found is None:
            found = whole_tree(self._repository, commit)
            self.keep(commit, found)
        return found

    def at_head(self, head: CommitRecord | None) -> Tree:
        """The tree of the current commit; an empty one if there is none.

        Raises:
            ConnectorError: GitHub cannot be asked.
        """
        if head is None:
            return EMPTY
        self._verify(head)
        for _ in self._repository.session.retry.attempts(_ATTEMPTS):
            with suppress(NotFound):  # from a machine that has not seen the commit yet
                return self.at(head.id)
        raise Unavailable("GitHub does not show the tree of the current commit")

    def _verify(self, head: CommitRecord) -> None:
        """Trust a cached tree, on which a write may be based, only if it has the right id."""
        with self._lock:
            if head.id in self._trees:
                return
        found = self._cache.tree(head.id)
        if found is not None:
            if found.id() == head.tree:
                self._remember(head.id, found)
            else:
                self._cache.drop_tree(head.id)

    def known(self, commit: CommitId) -> Tree | None:
        """The tree of a commit, if it takes no request."""
        with self._lock:
            found = self._trees.get(commit)
            if found is not None:
                self._trees.move_to_end(commit)
                return found
        found = self._cache.tree(commit)
        if found is not None:
            self._remember(commit, found)
        return found

    def keep(self, commit: CommitId, tree: Tree) -> None:
        """Keep the tree of a commit."""
        self._remember(commit, tree)
        self._cache.keep_tree(commit, tree)

    def _remember(self, commit: CommitId, tree: Tree) -> None:
        with self._lock:
            self._trees[commit] = tree
            while len(self._trees) > _IN_MEMORY:
                self._trees.popitem(last=False)
