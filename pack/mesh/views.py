"""What this room answers: where peers are, what came of a bundle, what a check found."""

from __future__ import annotations

from dataclasses import dataclass

from pack.mesh.intake import Refusal
from pack.mesh.members.group import Peer
from pack.mesh.members.keys import PeerId
from pack.mesh.state import PeerRecord
from pack.model import CommitId


@dataclass(frozen=True, slots=True)
class TakenIn:
    """What came of a bundle.

    Attributes:
        received: How many peers' heads are new here.
        quarantined: What was refused.
        pending: Commits that the bundle builds on and that are not here yet.
        waiting: Why some of the heads are not in the memory yet.
        head: Where the memory is now.
        is_restored: See `IntakeVerdict`.
        is_cloned: See `IntakeVerdict`.
        commits: See `IntakeVerdict`.
    """

    received: int = 0
    quarantined: tuple[Refusal, ...] = ()
    pending: tuple[CommitId, ...] = ()
    waiting: tuple[str, ...] = ()
    head: CommitId | None = None
    is_restored: bool = False
    is_cloned: bool = False
    commits: int = 0

    def and_then(self, later: TakenIn) -> TakenIn:
        """What came of this bundle and of one after it."""
        return TakenIn(
            self.received + later.received,
            (*self.quarantined, *later.quarantined),
            self.pending,
            later.waiting,
            later.head,
            self.is_restored or later.is_restored,
            self.is_cloned or later.is_cloned,
            self.commits + later.commits,
        )


@dataclass(frozen=True, slots=True)
class Standpoint:
    """Where a memory is.

    Attributes:
        head: Its current commit; `None` before the first.
        height: How many commits that is.
    """

    head: CommitId | None
    height: int


@dataclass(frozen=True, slots=True)
class PeerView:
    """Another peer, as it is seen from here.

    Attributes:
        peer: Its id.
        name: What people call it.
        head: Where it was when it was last heard from; `None` if it never was.
        lag: How many commits it lacks of what is here.
        record: What is remembered of it.
        member: What it may do in the group.
    """

    peer: PeerId
    name: str
    head: CommitId | None
    lag: int
    record: PeerRecord
    member: Peer


@dataclass(frozen=True, slots=True)
class Verification:
    """What a check of everything found.

    Attributes:
        head: Where the memory is.
        commits: How many commits that is.
        problems: What is wrong, in words.
    """

    head: CommitId | None
    commits: int
    problems: tuple[str, ...]
