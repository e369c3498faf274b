"""What a bundle offers, with every signature checked. See `pack.mesh.intake.BundleOffer`."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from pack.errors import BadSignature
from pack.log import CommitFacts
from pack.mesh.announcement import Announced
from pack.mesh.bundles import REF_PREFIX, Arrived
from pack.mesh.intake import NewCommit
from pack.mesh.members.group_chain import GroupCommit
from pack.model import CommitId
from pack_connectors.peers.chains import read_announcements, read_group
from pack_connectors.peers.signed_commits import signer_of


class OfferedBundle:
    """See `BundleOffer`.

    Args:
        arrived: The bundle in its quarantine.
    """

    def __init__(self, arrived: Arrived) -> None:
        self._arrived = arrived
        refs = arrived.head.refs.items()
        self._refs = {
            name.removeprefix(REF_PREFIX): commit
            for name, commit in refs
            if name.startswith(REF_PREFIX)
        }

    @property
    def refs(self) -> Mapping[str, CommitId]:
        """See `BundleOffer.refs`."""
        return self._refs

    def group_commits(self, head: CommitId) -> Sequence[GroupCommit]:
        """See `BundleOffer.group_commits`."""
        return read_group(self._arrived.walk, head)

    def announcements(self, head: CommitId, most: int) -> Sequence[Announced]:
        """See `BundleOffer.announcements`."""
        return read_announcements(self._arrived.walk, head, most)

    def new_commits(self, head: CommitId, known: Collection[CommitId]) -> Iterator[NewCommit]:
        """See `BundleOffer.new_commits`."""
        for facts, content in self._arrived.new_commits(head, known):
            yield _new_commit(facts, content)


def _new_commit(facts: CommitFacts, content: bytes) -> NewCommit:
    try:
        return NewCommit(facts, signer_of(content))
    except BadSignature:
        return NewCommit(facts, None, is_damaged=True)
