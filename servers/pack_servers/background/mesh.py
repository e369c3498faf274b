"""Exchanging a served memory with other peers in the background.

What is written here is sent at once; what is written elsewhere comes by a push, and a heartbeat
finds whatever a push missed. Each peer has a thread of its own while it is asked, so one that takes
a minute to answer holds up no other. Heartbeats are spread, so that peers do not all speak at once.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from threading import Event, Thread
from typing import Final

from pack.errors import NotFound, PackError, RepositoryBusy
from pack.mesh.exchange import PeerExchange
from pack.mesh.keys import PeerId
from pack.mesh.mesh import Mesh
from pack.model import CommitId

_LOOK_SECONDS: Final = 0.1
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
        was_told = self._event.is_set()
        self._event.clear()
        return was_told


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
    worker = Thread(
        target=_Worker(mesh, exchange, news, heartbeat, leaving).run, name="pack-mesh", daemon=True
    )
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
        self._seen: CommitId | None = None
        self._said: dict[str, str] = {}

    def run(self) -> None:
        while not self._leaving.wait(_LOOK_SECONDS):
            self._running = {p: thread for p, thread in self._running.items() if thread.is_alive()}
            try:
                self._look()
            except (NotFound, RepositoryBusy):
                continue  # no member yet, or another process is at work
            except PackError as error:
                self._say("the mesh", str(error))
        for thread in self._running.values():
            thread.join()

    def _look(self) -> None:
        head, has_news = self._mesh.standpoint_head(), self._news.take()
        is_new, self._seen = head != self._seen or has_news, head
        for peer in self._exchange.due():
            is_due = is_new or time.monotonic() >= self._next.get(peer, 0)
            if is_due and peer not in self._running:
                self._next[peer] = time.monotonic() + self._pause()
                self._start(peer, partial(self._meet, peer))
            elif is_due:
                self._news.tell()  # it is being asked already: look again afterwards

    def _pause(self) -> float:
        return self._heartbeat * random.uniform(1 - _SPREAD, 1 + _SPREAD)  # noqa: S311 - jitter

    def _start(self, peer: PeerId, work: Callable[[], None]) -> None:
        thread = Thread(target=work, name=f"pack-mesh-{peer[:8]}", daemon=True)
        self._running[peer] = thread
        thread.start()

    def _meet(self, peer: PeerId) -> None:
        try:
            name = self._mesh.name_of(peer)
            self._exchange.meet(peer)
        except RepositoryBusy:
            self._news.tell()
        except PackError as error:
            self._say(f"the peer {name}", str(error))
        else:
            self._say(f"the peer {name}", "")

    def _say(self, whom: str, problem: str) -> None:
        """Log a problem once, and again only after it was gone."""
        if problem and problem != self._said.get(whom) and not self._leaving.is_set():
            logger.warning("%s: %s", whom, problem)
        self._said[whom] = problem
