"""The line of commits that a memory went along, as the sync reads it: a queue that is always there.

The line follows first parents: a merge is one step, whose change is what it brought to the side it
was made on. Whoever wrote, by whatever means, is in it (C9).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pack.model import CommitId


@dataclass(frozen=True, slots=True)
class CommitFacts:
    """What the log tells of one commit.

    Attributes:
        id: The commit.
        parents: What it was made on; the first is the side it was made on.
        message: As it is stored; bytes that are no UTF-8 are replaced.
        at: When it was committed, in UTC.
        url: Where a browser shows it, where the store has such a place.
    """

    id: CommitId
    parents: tuple[CommitId, ...]
    message: str
    at: datetime
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Lineage:
    """The commits between two.

    Attributes:
        commits: Those on the line of first parents of the later one that the earlier one does not
            lead back to; the oldest first.
        is_rewritten: Whether the earlier one is none of the commits that lead to the later one, as
            the history was changed; the commits are then those after the last common one.
    """

    commits: tuple[CommitFacts, ...]
    is_rewritten: bool = False

    @property
    def is_unrelated(self) -> bool:
        """Whether no commit is in both: the line begins anew, or a shallow clone cuts it."""
        return self.is_rewritten and bool(self.commits) and not self.commits[0].parents
