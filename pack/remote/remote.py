"""A remote of a memory: a branch of another repository that it is exchanged with.

What is done with it is decided in `decision` and `pack.use_cases.exchange`; whoever implements
`Remote` carries it out. Nothing it can do rewrites history, here or there: a push is a
fast-forward or it is refused, and what is taken in is one more commit, or a fast-forward.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from pack.model import BlobId, Commit, CommitId, EntryType, MemoryPath
from pack.remote.merge_store import MergeStore
from pack.rules.exclusion import Exclusion

Report = Callable[[str], object]
"""Told, in a word or two, what takes its time now."""


@dataclass(frozen=True, slots=True)
class RemoteBranch:
    """What a memory is exchanged with.

    Attributes:
        name: What git calls the remote, such as `origin`.
        url: Where it is; without user names and passwords.
        branch: The branch there.
        local: The branch here.
        configured: The branch there that git's configuration says, or that is called as ours.
    """

    name: str
    url: str
    branch: str
    local: str
    configured: str

    @property
    def label(self) -> str:
        """`origin/main`."""
        return f"{self.name}/{self.branch}"


class StopKind(StrEnum):
    """Why exchanges with a remote stop until a person decides."""

    REWRITTEN = "rewritten"
    VANISHED = "vanished"
    EMPTIED = "emptied"
    UNRELATED = "unrelated"
    REFUSED = "refused"
    BRANCH = "branch"
    PLAIN_TEXT = "plain_text"


@dataclass(frozen=True, slots=True)
class Stop:
    """An exchange that was not made, because it could lose something.

    Attributes:
        kind: Why, for programs.
        reason: Why, for people.
        remedy: What a person can do.
        rescue: The ref that keeps both histories, where one may be dropped by git otherwise.
    """

    kind: StopKind
    reason: str
    remedy: str
    rescue: str = ""


@dataclass(frozen=True, slots=True)
class RemoteRecord:
    """How the last exchanges went. Times are ISO 8601, in UTC.

    Attributes:
        exchanged_at: When both sides were last known to agree.
        agreed: Our commit at that time.
        attempted_at: When it was tried last.
        failures: How many attempts have failed since.
        not_before: When the next attempt is due after a failure.
        problem: Why the last attempt failed, or what it waits for.
        is_waiting: Whether it waits for something in the folder of the memory.
        stop: Why no exchange is made at all.
        configured: As `RemoteBranch.configured`, in the last exchange.
        branch: The branch there that was taken instead.
        others: More branches that were there.
    """

    exchanged_at: str | None = None
    agreed: CommitId | None = None
    attempted_at: str | None = None
    failures: int = 0
    not_before: str | None = None
    problem: str | None = None
    is_waiting: bool = False
    stop: Stop | None = None
    configured: str | None = None
    branch: str | None = None
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RemoteStatus:
    """A remote as `pack status` shows it; nobody was asked over the network.

    Attributes:
        name: What git calls the remote.
        branch: What the memory is exchanged with; `None` where that cannot be said now.
        ahead: Commits that the remote does not have, as far as is known.
        behind: Commits of the remote that are not here, as far as is known.
        record: How the last exchanges went.
    """

    name: str
    branch: RemoteBranch | None
    ahead: int
    behind: int
    record: RemoteRecord


@dataclass(frozen=True, slots=True)
class Incoming:
    """A path at which a commit of the remote differs from one of ours.

    Attributes:
        path: Where.
        type: What the remote has there; `None` for nothing.
        is_new: Whether our commit has nothing there.
        is_changed_type: Whether one is a file and the other is none.
        size: Bytes of the remote's file, or of the text of its link; 0 for anything else.
    """

    path: MemoryPath
    type: EntryType | None
    is_new: bool
    is_changed_type: bool
    size: int


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A version of a managed file that a commit made which the remote does not have.

    Attributes:
        path: The file.
        sha: The version.
        commit: What made it.
        why: What manages the file now.
    """

    path: MemoryPath
    sha: BlobId
    commit: CommitId
    why: Exclusion


class Outcome(StrEnum):
    """How an exchange ended."""

    NO_REMOTE = "no_remote"
    UP_TO_DATE = "up_to_date"
    SENT = "sent"
    RECEIVED = "received"
    MERGED = "merged"
    WAITING = "waiting"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Exchange:
    """What an exchange did.

    Attributes:
        outcome: How it ended.
        sent: How many commits the remote got.
        received: How many commits came from it.
        agreed: The commit that both sides are at; `None` where they are not.
        copies: Conflict copies that were made: what could not be merged is whole in them.
        reason: What it waits for; empty otherwise.
        remedy: What to do about it.
        stop: Why nothing was exchanged.
        branch: What the memory was exchanged with; `None` where there is no remote.
        others: More branches that are there.
        proposals: What merges withheld from the files, which waits for the person from now on.
    """

    outcome: Outcome
    sent: int = 0
    received: int = 0
    agreed: CommitId | None = None
    copies: tuple[str, ...] = ()
    reason: str = ""
    remedy: str = ""
    stop: Stop | None = None
    branch: RemoteBranch | None = field(default=None, compare=False)
    others: tuple[str, ...] = field(default=(), compare=False)
    proposals: tuple[str, ...] = ()


class Remote(Protocol):
    """A remote of one memory, with a state of its own. Methods may be called from any thread.

    Reading methods raise `ConnectorError` where the repository of the memory cannot be read.
    """

    @property
    def name(self) -> str:
        """What git calls the remote; no other remote of the memory has the same name."""
        ...

    def branch(self) -> RemoteBranch:
        """What the memory is exchanged with.

        Raises:
            InvalidConfig: The remote cannot be used as it is set up, or no longer takes part.
        """
        ...

    def exclusive(self) -> AbstractContextManager[None]:
        """Hold off others who exchange with this remote; writes and other remotes go on.

        Raises:
            RepositoryBusy: One of them is exchanging now.
        """
        ...

    def is_given_up(self) -> bool:
        """Whether nobody waits for the remote any more, as the program is about to end."""
        ...

    def heads(self) -> Mapping[str, CommitId]:
        """The branches that the remote has now, and where each is; nothing is changed.

        Raises:
            Unavailable: The remote did not answer as it should, or it was given up.
        """
        ...

    def taken(self) -> Collection[str]:
        """The remote's branches that belong to another branch here than the current one."""
        ...

    def follow(self, branch: str) -> RemoteBranch:
        """Have the exchange that is under way go on with another branch of the remote.

        Raises:
            InvalidConfig: No ref can have that name.
        """
        ...

    def fetch(self, head: CommitId | None) -> CommitId | None:
        """Have the remote's history here, changing nothing else.

        Args:
            head: Where the branch is, from `heads`; `None` where the remote has no such branch.

        Returns:
            Where the branch is by now; `None` as `head`.

        Raises:
            Unavailable: The remote did not answer as it should, or it was given up.
        """
        ...

    def push(self, commit: CommitId, theirs: CommitId | None) -> None:
        """Have the remote's branch moved forward to a commit.

        Raises:
            StaleBase: It is not at `theirs` any more, so that it would not be a fast-forward.
            ConnectorError: The remote refused, or did not answer (`Unavailable`).
        """
        ...

    def seen(self) -> CommitId | None:
        """The remote's head when both sides agreed last; `None` before the first time."""
        ...

    def note_seen(self, commit: CommitId) -> None:
        """Remember that both sides agreed on a commit of the remote."""
        ...

    def fetched(self) -> CommitId | None:
        """The remote's head as it was fetched last."""
        ...

    def was_fetched(self) -> bool:
        """Whether branches of the remote are known here, whoever fetched them."""
        ...

    def is_ancestor(self, ancestor: CommitId, commit: CommitId) -> bool:
        """Whether a commit leads to another, or is it."""
        ...

    def merge_base(self, one: CommitId, other: CommitId) -> CommitId | None:
        """The best common ancestor; `None` for histories that are not related."""
        ...

    def count(self, commit: CommitId, without: CommitId | None) -> int:
        """How many commits lead to one and not to the other."""
        ...

    def incoming(self, base: CommitId | None, theirs: CommitId) -> Sequence[Incoming]:
        """What is different in a commit that was fetched; nothing of it is read.

        Raises:
            InvalidPath, LimitExceeded: It has a path that could leave the memory.
        """
        ...

    def outgoing(self, commit: CommitId, without: CommitId | None) -> Sequence[Outgoing]:
        """The versions of managed files that lead to one commit and not to the other.

        The newest come first; nothing of them is read.
        """
        ...

    def rescue(self, *commits: CommitId) -> str:
        """A ref that keeps these commits from being dropped; the same one for the same commits."""
        ...

    def fast_forward(self, base: CommitId | None, to: CommitId) -> Commit:
        """Move the branch and the working tree forward to a commit that was fetched.

        Raises:
            As `Connector.commit`; RefusedForSafety also where `to` holds what could break the
                working tree, or what PACK does not handle. Nothing was changed.
        """
        ...

    def merges(self) -> MergeStore:
        """What merges a commit that was fetched."""
        ...

    def record(self) -> RemoteRecord:
        """How the last exchanges went; a record that cannot be read is an empty one."""
        ...

    def save(self, record: RemoteRecord) -> None:
        """Keep how the last exchanges went, for all processes.

        Raises:
            Unavailable: It cannot be stored.
        """
        ...


FindRemotes = Callable[[], Sequence[Remote]]
"""The remotes of a memory now, the default one first; cheap enough to be asked every second.

Raises `ConnectorError` where the repository of the memory cannot be read.
"""
