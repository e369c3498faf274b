"""Commits beside the branch, as a repository stores them for a mesh: each version one commit."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Protocol

from pack.deferred import dataclass
from pack.model import CommitId, Identity, MemoryPath


@dataclass(frozen=True, slots=True)
class StoredCommit:
    """A commit of a chain as it is stored.

    Attributes:
        id: Its id.
        parents: Its parents.
        content: The commit as git stores it.
        files: The files at its root.
    """

    id: CommitId
    parents: tuple[CommitId, ...]
    content: bytes
    files: Mapping[MemoryPath, bytes]


class SideCommits(Protocol):
    """Commits below `refs/pack/`, in any repository."""

    def side_refs(self, folder: str) -> Mapping[str, CommitId]:
        """The refs of a folder by their names in it; of a ref by that name, under an empty one.

        Raises:
            ConnectorError: The store cannot be read.
        """
        ...

    def walk_aside(self, head: CommitId, names: Sequence[MemoryPath]) -> Iterator[StoredCommit]:
        """A commit and its first parents, the newest first.

        Args:
            head: Where to begin.
            names: The files at the root that are wanted.

        Raises:
            NotFound: A commit is missing.
            ConnectorError: The store cannot be read.
        """
        ...

    def commit_files_aside(
        self,
        ref: str,
        expected: CommitId | None,
        parents: Sequence[CommitId],
        contents: Mapping[MemoryPath, bytes],
        message: str,
        *,
        author: Identity,
        sign: Callable[[bytes], bytes],
    ) -> CommitId:
        """Have a ref lead to a new signed commit with these files and no others.

        Args:
            ref: Its folder and name.
            expected: Where it leads now; `None` if it does not exist.
            parents: The commit's parents.
            contents: Its files.
            message: Its message.
            author: Its author.
            sign: Adds the signature to a commit.

        Raises:
            NotFound: A parent is missing.
            StaleBase: The ref leads elsewhere. It stays there.
            ConnectorError: The store failed.
        """
        ...
