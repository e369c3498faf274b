"""Exchanging two files, or moving one to a name that must be free; one step each, if possible.

Sources: renameat2(2) "RENAME_EXCHANGE", "RENAME_NOREPLACE"; renameatx_np(2) "RENAME_SWAP",
"RENAME_EXCL" (macOS). Where the system or the file system has no such call, an exchange is a
move out and a move in; after a crash in between, the journal repairs it (`swap`).
"""

from __future__ import annotations

import ctypes
import errno
import os
import stat
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Final

NEW_SUFFIX: Final = ".new"
"""What the new file is called while an exchange in steps has moved the old one out."""

_UNSUPPORTED: Final = (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP)
NO_HARD_LINKS: Final = (errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EOPNOTSUPP, errno.EMLINK)
"""What a file system without hard links says to a link."""


def exchange_files(staged: Path, name: str, dir_fd: int | None) -> None:
    """Let `staged` and the file called `name` in an open folder change places.

    Raises:
        FileNotFoundError: One of them is missing.
        OSError: The file system refused; nothing was exchanged, or as `NEW_SUFFIX` tells.
    """
    if not _rename_with(_Flag.EXCHANGE, staged, name, dir_fd):
        _exchange_in_steps(staged, name, dir_fd)


def move_to_free_name(staged: Path, name: str, dir_fd: int | None) -> None:
    """Move `staged` to `name` in an open folder, where nothing may be.

    Raises:
        FileExistsError: Something is there.
        OSError: The file system refused; nothing was moved.
    """
    if _rename_with(_Flag.FREE_NAME, staged, name, dir_fd):
        return
    if sys.platform == "win32":
        staged.rename(name)  # fails where the name is taken
    else:
        _link_to_free_name(staged, name, dir_fd)


# Function, AT_FDCWD, and which of the flags below it takes.
_NATIVE: Final = {"linux": ("renameat2", -100, 0), "darwin": ("renameatx_np", -2, 1)}


class _Flag:
    """Flags of the native call: (Linux, macOS)."""

    FREE_NAME: Final = (1, 4)
    EXCHANGE: Final = (2, 2)


@cache
def _native_rename() -> Callable[[bytes, int, bytes, tuple[int, int]], int] | None:
    """`rename(staged, dir_fd, name, flags)` of this platform: 0, or -1 with errno set."""
    symbol, here, system = _NATIVE.get(sys.platform, ("", 0, 0))
    function = getattr(ctypes.CDLL(None, use_errno=True), symbol, None) if symbol else None
    if function is None:  # no such system call, or an old C library
        return None
    number, text = ctypes.c_int, ctypes.c_char_p
    function.argtypes = [number, text, number, text, ctypes.c_uint]
    return lambda staged, dir_fd, name, flags: int(
        function(here, staged, dir_fd, name, flags[system])
    )


def _rename_with(flags: tuple[int, int], staged: Path, name: str, dir_fd: int | None) -> bool:
    """Whether the native call did it; the system or the file system may have none."""
    native = _native_rename()
    if native is None or dir_fd is None:
        return False
    if native(os.fsencode(staged), dir_fd, os.fsencode(name), flags) == 0:
        return True
    code = ctypes.get_errno()
    if code in _UNSUPPORTED:
        return False
    raise OSError(code, os.strerror(code))


def _exchange_in_steps(staged: Path, name: str, dir_fd: int | None) -> None:
    """Move out, then move in: a reader may find nothing for a moment."""
    new = staged.with_name(staged.name + NEW_SUFFIX)
    staged.rename(new)
    try:
        os.rename(name, staged, src_dir_fd=dir_fd)
    except BaseException:
        new.rename(staged)
        raise
    try:
        move_to_free_name(new, name, dir_fd)
    except FileExistsError as error:
        # Somebody saved in that moment: theirs stays, and what was moved out is kept.
        raise OSError(errno.EBUSY, "the file was replaced during the write") from error


def _link_to_free_name(staged: Path, name: str, dir_fd: int | None) -> None:
    try:
        os.link(staged, name, dst_dir_fd=dir_fd, follow_symlinks=False)
    except OSError as error:
        if error.errno not in NO_HARD_LINKS or not staged.is_file() or staged.is_symlink():
            raise
        _copy_to_free_name(staged, name, dir_fd)
    staged.unlink()


def _copy_to_free_name(staged: Path, name: str, dir_fd: int | None) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
    mode = stat.S_IMODE(staged.stat().st_mode)
    descriptor = os.open(name, flags, mode, dir_fd=dir_fd)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(staged.read_bytes())
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        os.unlink(name, dir_fd=dir_fd)
        raise
