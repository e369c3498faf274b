"""Exchanging a served memory with its git remotes in the background.

The worker looks at the branch once a second, which finds writes by this server, by other processes
and by git alike; the core decides what follows. A write never waits for it. Each exchange has a
thread of its own, so a remote that takes minutes to answer holds up no other. A server that stops
does not wait for the network; a commit that is under way is completed.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from threading import Event, Thread
from typing import Final

from pack.errors import PackError, RepositoryBusy
from pack.memory import Memory

_LOOK_SECONDS: Final = 1.0

logger = logging.getLogger(__name__)


@contextmanager
def exchanging(memory: Memory, interval: float, leaving: Event) -> Iterator[None]:
    """Exchange a memory with its remotes until the block ends.

    Args:
        memory: The memory.
        interval: Seconds between checks of each remote; 0 for no exchange at all.
        leaving: Set at the end, so that nothing waits for the network any more.
    """
    if not interval:
        yield
        return
    worker = _start("pack-remote", _Worker(memory, interval, leaving).run)
    try:
        yield
    finally:
        leaving.set()
        worker.join()


def _start(name: str, work: Callable[[], None]) -> Thread:
    thread = Thread(target=work, name=name, daemon=True)
    thread.start()
    return thread


class _Worker:
    """Starts the exchanges that are due, one at a time for each remote."""

    def __init__(self, memory: Memory, interval: float, leaving: Event) -> None:
        self._memory = memory
        self._interval = interval
        self._leaving = leaving
        self._running: dict[str, Thread] = {}
        self._said: dict[str, str] = {}

    def run(self) -> None:
        """Work until the server stops and no exchange is under way."""
        while not self._leaving.wait(_LOOK_SECONDS):
            self._running = {
                name: thread for name, thread in self._running.items() if thread.is_alive()
            }
            for name in self._due():
                if name not in self._running:
                    work = partial(self._exchange, name)
                    self._running[name] = _start(f"pack-remote-{name}", work)
        for thread in self._running.values():
            thread.join()

    def _due(self) -> Sequence[str]:
        try:
            names = self._memory.remotes.due(self._interval)
        except RepositoryBusy:
            return ()  # another process is writing
        except PackError as error:
            self._say("", str(error))
            return ()
        self._say("", "")
        return names

    def _exchange(self, name: str) -> None:
        try:
            done = self._memory.remotes.sync(name)
        except RepositoryBusy:
            return  # another process is doing it
        except PackError as error:
            self._say(name, str(error))
        else:
            self._say(name, done.stop.reason if done.stop else done.reason)

    def _say(self, name: str, problem: str) -> None:
        """Log a problem once, and again only after it was gone."""
        if problem and problem != self._said.get(name) and not self._leaving.is_set():
            logger.warning("%s: %s", f"the remote {name}" if name else "the remotes", problem)
        self._said[name] = problem
