"""How two commits lie to each other where few are between them: no git has to be started.

Most often, one write lies between what is here and what comes, and git takes longer to start than
to answer. Commits are followed along single parents alone, so the answer is exact where there is
one; where there is a merge on the way, or it is far, git has to be asked.
"""

from __future__ import annotations

from typing import Final

from pack.errors import NotFound
from pack.model import CommitId
from pack_connectors.local_git.beside.side_refs import parents_in
from pack_connectors.local_git.objects import ObjectStore

_FARTHEST: Final = 16


def distance(store: ObjectStore, ancestor: CommitId, commit: CommitId) -> int | None:
    """By how many commits one is ahead of another that leads to it; negative for the reverse.

    Args:
        store: Their commits; of a clone that is whole, and with its reading child started.
        ancestor: The one that may be behind.
        commit: The one that may be ahead.

    Returns:
        `None` where git has to be asked.

    Raises:
        Unavailable: The object database cannot be read.
    """
    ahead = _steps(store, commit, ancestor)
    if ahead is not None:
        return ahead
    behind = _steps(store, ancestor, commit)
    return -behind if behind is not None else None


def _steps(store: ObjectStore, head: CommitId, wanted: CommitId) -> int | None:
    at = head
    for step in range(_FARTHEST + 1):
        if at == wanted:
            return step
        try:
            parents = parents_in(store.read_commit(at))
        except NotFound:
            return None
        if len(parents) != 1:
            return None
        (at,) = parents
    return None
