"""What a store has to do for merges of heads: it knows the commits, and makes the commit.

What is merged and how is the business of `pack.merge`; a store decides about links and permissions
only, which the core does not see, and as symmetrically.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from pack.model import Change, Commit, CommitId, Identity, Put


@dataclass(frozen=True, slots=True)
class MergeCommit:
    """A merge commit, apart from its tree. Nothing in it is of one machine.

    Attributes:
        parents: The two heads, sorted.
        bases: Their merge bases, sorted.
        message: As in `Connector.commit`.
        identity: Its author and committer.
        seconds: Its time, since 1970 in UTC.
    """

    parents: tuple[CommitId, CommitId]
    bases: tuple[CommitId, ...]
    message: str
    identity: Identity
    seconds: int


@dataclass(frozen=True, slots=True)
class MergeProposal:
    """A commit beside the branch for what a merge withheld. Nothing in it is of one machine.

    Attributes:
        ref: Where it is kept, as in `Connector.commit_aside`.
        merge: The merge, which is its parent.
        change: What it changes.
        message: As in `Connector.commit`.
        author: Whose text it is.
        identity: Who commits.
        seconds: Its time, since 1970 in UTC.
    """

    ref: str
    merge: CommitId
    change: Put
    message: str
    author: Identity | None
    identity: Identity
    seconds: int


class MergeStore(Protocol):
    """The commits of a memory, and the making of merges. Methods may be called from any thread.

    All raise `ConnectorError` where the repository of the memory cannot be read.
    """

    def merge_bases(self, one: CommitId, others: Sequence[CommitId]) -> Sequence[CommitId]:
        """The best common ancestors of a commit and of what the others would be merged."""
        ...

    def height(self, commits: Sequence[CommitId]) -> int:
        """How many commits there are that are one of these or lead to one."""
        ...

    def is_whole(self) -> bool:
        """Whether the history is here from its beginning, and not cut as in a shallow clone."""
        ...

    def merge(self, ours: CommitId, made: MergeCommit, changes: Sequence[Change]) -> Commit:
        """Make the commit, and have the branch and the working tree at it.

        A link that one side changed is taken from there, and so are permissions.

        Args:
            ours: The parent that the branch is at.
            made: The commit.
            changes: How its files differ from those of `ours`; may be none.

        Raises:
            As `Connector.commit`; RefusedForSafety also where both sides changed a link. Nothing
                was changed.
        """
        ...

    def prepare(self, ours: CommitId, made: MergeCommit, changes: Sequence[Change]) -> CommitId:
        """Store the commit that `merge` makes, and nothing else: no branch leads to it yet.

        Raises:
            As `merge`.
        """
        ...

    def propose(self, made: MergeProposal, expected: CommitId | None) -> CommitId:
        """Make the commit for what a merge withheld, unsigned; branch and folder stay.

        Args:
            made: The commit.
            expected: Where its ref leads now; `None` if it does not exist.

        Raises:
            As `Connector.commit_aside`.
        """
        ...

    def is_made(self, commit: CommitId, made: MergeCommit, changes: Sequence[Change]) -> bool:
        """Whether a commit is, to the last byte, the one that `merge` makes.

        Args:
            commit: The commit.
            made: As for `merge`.
            changes: How its files differ from those of the first parent.
        """
        ...
