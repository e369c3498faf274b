"""The checkpoint of a run that creates pages: a file beside the states of the sync targets (C6)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
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
        with _our_errors(self._file):
            try:
                return self._file.read_bytes()
            except FileNotFoundError:
                return b""

    def write(self, record: bytes) -> None:
        """See `PagesCheckpoint.write`."""
        with _our_errors(self._file):
            self._make_folder()
            write_durably(str(self._file), record, f"{self._file}-")

    def clear(self) -> None:
        """See `PagesCheckpoint.clear`."""
        with _our_errors(self._file):
            self._file.unlink(missing_ok=True)

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """See `PagesCheckpoint.exclusive`."""
        with _our_errors(self._file.parent):
            self._make_folder()
        with closing(ProcessLock(self._file.with_suffix(".held"), timeout=0)) as lock, lock:
            yield

    def _make_folder(self) -> None:
        # Without `parents`: if git's folder is gone, a new one would hide that.
        for folder in (self._file.parent.parent, self._file.parent):
            folder.mkdir(mode=0o700, exist_ok=True)


@contextmanager
def _our_errors(path: Path) -> Iterator[None]:
    """Errors of the file system become `Unavailable`."""
    try:
        yield
    except OSError as error:
        raise Unavailable(f"{path}: {error.strerror}") from error
