"""A lock between the PACK processes that write to a repository on this machine.

Why not a lock library: the long-lived `git update-ref` must inherit the open file. If a PACK
process is killed, that child may still carry out the last request; because it holds the same open
file, nobody repairs the repository before it has ended.

Sources: flock(2) (the lock belongs to the open file, which children share); `_locking` in the C
run-time of Windows, where PACK waits for the child's request instead.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path
from typing import Final

from pack.errors import RepositoryBusy, Unavailable

_POLL_SECONDS: Final = 0.002

if sys.platform == "win32":
    import msvcrt

    def _try_lock(descriptor: int) -> bool:
        os.lseek(descriptor, 0, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _unlock(descriptor: int) -> None:
        os.lseek(descriptor, 0, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _try_lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError as error:  # a file system without locks
            raise Unavailable(f"the lock cannot be taken: {error.strerror}") from error
        return True

    def _unlock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_UN)


class ProcessLock:
    """Exclusive between processes and threads; re-entrant for the thread that holds it."""

    def __init__(self, path: Path, timeout: float) -> None:
        self._path = path
        self._timeout = timeout
        self._threads = threading.RLock()
        self._depth = 0
        self._descriptor: int | None = None

    def descriptor(self) -> int:
        """The open lock file, to be inherited by children whose work the lock covers.

        Raises:
            Unavailable: The file cannot be opened for writing.
        """
        if self._descriptor is None:
            try:
                self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o666)
            except OSError as error:
                raise Unavailable(f"{self._path}: {error.strerror}") from error
        return self._descriptor

    def acquire(self, timeout: float | None = None) -> None:
        """Take the lock, waiting at most `timeout` seconds.

        Raises:
            RepositoryBusy: It was not free in time.
        """
        limit = self._timeout if timeout is None else timeout
        if not self._threads.acquire(timeout=limit):
            raise RepositoryBusy("another write in this process did not finish in time")
        try:
            if self._depth == 0:
                self._wait(limit)
            self._depth += 1
        except BaseException:
            self._threads.release()
            raise

    def _wait(self, limit: float) -> None:
        deadline = time.monotonic() + limit
        while True:
            if _try_lock(self.descriptor()):
                if self._is_in_place():
                    return
                self.close()  # PACK's folder was deleted meanwhile, and others lock a new file
                continue
            if time.monotonic() >= deadline:
                raise RepositoryBusy(f"another PACK process is writing (lock {self._path})")
            time.sleep(_POLL_SECONDS)

    def _is_in_place(self) -> bool:
        try:
            return os.path.samestat(os.fstat(self.descriptor()), self._path.stat())
        except FileNotFoundError:
            return False

    def release(self) -> None:
        """Give the lock back, once for each `acquire`."""
        self._depth -= 1
        try:
            if self._depth == 0:
                _unlock(self.descriptor())
        finally:
            self._threads.release()

    def __enter__(self) -> None:
        self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()

    def close(self) -> None:
        """Close the lock file."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)
