"""Committing, in the background, what a person has changed by hand in a served memory.

The worker looks once a second; the core decides what has rested for long enough, and whether the
person is busy (`pack.use_cases.hand_edits`).
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Final

from pack.errors import PackError, RepositoryBusy
from pack.memory import Memory
from pack.use_cases.hand_edits import RestingEdits

_LOOK_SECONDS: Final = 1.0

logger = logging.getLogger(__name__)


@contextmanager
def committing(memory: Memory, seconds: float) -> Iterator[None]:
    """Commit what was changed by hand until the block ends.

    Args:
        memory: The memory.
        seconds: How long an edit must have rested; 0 for only what an AI keeps by itself.
    """
    resting = memory.hand_edits.resting(seconds)
    if resting is None:
        yield
        return
    leaving = Event()
    worker = Thread(target=_work, args=(resting, leaving), name="pack-hand-edits", daemon=True)
    worker.start()
    try:
        yield
    finally:
        leaving.set()
        worker.join()


def _work(resting: RestingEdits, leaving: Event) -> None:
    said = ""
    while not leaving.wait(_LOOK_SECONDS):
        problem = ""
        try:
            done = resting.look()
        except RepositoryBusy:
            continue  # another process is writing
        except PackError as error:
            problem = str(error)
        else:
            problem = said if done is None else ""
        if problem and problem != said:
            logger.warning("edits made by hand are in no commit yet: %s", problem)
        said = problem
