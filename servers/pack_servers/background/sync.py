"""Delivering to the targets of a memory in the background, each in a thread of its own.

A target that hangs delays no other target and no write, which only sets an event. The workers also
look at the memory from time to time, which finds commits by other processes and by git; the core
decides what follows. A server that stops does not wait for a target: the next server delivers again
what was under way.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Event, Thread
from typing import Final

from pack.connector import Capability
from pack.errors import PackError, RateLimited, RepositoryBusy
from pack.memory import Memory
from pack.sync.engine import Sync
from pack.sync.internal_errors import as_internal_errors
from pack.sync.results import Standing, SyncOutcome

_NEAR_SECONDS: Final = 1.0
"""Between two checks of a memory on this machine."""
_FAR_SECONDS: Final = 30.0
"""Between two checks of a memory over the network."""
_REST_SECONDS: Final = 30.0
"""After a failure of the memory's own store."""
_LONGEST_REST_SECONDS: Final = 24 * 3600.0
_BEGIN_SECONDS: Final = 2.0
"""How long another process may take to let a target begin."""
_BUSY_SECONDS: Final = 0.02
_LAST_SECONDS: Final = 2.0
"""How long a delivery may take to end when the server stops; its connection is closed by then."""

logger = logging.getLogger(__name__)
Tell = Callable[[SyncOutcome], None]


class Log:
    """Logs what a person should know about an attempt, and nothing that it has said before.

    Args:
        worded: Puts a message into the words of whoever reads the log.
    """

    def __init__(self, worded: Callable[[str], str] = str) -> None:
        self._worded = worded
        self._said: dict[str, str] = {}

    def __call__(self, outcome: SyncOutcome) -> None:
        """Log what is new about a target; each target is logged by one thread at a time."""
        for warning in outcome.warnings:
            logger.warning("%s: %s", outcome.name, self._worded(warning))
        if outcome.standing is Standing.BUSY:
            return
        said, problem = self._said.get(outcome.name), ""
        if outcome.standing in (Standing.WAITING, Standing.PARKED):
            parked = "parked: " if outcome.standing is Standing.PARKED else ""
            problem = f"{parked}{outcome.problem}"
        if problem and problem != said:
            logger.warning("%s: %s", outcome.name, problem)
        self._said[outcome.name] = problem


@contextmanager
def syncing(
    memory: Memory,
    tell: Tell | None = None,
    names: Sequence[str] | None = None,
) -> Iterator[None]:
    """Deliver to targets whenever something is due, until the block ends.

    New targets have begun when the block is entered, so what is written inside it is delivered.

    Args:
        memory: The memory; without targets, nothing happens.
        tell: Receives the outcome of each attempt, on any thread; `None` for the log.
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
    told = Log() if tell is None else tell
    workers = [_Worker(sync, name, look_seconds, leaving, told) for name in wanted]
    for worker in workers:
        worker.begin()
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
    """Delivers to one target."""

    def __init__(
        self, sync: Sync, name: str, look_seconds: float, leaving: Event, tell: Tell
    ) -> None:
        self._sync = sync
        self._name = name
        self._look_seconds = look_seconds
        self._leaving = leaving
        self._tell = tell
        self._is_new = False
        self._said = ""
        self._news = Event()
        self._thread = Thread(target=self._run, name=f"pack-sync-{name}", daemon=True)

    def begin(self) -> None:
        """Let the target begin, if it is new; if it cannot yet, it begins as soon as it can."""
        last = time.monotonic() + _BEGIN_SECONDS
        while True:
            try:
                self._is_new = self._sync.begin(self._name)
                return
            except RepositoryBusy as error:
                if time.monotonic() > last:
                    self._say(error)
                    return
                time.sleep(_BUSY_SECONDS)
            except PackError as error:
                self._say(error)
                return

    def _say(self, error: PackError | None) -> None:
        """Log an error, unless it is the same as the last one."""
        problem = "" if error is None else str(error)
        if problem and problem != self._said:
            logger.warning("%s: %s", self._name, problem)
        self._said = problem

    def start(self) -> None:
        self._sync.on_news(self._news.set)
        self._thread.start()

    def stop(self) -> None:
        self._news.set()
        self._thread.join(_LAST_SECONDS)

    def _run(self) -> None:
        while not self._leaving.is_set():
            error = self._look()
            if self._leaving.is_set():
                return
            self._say(error)
            if error is not None:
                self._leaving.wait(_rest_after(error))
            self._news.wait(self._look_seconds)
            self._news.clear()

    def _look(self) -> PackError | None:
        """Deliver what is due; return the error if that could not even be tried."""
        try:
            with as_internal_errors():
                if self._is_new or self._sync.is_due(self._name):
                    is_leaving = self._leaving.is_set
                    self._tell(self._sync.deliver(self._name, is_leaving=is_leaving))
                    self._is_new = False
        except PackError as error:
            return error
        return None


def _rest_after(error: PackError) -> float:
    """Seconds to rest. A store that names a time is not asked earlier, whatever is written."""
    named = error.retry_after if isinstance(error, RateLimited) else 0.0
    return min(max(named, _REST_SECONDS), _LONGEST_REST_SECONDS)
