"""One writer of this machine at a time, for a store that is elsewhere.

It spares writers the retry after `StaleBase`; where no lock file can be made, only those of one
connector wait for each other.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pack.errors import RepositoryBusy, Unavailable
from pack_connectors.system.process_lock import ProcessLock


class WriterLock:
    """Lets one writer at a time.

    Args:
        file: The lock file; `None` for a lock in this process.
        seconds: How long a writer waits for another one.
    """

    def __init__(self, file: Path | None, seconds: float) -> None:
        self._file = file
        self._seconds = seconds
        self._threads = threading.RLock()
        self._processes: ProcessLock | None = None
        if file is not None:
            lock = ProcessLock(file, seconds)
            try:
                _make_folder_of(file)
                lock.descriptor()
                self._processes = lock
            except (OSError, Unavailable):
                lock.close()

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Hold off others; re-entrant for the thread that holds it.

        Raises:
            RepositoryBusy: Another writer kept it for too long.
        """
        lock = self._processes
        if lock is not None and self._has_taken(lock):
            try:
                yield
            finally:
                lock.release()
            return
        if not self._threads.acquire(timeout=self._seconds):
            raise RepositoryBusy("another write in this process did not end in time")
        try:
            yield
        finally:
            self._threads.release()

    def _has_taken(self, lock: ProcessLock) -> bool:
        """Whether the lock of the file is held now; not, where no file can be made any more."""
        try:
            if self._file is not None:
                _make_folder_of(self._file)  # a cache may be deleted at any time
            lock.acquire()
        except (OSError, Unavailable):
            return False
        return True

    def close(self) -> None:
        """Close the lock file."""
        if self._processes is not None:
            self._processes.close()


def _make_folder_of(file: Path) -> None:
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
