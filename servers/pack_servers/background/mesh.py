"""Exchanging a served memory with other peers in the background.

What is written here is sent at once; what is written elsewhere comes by a push, and a heartbeat
finds whatever a push missed. Each peer has a thread of its own while it is asked, so one that takes
a minute to answer holds up no other. Heartbeats are spread, so that peers do not all speak at once.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Final

from pack.errors import NotFound, PackError, RepositoryBusy, Unavailable, reason_of
from pack.mesh.exchange import PeerExchange
from pack.mesh.members.keys import PeerId, shown
from pack.mesh.mesh import Mesh
from pack.mesh.state import PeerStatus
from pack.model import CommitId

_LOOK_SECONDS: Final = 0.05
_LOOK_UP_SECONDS: Final = 1.0
_LEAVING_SECONDS: Final = 5.0
_SPREAD: Final = 0.2

logger = logging.getLogger(__name__)


class MeshNews:
    """Told when something new came, so that it is passed on at once."""

    def __init__(self) -> None:
        self._event = Event()

    def tell(self) -> None:
        """Have all peers asked now."""
        self._event.set()

    def take(self) -> bool:
        """Whether something was told since the last time."""
        if not self._event.is_set():
            return False
        self._event.clear()  # before anybody looks: what is told from now on is looked for again
        return True


@contextmanager
def meeting(mesh: Mesh, exchange: PeerExchange, news: MeshNews, heartbeat: float) -> Iterator[None]:
    """Exchange a memory with its peers until the block ends.

    Args:
        mesh: The memory as a peer.
        exchange: Exchanges with one peer.
        news: Told what comes by itself.
        heartbeat: Seconds between two heartbeats.
    """
    leaving = Event()
    work = _Worker(mesh, exchange, news, heartbeat, leaving)
    mesh.book.resolver.on_status_change(work.note_status)
    worker = Thread(target=work.run, name="pack-mesh", daemon=True)
    worker.start()
    try:
        yield
    finally:
        leaving.set()
        worker.join()


class _Worker:
    def __init__(
        self,
        mesh: Mesh,
        exchange: PeerExchange,
        news: MeshNews,
        heartbeat: float,
        leaving: Event,
    ) -> None:
        self._mesh = mesh
        self._exchange = exchange
        self._news = news
        self._heartbeat = heartbeat
        self._leaving = leaving
        self._running: dict[PeerId, Thread] = {}
        self._next: dict[PeerId, float] = {}
        self._look_again = 0.0
        self._seen: CommitId | None = None
        self._said: dict[str, str] = {}

    def run(self) -> None:
        while not self._leaving.wait(_LOOK_SECONDS):
            try:
                self._look()
            except (NotFound, RepositoryBusy):
                self._look_again = 0.0  # no member yet, or another process is at work
            except PackError as error:
                self._say("the mesh", reason_of(error))
        deadline = time.monotonic() + _LEAVING_SECONDS
        for thread in list(self._running.values()):
            thread.join(max(0.0, deadline - time.monotonic()))

    def _look(self) -> None:
        """Ask the peers that are due.

        Who they are is looked up when there is news, and else once a second: it takes processes.
        """
        head, now = self._mesh.outbox.head(), time.monotonic()
        if self._news.take() or head != self._seen:
            self._seen = head
            self._next.clear()
            self._look_again = 0.0
        if now < self._look_again:
            return
        self._look_again = now + min(_LOOK_UP_SECONDS, self._heartbeat)
        for peer in self._exchange.due():
            # Whoever is being asked already is looked at again when that has ended.
            if peer not in self._running and now >= self._next.get(peer, 0.0):
                self._next[peer] = now + self._pause()
                self._start(peer)

    def _pause(self) -> float:
        return self._heartbeat * random.uniform(1 - _SPREAD, 1 + _SPREAD)  # noqa: S311 - jitter

    def _start(self, peer: PeerId) -> None:
        name = f"pack-mesh-{peer[:8]}"
        thread = Thread(target=self._meet, args=(peer,), name=name, daemon=True)
        self._running[peer] = thread
        try:
            thread.start()
        except RuntimeError as error:  # the system has no more of them just now
            del self._running[peer]
            del self._next[peer]
            raise Unavailable(f"no peer can be asked: {error}") from error

    def _meet(self, peer: PeerId) -> None:
        try:
            self._exchange.meet(peer)
        except RepositoryBusy:
            self._next.pop(peer, None)
        except PackError as error:
            self._next.pop(peer, None)  # as soon as its pause is over
            self._say(self._called(peer), reason_of(error))
        else:
            self._say(self._called(peer), "")
        finally:
            del self._running[peer]
            self._look_again = 0.0

    def note_status(self, peer: PeerId, status: PeerStatus) -> None:
        """Log how a peer is now, also one that only calls and is never asked."""
        logger.info("%s: %s", self._called(peer), status)

    def _called(self, peer: PeerId) -> str:
        try:
            return f"the peer {self._mesh.roster.name_of(peer)}"
        except PackError:  # this memory has left the group meanwhile, say
            return f"the peer {shown(peer)}"

    def _say(self, whom: str, problem: str) -> None:
        """Log a problem once, and again only after it was gone."""
        if problem and problem != self._said.get(whom) and not self._leaving.is_set():
            logger.warning("%s: %s", whom, problem)
        self._said[whom] = problem
