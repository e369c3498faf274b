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
OF_ONE_PEER: Final = 2
OF_ALL: Final = 4
"""Transfers at the same time; git takes a processor for each."""
_LONGEST_WAIT: Final = 60
_SOON: Final = 2


class PushRate:
    """A bucket for each peer. For one thread.

    What a bundle holds is known once it is judged, so a large one is taken, and paid off before
    the next one.

    Args:
        seconds: The time since some moment; it never goes back.
    """

    def __init__(self, seconds: Callable[[], float]) -> None:
        self._seconds = seconds
        self._left: dict[PeerId, tuple[float, float]] = {}

    def check(self, peer: PeerId) -> None:
        """Do nothing, unless a peer has pushed too much.

        Raises:
            NotServed: It has; the answer says when to come again.
        """
        left = self._now(peer)
        if left < 0:
            raise busy("too many commits were pushed", min(-left / EVENTS_A_SECOND, _LONGEST_WAIT))

    def charge(self, peer: PeerId, commits: int) -> None:
        """Count the commits of a bundle; one without any counts as well."""
        self._left[peer] = (self._now(peer) - max(1, commits), self._seconds())

    def _now(self, peer: PeerId) -> float:
        left, at = self._left.get(peer, (BURST, 0.0))
        return min(BURST, left + (self._seconds() - at) * EVENTS_A_SECOND)


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
