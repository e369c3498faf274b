"""Files that are made durable together: all are written, then all are fsynced, then all appear.

Doing it file by file would make the disk work once for each. A crash leaves at most temporary files
that nothing refers to.
"""

from __future__ import annotations

import os
import sys
import uuid
from concurrent.futures import Future
from contextlib import suppress
from types import TracebackType
from typing import Final, NamedTuple, Self

_FLAGS: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)


# A commit from elsewhere may hold thousands of files, and a process may open 256 on some systems.
_MOST_OPEN: Final = 64


class _Written(NamedTuple):
    temporary: str
    target: str


class _Open(NamedTuple):
    descriptor: int
    late: Future[bytes] | None


class DurableFiles:
    """Some new files; what `finish` did not put in place is removed at the end."""

    def __init__(self) -> None:
        self._token = uuid.uuid4().hex
        self._written: list[_Written] = []
        self._targets: set[str] = set()
        self._open: list[_Open] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        while self._open:
            os.close(self._open.pop().descriptor)
        for temporary, _ in self._written:
            with suppress(FileNotFoundError):
                os.unlink(temporary)  # noqa: PTH108 - as in add
        self._written.clear()

    def holds(self, target: str) -> bool:
        """Whether the file is among them."""
        return target in self._targets

    def add(
        self,
        target: str,
        data: bytes | Future[bytes],
        temporary: str,
        *,
        mode: int,
        exact_mode: bool = False,
    ) -> None:
        """Write a file that will be at `target` after `finish`.

        Args:
            target: A place on the same file system.
            data: What it holds; `finish` waits for it if it is still being worked out.
            temporary: Where it is until then, without its unique ending.
            mode: Its permission bits, before the umask.
            exact_mode: Whether the umask is ignored.

        Raises:
            OSError: It cannot be written.
        """
        # As text, and without file objects: this is the hot part of a write.
        if len(self._open) == _MOST_OPEN:
            self._sync()
        name = f"{temporary}{self._token}-{len(self._written)}"
        descriptor = os.open(name, _FLAGS, mode)
        self._open.append(_Open(descriptor, data if isinstance(data, Future) else None))
        self._written.append(_Written(name, target))
        self._targets.add(target)
        if exact_mode:
            os.chmod(name, mode)  # noqa: PTH101
        if not isinstance(data, Future):
            _write(descriptor, data)

    def _sync(self) -> None:
        """Make what was written so far durable."""
        for descriptor, late in self._open:
            if late is not None:
                _write(descriptor, late.result())
            _begin_writing_out(descriptor)
        for descriptor, _ in self._open:
            os.fsync(descriptor)
        while self._open:
            os.close(self._open.pop().descriptor)

    def finish(self) -> None:
        """Make all of them durable, then put them in place in the order in which they were added.

        Raises:
            OSError: It failed; the files added last are not in place.
        """
        self._sync()
        for number, (temporary, target) in enumerate(self._written):
            try:
                os.replace(temporary, target)  # noqa: PTH105
            except BaseException:
                del self._written[:number]
                raise
        self._written.clear()
        self._targets.clear()


def _write(descriptor: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _begin_writing_out(descriptor: int) -> None:
    """Have the system start on a file, so that the fsyncs that follow share their work.

    On Linux the advice starts writing dirty pages and does not wait for it; without it each fsync
    allocates blocks, and commits the file system's journal, for one file alone. Nothing depends on
    it: only fsync makes a file durable.
    """
    if sys.platform == "linux":
        with suppress(OSError):  # a file system that takes no advice
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)


def write_durably(target: str, data: bytes, temporary: str) -> None:
    """Replace a file with `data`, whole or not at all, also over a power cut.

    Args:
        target: The file.
        data: What it holds afterwards.
        temporary: Where it is written first, and left by a crash, without its unique ending.

    Raises:
        OSError: It cannot be written.
    """
    with DurableFiles() as files:
        files.add(target, data, temporary, mode=0o666)
        files.finish()
