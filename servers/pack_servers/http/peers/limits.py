"""How much one peer may ask for: commits that it pushes, and transfers at the same time.

Whoever asks for more is told when to come again (503 with `Retry-After`), and PACK at the other end
waits that long; nothing is lost by it.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from pack.mesh.members.keys import PeerId
from pack_servers.http.peers.refusal import NotServed

EVENTS_A_SECOND: Final = 100
BURST: Final = 1000
"""Commits that may come at once, as after a day without a network."""
KITS_A_SECOND: Final = 1
KIT_BURST: Final = 100
"""Kits that may be asked for at once, as by an update of all of them."""
OF_ONE_PEER: Final = 2
OF_ALL: Final = 4
"""Transfers at the same time; git takes a processor for each."""
_LONGEST_WAIT: Final = 60
_SOON: Final = 2


class PeerRate:
    """A bucket for each peer. For one thread.

    What a bundle holds is known once it is judged, so a large one is taken, and paid off before
    the next one.

    Args:
        seconds: The time since some moment; it never goes back.
        a_second: How much a peer may ask for in a second, in the long run.
        burst: How much at once.
        why: What is said to one that asks for more.
    """

    def __init__(
        self, seconds: Callable[[], float], a_second: float, burst: float, why: str
    ) -> None:
        self._seconds = seconds
        self._a_second = a_second
        self._burst = burst
        self._why = why
        self._left: dict[PeerId, tuple[float, float]] = {}

    def check(self, peer: PeerId) -> None:
        """Do nothing, unless a peer has asked for too much.

        Raises:
            NotServed: It has; the answer says when to come again.
        """
        left = self._now(peer)
        if left < 0:
            raise busy(self._why, min(-left / self._a_second, _LONGEST_WAIT))

    def charge(self, peer: PeerId, count: int) -> None:
        """Count what a peer has asked for, such as the commits of a bundle; nothing counts as 1."""
        self._left[peer] = (self._now(peer) - max(1, count), self._seconds())

    def _now(self, peer: PeerId) -> float:
        left, at = self._left.get(peer, (self._burst, 0.0))
        return min(self._burst, left + (self._seconds() - at) * self._a_second)


def push_rate(seconds: Callable[[], float]) -> PeerRate:
    """How many commits peers may push."""
    return PeerRate(seconds, EVENTS_A_SECOND, BURST, "too many commits were pushed")


def kit_rate(seconds: Callable[[], float]) -> PeerRate:
    """How often peers may ask for kits."""
    return PeerRate(seconds, KITS_A_SECOND, KIT_BURST, "too many kits were asked for")


class Places:
    """For transfers at the same time. For one thread."""

    def __init__(self) -> None:
        self._taken: Counter[PeerId] = Counter()

    @contextmanager
    def of(self, peer: PeerId) -> Iterator[None]:
        """A place for a transfer of a peer.

        Raises:
            NotServed: None is free.
        """
        if self._taken[peer] >= OF_ONE_PEER or self._taken.total() >= OF_ALL:
            raise busy("enough is being sent already", _SOON)
        self._taken[peer] += 1
        try:
            yield
        finally:
            self._taken[peer] -= 1


def busy(why: str, seconds: float) -> NotServed:
    """There is enough to do; in so many seconds it may be asked again."""
    after = {"Retry-After": str(max(1, math.ceil(seconds)))}
    return NotServed(503, "busy", why, after)
