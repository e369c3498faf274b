"""What a remote brings and may not: what an exchange asks before it takes a history in as it is.

How that is found out is the business of `pack.truth`, which knows history.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from pack.deferred import dataclass
from pack.model import CommitId, MemoryPath


@dataclass(frozen=True, slots=True)
class HeldBack:
    """What machines elsewhere did to text that they may not change.

    Attributes:
        path: Where the file belongs.
        content: What it holds without that; `None` for a file that should not be.
        there: Where it is in their commit; `None` if they deleted it.
        whole: What they have there; or a version that a merge of theirs dropped.
        is_dropped: Whether it is that: whoever wrote it, it must not be lost.
    """

    path: MemoryPath
    content: bytes | None
    there: MemoryPath | None
    whole: bytes | None
    is_dropped: bool = False


class Referee(Protocol):
    """Judges what a remote or a peer brings. May be used from any thread."""

    def held_back(self, base: CommitId, theirs: CommitId) -> Sequence[HeldBack]:
        """What machines did, since a commit of ours, that only the person may do.

        Args:
            base: A commit that both have.
            theirs: The commit that came.
        """
        ...
