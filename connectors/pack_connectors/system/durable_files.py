"""Makes several files durable together: writes all of them, fsyncs all, then puts all in place.

Handling them one by one would cost a disk flush for each. A crash leaves at most temporary files
that nothing refers to.
"""

from __future__ import annotations

import os
import sys
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from secrets import token_hex
from types import TracebackType
from typing import Final, NamedTuple, Self

_FLAGS: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)


# A remote commit may hold thousands of files, and on some systems a process may only open 256.
_MOST_OPEN: Final = 64


class _Written(NamedTuple):
    temporary: str
    target: str


class _Open(NamedTuple):
    descriptor: int
    late: Future[bytes] | None


class DurableFiles:
    """New files; leaving the context removes those that `finish` has not put in place."""

    def __init__(self) -> None:
        self._token = token_hex(16)
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
        """Whether the file is one of them."""
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
            target: A path on the same file system.
            data: The contents; if they are still being computed, `finish` waits for them.
            temporary: Path of the file until then, without its unique ending.
            mode: Its permission bits, before the umask.
            exact_mode: Whether the umask is ignored.

        Raises:
            OSError: It cannot be written.
        """
        # Paths are text, and there are no file objects, because this is the hot part of a write.
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
        """Make everything written so far durable."""
        for descriptor, late in self._open:
            if late is not None:
                _write(descriptor, late.result())
            _begin_writing_out(descriptor)
        for descriptor, _ in self._open:
            os.fsync(descriptor)
        while self._open:
            os.close(self._open.pop().descriptor)

    def finish(self) -> None:
        """Make all files durable, then put them in place in the order in which they were added.

        Raises:
            OSError: It failed; files that were added later may not be in place.
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
    """Have the system start writing a file, so that the following fsyncs share the work.

    On Linux, this advice starts writing dirty pages without waiting. Without it, each fsync
    allocates blocks and commits the file system's journal for a single file. Nothing depends on the
    advice: only fsync makes a file durable.
    """
    if sys.platform == "linux":
        with suppress(OSError):  # some file systems do not accept advice
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)


def write_durably(target: str, data: bytes, temporary: str) -> None:
    """Replace a file with `data`, whole or not at all, even if the power fails.

    Args:
        target: The file.
        data: Its new contents.
        temporary: Path that is written first, and that a crash leaves behind, without its unique
            ending.

    Raises:
        OSError: It cannot be written.
    """
    with DurableFiles() as files:
        files.add(target, data, temporary, mode=0o666)
        files.finish()


def replace_durably(target: Path, data: bytes, mode: int) -> None:
    """Replace a file with `data`, whole or not at all; afterwards its name is durable too.

    Args:
        target: The file, or where it will be; not a link.
        data: Its new contents.
        mode: Exactly the permissions that it has then.

    Raises:
        OSError: It cannot be written; it is as it was.
    """
    with DurableFiles() as files:
        files.add(str(target), data, f"{target}.new-", mode=mode, exact_mode=True)
        files.finish()
    if os.name == "posix":  # Windows cannot open a folder, and does not need to
        folder = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
