"""Filling the catalog of a memory that has none yet, while a server already answers.

The core decides what is answered meanwhile, and from what (`pack.catalog.gradual`).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Final

from pack.errors import PackError
from pack.memory import Memory

_LONG: Final = 5_000
"""From so many files on, the log says how far it is, each time that a tenth of them is done."""

logger = logging.getLogger(__name__)


class _LeftError(Exception):
    """The server ends, and the filling with it."""


@contextmanager
def cataloguing(memory: Memory, tell: Callable[[str], None]) -> Iterator[None]:
    """Fill the catalog if it is empty, while the block runs.

    Args:
        memory: The memory.
        tell: Told how far it is, if it takes long.
    """
    leaving = Event()
    memory.care.begin_filling()
    arguments = (memory, leaving, tell)
    worker = Thread(target=_work, args=arguments, name="pack-cataloguing", daemon=True)
    worker.start()
    try:
        yield
    finally:
        leaving.set()
        worker.join()


def _work(memory: Memory, leaving: Event, tell: Callable[[str], None]) -> None:
    told = 0

    def progress(number: int, total: int) -> None:
        nonlocal told
        if leaving.is_set():
            raise _LeftError
        tenth = 10 * number // total if total >= _LONG else 0
        if tenth > told:
            told = tenth
            tell(f"catalogued {number:,} of {total:,} files")

    try:
        memory.care.fill_catalog(progress)
    except _LeftError:
        pass
    except PackError as error:
        logger.warning("the catalog cannot be filled yet: %s", error)
