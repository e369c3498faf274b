"""Where the chains of groups and peers are kept: refs beside the branch, each version one commit.

`pack_connectors.peers` has the one that checks signatures, over a git repository.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Protocol

from pack.mesh.announcement import Announced, Announcement
from pack.mesh.members.group import Group
from pack.mesh.members.group_chain import GroupCommit
from pack.mesh.members.keys import PeerId, PublicKey
from pack.model import CommitId, Identity, MemoryPath

GROUP_REF: Final = "group"
FORKS: Final = "group-forks"
PEERS: Final = "peers"
WITNESSES: Final = "witnesses"
"""What former members said of commits that others pass on, by the id of the announcement."""
KITS: Final = "kits"
GROUP_FILE: Final = MemoryPath("group.yaml")
SIGNERS_FILE: Final = MemoryPath("allowed_signers")
REVOKED_FILE: Final = MemoryPath("revoked")
ANNOUNCE_FILE: Final = MemoryPath("announce.json")
MESH: Final = Identity("PACK mesh", "mesh@pack.invalid")
"""The author of these commits; who is behind one, its signature says."""


class ChainStore(Protocol):
    """The chains of one memory, as one peer sees them. Whatever comes from it is checked."""

    @property
    def key(self) -> PublicKey:
        """This peer's key."""
        ...

    def group_heads(self) -> Sequence[CommitId]:
        """The last versions of the group that are known, the one that counts first."""
        ...

    def group_commits(self, head: CommitId) -> Sequence[GroupCommit]:
        """A version and all before it, the first one first, with whoever validly signed each.

        Raises:
            InvalidContent: One is no version of a group, or its signature is bad.
            NotFound: One is missing.
        """
        ...

    def store_group(
        self,
        before: CommitId | None,
        group: Group,
        revoked: frozenset[PublicKey],
        *,
        is_fork: bool = False,
    ) -> CommitId:
        """Sign a new version.

        Args:
            before: The one that it follows; `None` for the first.
            group: The group.
            revoked: The keys that never belong to it again.
            is_fork: Whether it goes beside the chain that counts, and not on top of it.

        Raises:
            StaleBase: `before` is no longer the last one.
            InvalidContent: Nobody could read it, as a name in it cannot be used, say.
            ConnectorError: It cannot be stored.
        """
        ...

    def announced(self) -> Mapping[PeerId, CommitId]:
        """The last accepted announcement of each peer."""
        ...

    def announcements(self, head: CommitId, most: int) -> Sequence[Announced]:
        """An announcement and those before it, the newest first, each with a valid signature.

        Args:
            head: The newest.
            most: Of so many; fewer if the first one is among them.

        Raises:
            InvalidContent: One is no announcement, or its signature is not by the peer it names.
            NotFound: One is missing.
        """
        ...

    def announce(self, previous: CommitId | None, said: Announcement) -> CommitId:
        """Sign an announcement of this peer.

        Raises:
            StaleBase: `previous` is no longer the last one.
            InvalidContent: Nobody could read it, as its address is too long, say.
            NotFound: The announced head is missing.
            ConnectorError: It cannot be stored.
        """
        ...
