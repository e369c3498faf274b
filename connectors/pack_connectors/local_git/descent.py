"""Opening folders without following a link: one, or one after another for a walk.

A folder is opened relative to the one that it is in. A walk that began at the root each time would
open a folder as often as there are folders in it, at any depth; so it keeps some of those open that
lead to the last one. Not all of them: a process may have few files open, and folders can be deep.

Source: openat(2), "O_NOFOLLOW".
"""

from __future__ import annotations

import errno
import os
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from pack.errors import RefusedForSafety, Unavailable

HAS_DIR_FD: Final = os.open in os.supports_dir_fd and os.rename in os.supports_dir_fd
_FLAGS: Final = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_DIRECTORY", 0)
_KEPT_OPEN: Final = 32


def open_root(root: Path) -> int:
    """Open the root of a working tree, which may be a link.

    Raises:
        Unavailable: It cannot be opened.
    """
    try:
        return os.open(root, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0))
    except OSError as error:
        raise Unavailable(f"{root}: {error.strerror}") from error


def open_folder(name: str, parent: int, path: str, *, create: bool = False) -> int | None:
    """Open a folder in an opened one; `None` if it is missing, or is no folder.

    Args:
        name: What it is called.
        parent: The descriptor of the folder that it is in.
        path: What it is opened for, to be named in an error.
        create: Whether to make it if it is missing.

    Raises:
        RefusedForSafety: It is to be made, and a link or a file has its name.
        OSError: It cannot be opened.
    """
    if create:
        with suppress(FileExistsError):
            os.mkdir(name, dir_fd=parent)
    try:
        return os.open(name, _FLAGS, dir_fd=parent)
    except FileNotFoundError:
        return None
    except OSError as error:
        if error.errno not in (errno.ELOOP, errno.ENOTDIR, errno.EMLINK):
            raise
        if create:
            raise RefusedForSafety(
                f"{name} on the way to {path} is a link or a file",
                "Remove the link, or choose a path that does not lead through it.",
            ) from error
        return None


class Descent:
    """The opened folders of a walk that goes deep before it goes wide."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._open: deque[tuple[str, int]] = deque()
        """Paths with a slash at the end, each in the one before, and their descriptors."""

    def open(self, folder: str) -> int | None:
        """The descriptor of a folder, valid until the next one is opened; `None` if it is missing.

        Args:
            folder: Its path in the working tree; empty for the root.

        Raises:
            Unavailable: The root cannot be opened.
            OSError: A folder cannot be opened.
        """
        place = f"{folder}/" if folder else ""
        while self._open and not place.startswith(self._open[-1][0]):
            os.close(self._open.pop()[1])
        if not self._open:
            self._open.append(("", open_root(self._root)))
        at, descriptor = self._open[-1]
        for name in place[len(at) :].split("/")[:-1]:
            inner = open_folder(name, descriptor, folder)
            if inner is None:
                return None
            at, descriptor = f"{at}{name}/", inner
            self._open.append((at, descriptor))
            if len(self._open) > _KEPT_OPEN:
                os.close(self._open.popleft()[1])
        return descriptor

    def close(self) -> None:
        """Close what is open still."""
        while self._open:
            os.close(self._open.pop()[1])


@contextmanager
def descending(root: Path) -> Iterator[Descent]:
    """A walk; at its end, everything is closed."""
    descent = Descent(root)
    try:
        yield descent
    finally:
        descent.close()
