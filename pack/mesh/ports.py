"""What carries out what is decided in this room: memory, chains, bundles, state and clock."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from pack.log import CommitFacts
from pack.mesh.bundles import Arrived, BundleStore
from pack.mesh.intake import BundleOffer, CheckMerge
from pack.mesh.joining import RequestSigner
from pack.mesh.members.keys import PublicKey
from pack.mesh.resolving.policy import FindingPolicy
from pack.mesh.state import MeshState
from pack.mesh.store import ChainStore
from pack.model import CommitId

PEER_TIMEOUT: Final = timedelta(minutes=5)
FINDING: Final = FindingPolicy()


class MemoryHead(Protocol):
    """The memory that is exchanged."""

    def head(self) -> CommitId | None:
        """Its current commit; `None` before the first."""
        ...

    def height(self, commit: CommitId) -> int:
        """How many commits a commit consists of."""
        ...

    def tree(self, commit: CommitId) -> str:
        """The id of its tree."""
        ...

    def contains(self, ancestor: CommitId, commit: CommitId) -> bool:
        """Whether a commit is another one or leads to it."""
        ...

    def count(self, commit: CommitId, without: CommitId) -> int:
        """How many commits lead to one and not to the other."""
        ...

    def own(self, head: CommitId, without: Sequence[CommitId]) -> Iterator[CommitFacts]:
        """The commits that are no merges, and lead to one and to none of others."""
        ...

    def merged(self, one: CommitId, other: CommitId) -> CommitId:
        """The merge of two commits, which the memory is not at then.

        Raises:
            RefusedForSafety: The two cannot be merged.
            ConnectorError: The store failed.
        """
        ...

    def take_in(self, head: CommitId, label: str, *, unrelated: bool = False) -> str:
        """Have the memory consist of a head as well, by a fast-forward or a merge.

        Args:
            head: A commit that is here with all that leads to it.
            label: Whose it is, for people.
            unrelated: Whether the two may have no commit in common.

        Returns:
            What it waits for, or why a person must decide; empty once it is done.

        Raises:
            ConnectorError: The store failed.
        """
        ...

    def is_fresh(self) -> bool:
        """Whether the memory holds nothing but what it was begun with."""
        ...

    def refuse_outgoing(self, head: CommitId, without: CommitId | None) -> str:
        """Why a head must not be sent, as it would show what the person hides; empty if it may be.

        Args:
            head: The head.
            without: A head that was sent before.
        """
        ...


class KeyRing(Protocol):
    """The keys of this machine, of which each of its memories goes by one."""

    def machine_key(self) -> PublicKey:
        """The key that the machine got last, whichever this memory goes by.

        Raises:
            PackError: It cannot be read.
        """
        ...

    def next_key(self) -> PublicKey:
        """The machine's key where this memory goes by an earlier one; else a new one.

        The earlier one stays on the machine, and this memory goes by it until it says otherwise.

        Raises:
            PackError: It cannot be made or read.
        """
        ...


class KitVersions(Protocol):
    """What the kits of a memory were installed from: it is beside the memory and goes along."""

    def new_since(self, head: CommitId, known: Iterable[CommitId]) -> Sequence[str]:
        """The refs with what a machine lacks that gets to a head, below `refs/pack/`.

        Args:
            head: The commit that it gets to.
            known: Commits that it has.

        Raises:
            ConnectorError: The store cannot be read.
        """
        ...

    def take(self, refs: Mapping[str, CommitId], heads: Iterable[CommitId]) -> None:
        """Keep what came, as far as the memory names it, and nothing else.

        Args:
            refs: All refs that came, below `refs/pack/`.
            heads: Commits of the memory that are believed.

        Raises:
            ConnectorError: The store failed.
        """
        ...


@dataclass(frozen=True, slots=True)
class MeshPorts:
    """What carries out what is decided here.

    Attributes:
        memory: The memory.
        chains: The chains of the group and of peers.
        side_refs: The refs of a folder below `refs/pack/`.
        bundles: Makes and takes bundles.
        inspect: What an arrived bundle offers, and what computes its merges again.
        state: What is remembered.
        signer: Signs requests to join, and addresses.
        keys: The keys of this machine.
        new_secret: A new random secret of 32 bytes.
        new_nonce: A new random word.
        public_of: The public half of the key that a secret is the seed of.
        exclusive: Keeps other processes from the same work.
        clock: Tells the time.
        peer_timeout: After how long a silence a peer counts as unreachable.
        finding: How peers find each other.
        serves_tls: Whether https at this peer's own address is PACK's own where it has a port.
        kits: What kits were installed from; `None` for a memory that can have none.
    """

    memory: MemoryHead
    chains: ChainStore
    side_refs: Callable[[str], Mapping[str, CommitId]]
    bundles: BundleStore
    inspect: Callable[[Arrived], AbstractContextManager[tuple[BundleOffer, CheckMerge]]]
    state: MeshState
    signer: RequestSigner
    keys: KeyRing
    new_secret: Callable[[], bytes]
    new_nonce: Callable[[], str]
    public_of: Callable[[bytes], PublicKey]
    exclusive: Callable[[], AbstractContextManager[None]]
    clock: Callable[[], datetime]
    peer_timeout: timedelta = PEER_TIMEOUT
    finding: FindingPolicy = FINDING
    serves_tls: bool = True
    kits: KitVersions | None = None
