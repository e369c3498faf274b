"""Addresses at a meeting: what this peer tells, what it hears, and what a hub is asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from pack.errors import PackError
from pack.mesh.meeting import Heard, PeerLine
from pack.mesh.members.keys import PeerId
from pack.mesh.resolving.address import ToldAddress
from pack.mesh.resolving.gossip import Gossip
from pack.mesh.resolving.hub import Hub
from pack.model import CommitId


class AddressExchange:
    """Passes on addresses at every second meeting with a peer, the first one included."""

    def __init__(self, gossip: Gossip, hub: Hub) -> None:
        self._gossip = gossip
        self._hub = hub
        self._meetings: Counter[PeerId] = Counter()
        self._known: dict[PeerId, Mapping[PeerId, CommitId]] = {}

    def to_tell(self, peer: PeerId) -> tuple[ToldAddress, ...]:
        """What a peer is told at the next meeting; nothing where it is not its turn."""
        if not self._gossip.is_due(self._meetings[peer]):
            return ()
        return tuple(self._gossip.told_to(peer, self._known.get(peer, {})))

    def heard(self, peer: PeerId, theirs: Heard) -> str:
        """Remember what a peer told; what is wrong with it, or nothing."""
        self._known[peer] = theirs.announced
        return self._gossip.take(theirs.known_peers, peer)

    def finish(self, peer: PeerId, line: PeerLine, token: str) -> str:
        """End a meeting, and ask a hub where the others are; what went wrong, or nothing.

        A hub that does not answer is no reason to call the meeting a failure.
        """
        is_asked = self._gossip.is_due(self._meetings[peer]) and self._hub.is_asked(peer)
        self._meetings[peer] += 1
        if not is_asked:
            return ""
        try:
            listed = line.register(token, self._gossip.mine())
        except PackError as error:
            return f"it was asked where the others are: {error}"
        return self._hub.take(listed, peer)
