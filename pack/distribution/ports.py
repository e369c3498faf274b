"""What a distribution needs of the world; the connectors provide it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from pack.distribution.values import PullRequestText, Release
from pack.model import BlobId, CommitId, Identity, MemoryPath


class UpstreamHistory(Protocol):
    """The history that releases are made of."""

    def releases(self) -> Sequence[Release]:
        """The tags `v*` that are versions, the newest version first.

        Raises:
            Unavailable: The repository cannot be read.
        """

    def at(self, ref: str) -> Release:
        """The release or the commit that a tag, a branch or a commit names.

        Raises:
            NotFound: There is none.
        """

    def files(self, commit: CommitId) -> Mapping[MemoryPath, BlobId]:
        """The regular files of a commit."""

    def changes(self, commit: CommitId, folder: str) -> Iterator[CommitId]:
        """The commits that changed something in a folder, the newest first, along first parents.

        Args:
            commit: Where to begin.
            folder: With a slash at its end; empty for everything.
        """

    def read_blobs(self, blobs: Iterable[BlobId]) -> Iterator[tuple[BlobId, bytes]]:
        """Their bytes."""

    def permalink(self, release: Release, path: MemoryPath) -> str:
        """Where people find a file of a release: an address, or `REPOSITORY@VERSION:PATH`."""


@dataclass(frozen=True, slots=True)
class DownstreamEntry:
    """A file of a downstream.

    Attributes:
        mode: As git has it: `100644`, `100755`, `120000` or `160000`.
        blob: Its blob.
    """

    mode: str
    blob: BlobId


@dataclass(frozen=True, slots=True)
class DownstreamCommit:
    """A commit of a downstream.

    Attributes:
        id: The commit.
        parents: The commits it was made on.
        tree: Its tree.
        message: As stored.
        author: Who wrote it.
        committer: Who committed it.
        at: When it was committed, in UTC.
    """

    id: CommitId
    parents: Sequence[CommitId]
    tree: str
    message: str
    author: Identity
    committer: Identity
    at: datetime


@dataclass(frozen=True, slots=True)
class WantedCommit:
    """A commit as it is to be made; the same values always make the same commit.

    Attributes:
        parent: What it is made on; `None` for the first of an empty repository.
        message: Its message.
        writes: New bytes by path, as regular files (an existing file keeps its mode).
        removes: Paths that go.
        identity: Author and committer.
        at: Author's and committer's date, in UTC.
    """

    parent: CommitId | None
    message: str
    writes: Mapping[str, bytes]
    removes: Sequence[str]
    identity: Identity
    at: datetime


class PullState(StrEnum):
    """How a pull request stands."""

    OPEN = "open"
    CLOSED = "closed"
    MERGED = "merged"


@dataclass(frozen=True, slots=True)
class PullRequest:
    """A pull request that is there.

    Attributes:
        number: Its number.
        url: Where people see it.
        branch: The branch it offers.
        head: The commit it offers; of a closed one, the last.
        state: How it stands.
        title: Its title.
        body: Its text.
        is_locked: Whether nobody may comment.
        closed_by: Who closed it; `None` if it is open or the host does not say.
    """

    number: int
    url: str
    branch: str
    head: CommitId | None
    state: PullState
    title: str
    body: str
    is_locked: bool = False
    closed_by: str | None = None


class PullRequests(Protocol):
    """The pull requests of one repository, on a host that has them."""

    def list(self, branch_prefix: str) -> Sequence[PullRequest]:
        """Those whose branch begins so, the newest first, in any state.

        Raises:
            ConnectorError: The host failed or refused.
        """

    def open(self, wanted: PullRequestText, base: str) -> PullRequest:
        """Open one; where one for the branch is open already, that one."""

    def edit(self, pull: PullRequest, wanted: PullRequestText) -> PullRequest:
        """Give one its title and body."""

    def label(self, pull: PullRequest, labels: Sequence[str]) -> Sequence[str]:
        """Mark it; returns what could not be done, in words."""

    def ask(self, pull: PullRequest, reviewers: Sequence[str]) -> Sequence[str]:
        """Ask people to review it; returns what could not be done, in words."""

    def comment(self, pull: PullRequest, text: str) -> None:
        """Say something, unless the same was said already or it is locked."""

    def close(self, pull: PullRequest) -> None:
        """Close it."""

    def merge_when_ready(self, pull: PullRequest) -> str | None:
        """Have the host merge it as soon as its rules are met; else why that cannot be."""

    def leave_to_people(self, pull: PullRequest) -> None:
        """Have the host not merge it by itself, whatever was asked for before.

        To be called before a branch gets what people have to look at.

        Raises:
            ConnectorError: The host failed or refused; it may still merge it.
        """


class Downstream(Protocol):
    """A repository that gets files."""

    @property
    def address(self) -> str:
        """Where it is, as people know it and without secrets."""

    @property
    def pull_requests(self) -> PullRequests | None:
        """Its pull requests; `None` where there is no host, and they are text only."""

    def default_branch(self) -> tuple[str, CommitId | None]:
        """The branch that pull requests go to, and where it is.

        Raises:
            NotFound: There is no such repository.
            Unavailable: It cannot be reached.
            RateLimited: It takes no more requests for now.
        """

    def branches(self, prefix: str) -> Mapping[str, CommitId]:
        """The branches whose names begin so."""

    def files(self, commit: CommitId) -> Mapping[str, DownstreamEntry]:
        """All that is in a commit, by path."""

    def read_blobs(self, blobs: Iterable[BlobId]) -> Iterator[tuple[BlobId, bytes]]:
        """Their bytes."""

    def log(self, head: CommitId, until: CommitId | None = None) -> Iterator[DownstreamCommit]:
        """The commits that lead to one, the newest first; without those that lead to `until`."""

    def commit(self, wanted: WantedCommit) -> CommitId:
        """Make a commit that no branch names yet; making it again is the same commit."""

    def move_branch(self, name: str, commit: CommitId, expected: CommitId | None) -> None:
        """Have a branch be a commit, if it is where it is expected; `None` for nowhere.

        Raises:
            StaleBase: It is elsewhere.
            RefusedForSafety: The repository does not allow it, such as for a protected branch.
        """

    def delete_branch(self, name: str, expected: CommitId) -> None:
        """Remove a branch, if it is where it is expected.

        Raises:
            StaleBase: It is elsewhere.
        """
