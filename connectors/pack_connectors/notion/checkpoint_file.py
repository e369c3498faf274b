"""The checkpoint of a run that creates pages: a file beside the states of the sync targets (C6)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pack.errors import Unavailable
from pack_connectors.system.durable_files import write_durably
from pack_connectors.system.process_lock import ProcessLock


class CheckpointFile:
    """A `pack.pages.checkpoint.PagesCheckpoint`.

    Args:
        file: Where it is. Its folder, and the folder of that, are created when first needed.
    """

    def __init__(self, file: Path) -> None:
        self._file = file

    def read(self) -> bytes:
        """See `PagesCheckpoint.read`."""
        try:
            return self._file.read_bytes()
        except FileNotFoundError:
            return b""
        except OSError as error:
            raise Unavailable(f"{self._file}: {error.strerror}") from error

    def write(self, record: bytes) -> None:
        """See `PagesCheckpoint.write`."""
        try:
            self._make_folder()
            write_durably(str(self._file), record, f"{self._file}-")
        except OSError as error:
            raise Unavailable(f"{self._file}: {error.strerror}") from error

    def clear(self) -> None:
        """See `PagesCheckpoint.clear`."""
        try:
            self._file.unlink(missing_ok=True)
        except OSError as error:
            raise Unavailable(f"{self._file}: {error.strerror}") from error

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """See `PagesCheckpoint.exclusive`."""
        try:
            self._make_folder()
        except OSError as error:
            raise Unavailable(f"{self._file.parent}: {error.strerror}") from error
        lock = ProcessLock(self._file.with_suffix(".held"), timeout=0)
        try:
            with lock:
                yield
        finally:
            lock.close()

    def _make_folder(self) -> None:
        # Without `parents`: if git's folder is gone, a new one would hide that.
        for folder in (self._file.parent.parent, self._file.parent):
            folder.mkdir(mode=0o700, exist_ok=True)
