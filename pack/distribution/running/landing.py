"""How a sync came to the default branch: by a merge, a squash, a rebase or by hand.

What counts is when the state file changed along the first parents. Whatever the host did with our
commit, and whether or not it kept its message, that is where the files came.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from pack.distribution.ports import Downstream, DownstreamCommit
from pack.model import BlobId, CommitId

_MOST_COMMITS: Final = 20_000


@dataclass(frozen=True, slots=True)
class Landing:
    """A commit of the default branch that changed the state file.

    Attributes:
        commit: The commit.
        parent: The commit before it on that branch; `None` for the first.
        after: The state file that it brought; `None` if it removed it.
        before: The one before; `None` for none.
        message: What it says.
    """

    commit: CommitId
    parent: CommitId | None
    after: BlobId | None
    before: BlobId | None
    message: str


def first_parents(downstream: Downstream, head: CommitId) -> Iterator[DownstreamCommit]:
    """The commits of a branch along first parents, the newest first.

    The log need not be in the order of the graph: clocks differ.
    """
    log, seen = downstream.log(head), dict[CommitId, DownstreamCommit]()
    wanted: CommitId | None = head
    for _ in range(_MOST_COMMITS):
        if wanted is None:
            return
        while wanted not in seen:
            commit = next(log, None)
            if commit is None:
                return  # the history is cut off, as in a shallow clone
            seen[commit.id] = commit
        found = seen.pop(wanted)
        yield found
        wanted = found.parents[0] if found.parents else None


def landings(downstream: Downstream, head: CommitId, path: str) -> Iterator[Landing]:
    """The commits of a branch that changed a state file, the newest first."""

    def state_at(commit: CommitId | None) -> BlobId | None:
        entry = downstream.files(commit).get(path) if commit is not None else None
        return entry.blob if entry is not None else None

    after = state_at(head)
    for commit in first_parents(downstream, head):
        parent = commit.parents[0] if commit.parents else None
        before = state_at(parent)
        if before != after:
            yield Landing(commit.id, parent, after, before, commit.message)
        after = before
