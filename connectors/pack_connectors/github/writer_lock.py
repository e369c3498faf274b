"""One writer of this machine at a time, for a store that is elsewhere.

It spares writers the retry after `StaleBase`, and nothing is correct only because of it: if no lock
file can be made, only writers that share one connector wait for each other.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from pack.errors import RepositoryBusy, Unavailable
from pack_connectors.system.process_lock import ProcessLock


class WriterLock:
    """Lets one writer at a time.

    Args:
        file: The lock file; `None` for a lock in this process only.
        seconds: How long a writer waits for another one.
    """

    def __init__(self, file: Path | None, seconds: float) -> None:
        self._file = file
        self._seconds = seconds
        self._threads = threading.RLock()
        self._processes = ProcessLock(file, seconds) if file is not None else None

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Hold off others; re-entrant for the thread that holds it.

        Raises:
            RepositoryBusy: Another writer kept it for too long.
        """
        if not self._threads.acquire(timeout=self._seconds):
            raise RepositoryBusy("another write in this process did not finish in time")
        with ExitStack() as held:
            held.callback(self._threads.release)
            if self._file is not None and self._processes is not None:
                with suppress(OSError, Unavailable):
                    # The folder is that of a cache, which may be deleted at any time.
                    self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                    self._processes.acquire()
                    held.callback(self._processes.release)
            yield

    def close(self) -> None:
        """Close the lock file."""
        if self._processes is not None:
            self._processes.close()
