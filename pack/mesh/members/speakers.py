"""For whom a key speaks: as the chains of a group know it, also those that count no more.

Who may do what follows from the chains that count alone. But whoever has a key may sign anything
with it, so also that another key is to follow it. What is said by that one is the former one's
word, and worth as much, whether or not the others took the new key up: an owner whose key is on
two machines can name one on each of them, and only one of the two becomes a member.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import cached_property
from itertools import pairwise

from pack.mesh.members.group import Peer
from pack.mesh.members.group_chain import GroupChain
from pack.mesh.members.keys import PeerId


class Speakers:
    """Who has a key, or had it.

    Args:
        counted: The chains that count, as far as they do.
        known: All chains, each of them whole.
    """

    def __init__(self, counted: Collection[GroupChain], known: Collection[GroupChain]) -> None:
        self._counted = counted
        self._known = known
        self._members: dict[PeerId, Peer | None] = {}

    def member(self, peer: PeerId) -> Peer | None:
        """A peer as it last was in a chain that counts; `None` if it never belonged to the group.

        Others may hold what it wrote before it left.
        """
        if peer not in self._members:
            versions = (one for chain in self._counted for one in reversed(chain))
            named = (one.group.peers[peer] for one in versions if peer in one.group.peers)
            self._members[peer] = next(named, None)
        return self._members[peer]

    def speaker(self, peer: PeerId) -> Peer | None:
        """Whose word it is what a peer says: its own, or that of whoever's key it follows."""
        return self.member(peer) or self._followers.get(peer)

    def was_named(self, peer: PeerId) -> bool:
        """Whether any chain named a peer, also one that counts no more.

        Whoever announces its commits may have taken them in while that one counted.
        """
        return self.member(peer) is not None or any(
            peer in version.group.peers for chain in self._known for version in chain
        )

    @cached_property
    def _followers(self) -> Mapping[PeerId, Peer]:
        """The keys that others named as their next one, each with the rights of those alone.

        A chain that does not count grants nothing, so what it says of rights is not asked.
        """
        found: dict[PeerId, Peer] = {}
        for chain in self._known:
            for before, version in pairwise(chain):
                speaker = self.member(version.signer) or found.get(version.signer)
                former = version.group.former.get(version.signer)
                if former is None or version.signer in before.group.former or speaker is None:
                    continue
                follower = version.group.peers.get(former.successor)
                if follower is not None and speaker.may_write:
                    earlier = found.get(follower.id, speaker)
                    levels = speaker.levels | earlier.levels
                    found[follower.id] = replace(speaker, key=follower.key, levels=levels)
        return found
