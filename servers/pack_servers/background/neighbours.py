"""Hearing of peers on the local network while a memory is served, and telling them of this one.

All of it happens beside everything else: a network that cannot be used, or stalls, costs nothing
but what would have been heard there.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from threading import Event, Thread

from pack.errors import PackError
from pack.mesh.mesh import Mesh
from pack.mesh.resolving.neighbours import Beacon

Announce = Callable[[Beacon], None]
Listen = Callable[
    [Callable[[Beacon, Sequence[str]], object], Callable[[str], object]],
    AbstractContextManager[Announce],
]
"""Hears of peers, by two calls, and gives what announces this one."""

logger = logging.getLogger(__name__)


@contextmanager
def neighbouring(mesh: Mesh, listen: Listen, tell: Callable[[], object]) -> Iterator[None]:
    """Hear of peers on the local network until the block ends.

    Args:
        mesh: The memory as a peer.
        listen: The network.
        tell: Called when a peer was seen, so that it is asked at once.
    """
    leaving = Event()
    work = _Worker(mesh, listen, tell, leaving)
    worker = Thread(target=work.run, name="pack-mesh-neighbours", daemon=True)
    worker.start()
    try:
        yield
    finally:
        leaving.set()
        worker.join()


class _Worker:
    def __init__(
        self, mesh: Mesh, listen: Listen, tell: Callable[[], object], leaving: Event
    ) -> None:
        self._mesh = mesh
        self._listen = listen
        self._tell = tell
        self._leaving = leaving

    def run(self) -> None:
        try:
            self._mesh.neighbours.forget_all()
            with self._listen(self._seen, self._gone) as announce:
                if (beacon := self._mesh.neighbours.mine()) is not None:
                    announce(beacon)
                self._leaving.wait()
            self._mesh.neighbours.forget_all()
        except PackError as error:
            logger.warning("peers on the local network: %s", error)

    def _seen(self, beacon: Beacon, hosts: Sequence[str]) -> None:
        try:
            if self._mesh.neighbours.note(beacon, hosts) is not None:
                self._tell()
        except PackError as error:
            logger.warning("a peer on the local network was not noted: %s", error)

    def _gone(self, label: str) -> None:
        try:
            self._mesh.neighbours.forget(label)
        except PackError as error:
            logger.warning("a peer left the local network, which was not noted: %s", error)
