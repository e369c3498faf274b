"""Bundles: what peers send each other, over HTTP, on a USB stick or by mail.

A bundle is git's own: the refs of the mesh, and a pack of what their receiver lacks. So `git bundle
verify` and `git fetch FILE` can read it, and it is worth nothing to anybody but its receiver.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from pack.log import CommitFacts
from pack.mesh.side_commits import StoredCommit
from pack.model import CommitId, MemoryPath

LARGEST: Final = 2 * 1024**3
MOST_KEPT: Final = 2 * 1024**3
MOST_REFS: Final = 1000
REF_PREFIX: Final = "refs/pack/"


@dataclass(frozen=True, slots=True)
class BundleHead:
    """What a bundle says of itself.

    Attributes:
        refs: The refs that it offers, by name.
        needed: The commits that its receiver must have already.
    """

    refs: Mapping[str, CommitId]
    needed: tuple[CommitId, ...]


@dataclass(frozen=True, slots=True)
class KeptBundle:
    """A bundle that waits for what it builds on.

    Attributes:
        file: Where it is kept.
        came_at: When it came.
    """

    file: str
    came_at: datetime


class Arrived(Protocol):
    """The objects of a bundle that were taken out of it, and are not in the repository yet."""

    @property
    def head(self) -> BundleHead:
        """What the bundle said."""
        ...

    def walk(self, head: CommitId, names: Sequence[MemoryPath]) -> Iterator[StoredCommit]:
        """See `SideCommits.walk_aside`; also commits of the repository are found."""
        ...

    def new_commits(
        self, head: CommitId, known: Collection[CommitId]
    ) -> Iterator[tuple[CommitFacts, bytes]]:
        """The commits that lead to one and to none of those that are known, and their bytes.

        Args:
            head: Where to begin.
            known: Heads whose history is left out; those that are missing are left aside.

        Raises:
            ConnectorError: The store cannot be read.
        """
        ...

    def accept(self, refs: Mapping[str, tuple[CommitId | None, CommitId]]) -> None:
        """Let everything into the repository, and have refs lead to it, all or none.

        Args:
            refs: Where each leads now, and where it is to lead; names below `refs/pack/`.

        Raises:
            StaleBase: A ref leads elsewhere by now; none was moved.
            ConnectorError: It cannot be stored.
        """
        ...


class BundleStore(Protocol):
    """Makes and takes bundles of one repository."""

    def write_bundle(self, file: str, refs: Iterable[str], without: Collection[CommitId]) -> bool:
        """Write refs and what leads to them.

        Args:
            file: Where; replaced whole.
            refs: Names below `refs/pack/`.
            without: Commits that the receiver has, with all that leads to them.

        Returns:
            Whether there was anything to write.

        Raises:
            ConnectorError: It cannot be written.
        """
        ...

    def read_head(self, file: str) -> BundleHead:
        """What a bundle says of itself; nothing of it is believed.

        Raises:
            InvalidContent: The file is no bundle.
            ConnectorError: It cannot be read.
        """
        ...

    def missing(self, commits: Iterable[CommitId]) -> list[CommitId]:
        """Those of some commits that are not in the repository with all that leads to them."""
        ...

    def keep(self, file: str) -> Sequence[KeptBundle]:
        """Keep a copy of a bundle that builds on what is missing.

        Returns:
            Those that waited longest and were let go of, as there was no room for all.

        Raises:
            LimitExceeded: It is too large.
            ConnectorError: It cannot be stored.
        """
        ...

    def kept(self) -> Sequence[KeptBundle]:
        """The bundles that wait, the one that came first before all others."""
        ...

    def drop(self, kept: KeptBundle) -> None:
        """Let go of a bundle whose turn has come."""
        ...

    def arrival(self, file: str) -> AbstractContextManager[Arrived]:
        """A bundle's objects, checked as git does and kept apart; gone afterwards if not accepted.

        Raises:
            InvalidContent: The bundle is damaged, or lacks what it should hold.
            LimitExceeded: It is too large.
            ConnectorError: It cannot be read or unpacked.
        """
        ...
