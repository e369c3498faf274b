"""Bringing the targets of a memory up in the background, each in a thread of its own.

A target that hangs delays no other one, and no write: that one only sets an event. The memory is
looked at from time to time too, which sees commits of other processes and of git alike; what
follows from that is decided by the core. A server that ends does not wait for a target: what
was under way is delivered again by the next one.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Event, Thread
from typing import Final

from pack.connector import Capability
from pack.errors import PackError
from pack.memory import Memory
from pack.sync import Sync
from pack.sync_results import Standing, SyncOutcome

_NEAR_SECONDS: Final = 1.0
"""Between two looks at a memory on this machine."""
_FAR_SECONDS: Final = 30.0
"""Between two looks at a memory that is asked over the network."""
_REST_SECONDS: Final = 30.0
"""After a failure of our own store."""
_LAST_SECONDS: Final = 2.0
"""That a delivery has to end when the server does; its connection is closed by then."""

logger = logging.getLogger(__name__)
Tell = Callable[[SyncOutcome], None]


def log(outcome: SyncOutcome) -> None:
    """Log what a person should know of an attempt."""
    for warning in outcome.warnings:
        logger.warning("%s: %s", outcome.name, warning)
    if outcome.standing in (Standing.WAITING, Standing.PARKED):
        parked = "parked: " if outcome.standing is Standing.PARKED else ""
        logger.warning("%s: %s%s", outcome.name, parked, outcome.problem)


@contextmanager
def syncing(
    memory: Memory,
    tell: Tell = log,
    names: Sequence[str] | None = None,
) -> Iterator[None]:
    """Bring targets up whenever something is due, until the block ends.

    Args:
        memory: The memory; nothing happens where it has no targets.
        tell: Told of each attempt, in any thread.
        names: Which targets; `None` for all.
    """
    sync = memory.sync
    if sync is None:
        yield
        return
    is_near = Capability.LOG in memory.connector.capabilities
    look_seconds = _NEAR_SECONDS if is_near else _FAR_SECONDS
    leaving = Event()
    wanted = sync.names if names is None else names
    workers = [_Worker(sync, name, look_seconds, leaving, tell) for name in wanted]
    for worker in workers:
        worker.start()
    try:
        yield
    finally:
        leaving.set()
        sync.close()
        for worker in workers:
            worker.stop()


class _Worker:
    """Brings one target up."""

    def __init__(
        self, sync: Sync, name: str, look_seconds: float, leaving: Event, tell: Tell
    ) -> None:
        self._sync = sync
        self._name = name
        self._look_seconds = look_seconds
        self._leaving = leaving
        self._tell = tell
        self._news = Event()
        self._thread = Thread(target=self._run, name=f"pack-sync-{name}", daemon=True)

    def start(self) -> None:
        self._sync.on_news(self._news.set)
        self._thread.start()

    def stop(self) -> None:
        self._news.set()
        self._thread.join(_LAST_SECONDS)

    def _run(self) -> None:
        try:
            self._work()
        except Exception as error:  # noqa: BLE001 - the outer boundary of the thread
            if not self._leaving.is_set():
                # The message of a foreign error may quote what it was given, such as a secret.
                kind = f"{type(error).__module__}.{type(error).__qualname__}"
                logger.warning("%s: a mistake of PACK's own ended its copies: %s", self._name, kind)

    def _work(self) -> None:
        said = ""
        while not self._leaving.is_set():
            try:
                if self._sync.is_due(self._name):
                    is_leaving = self._leaving.is_set
                    self._tell(self._sync.deliver(self._name, is_leaving=is_leaving))
                said = ""
            except PackError as error:
                if str(error) != said:
                    logger.warning("%s: %s", self._name, error)
                said = str(error)
                self._leaving.wait(_REST_SECONDS)
            self._news.wait(self._look_seconds)
            self._news.clear()
