"""The head of a peer, as a remote that has been fetched already and is never pushed to."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager

from pack.model import CommitId
from pack.remote.remote import RemoteBranch, RemoteRecord
from pack_connectors.local_git.connector import LocalGit
from pack_connectors.local_git.remote.history import GitHistory


class PeerHead(GitHistory):
    """See `pack.remote.remote.Remote`. What a peer is sent goes another way.

    Args:
        local: The memory.
        head: A commit that is here with all that leads to it.
        label: Whose it is, for people.
    """

    def __init__(self, local: LocalGit, head: CommitId, label: str) -> None:
        super().__init__(local)
        self._head = head
        self._label = label

    @property
    def name(self) -> str:
        """See `Remote.name`."""
        return self._label

    def branch(self) -> RemoteBranch:
        """See `Remote.branch`."""
        return RemoteBranch(self._label, "", "memory", "memory", "memory")

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """See `Remote.exclusive`; whoever takes bundles in holds others off already."""
        yield

    def is_given_up(self) -> bool:
        """See `Remote.is_given_up`."""
        return False

    def heads(self) -> Mapping[str, CommitId]:
        """See `Remote.heads`."""
        return {"memory": self._head}

    def taken(self) -> Collection[str]:
        """See `Remote.taken`."""
        return ()

    def follow(self, branch: str) -> RemoteBranch:
        """See `Remote.follow`."""
        del branch
        return self.branch()

    def fetch(self, head: CommitId | None) -> CommitId | None:
        """See `Remote.fetch`."""
        return head

    def push(self, commit: CommitId, theirs: CommitId | None) -> None:
        """See `Remote.push`: nothing; an announcement tells the peer."""

    def seen(self) -> CommitId | None:
        """See `Remote.seen`: the chain of announcements has seen to that."""
        return None

    def note_seen(self, commit: CommitId) -> None:
        """See `Remote.note_seen`: nothing."""

    def fetched(self) -> CommitId | None:
        """See `Remote.fetched`."""
        return self._head

    def was_fetched(self) -> bool:
        """See `Remote.was_fetched`."""
        return True

    def record(self) -> RemoteRecord:
        """See `Remote.record`: none is kept."""
        return RemoteRecord()

    def save(self, record: RemoteRecord) -> None:
        """See `Remote.save`: nothing."""

    def rescue(self, *commits: CommitId) -> str:
        """See `Remote.rescue`: nothing; the branch has one history, announcements the other."""
        del commits
        return ""
