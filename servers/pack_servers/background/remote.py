"""Exchanging a served memory with its git remote in the background.

The worker looks at the branch once a second, which finds writes by this server, by other processes
and by git alike; the core decides what follows. A write never waits for it. A server that stops
does not wait for the network; a commit that is under way is completed.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Final

from pack.errors import PackError, RepositoryBusy
from pack.memory import Memory
from pack.remote.remote import Outcome

_LOOK_SECONDS: Final = 1.0

logger = logging.getLogger(__name__)


@contextmanager
def exchanging(memory: Memory, interval: float, leaving: Event) -> Iterator[None]:
    """Exchange a memory with its remote until the block ends.

    Args:
        memory: The memory.
        interval: Seconds between checks of the remote; 0 for no exchange at all.
        leaving: Set at the end, so that nothing waits for the network any more.
    """
    if not interval:
        yield
        return
    worker = Thread(target=_work, args=(memory, interval, leaving), name="pack-remote", daemon=True)
    worker.start()
    try:
        yield
    finally:
        leaving.set()
        worker.join()


def _work(memory: Memory, interval: float, leaving: Event) -> None:
    said, rest_until = "", 0.0
    while not leaving.wait(_LOOK_SECONDS):
        if time.monotonic() < rest_until:
            continue
        try:
            if not memory.remote.is_due(interval):
                continue
            done = memory.remote.sync()
        except RepositoryBusy:
            continue  # another process is doing it
        except PackError as error:
            problem = str(error)
        else:
            problem = done.stop.reason if done.stop else done.reason
            if done.outcome is Outcome.NO_REMOTE:
                rest_until = time.monotonic() + interval  # somebody may set one up
        if problem and problem != said and not leaving.is_set():
            logger.warning("the remote: %s", problem)
        said = problem
