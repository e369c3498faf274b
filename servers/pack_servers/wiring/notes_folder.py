"""Reading a folder of notes that is not a memory yet: a `memory-bank/`, a vault, a plain folder."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pack.errors import InvalidConfig, Unavailable
from pack.limits import MAX_FILE_BYTES


@dataclass(frozen=True, slots=True)
class Notes:
    """A folder of notes.

    Attributes:
        files: Contents by relative POSIX path.
        left_out: Relative paths that were not read, and why.
    """

    files: Mapping[str, bytes]
    left_out: tuple[tuple[str, str], ...]


def read_notes(folder: Path) -> Notes:
    """The markdown files below a folder, hidden folders left out; links are not followed.

    Raises:
        InvalidConfig: It is no folder, or cannot be read.
    """
    if not folder.is_dir():
        raise InvalidConfig("--from", f"{folder} is not a folder")
    files: dict[str, bytes] = {}
    left_out: list[tuple[str, str]] = []
    try:
        for file in _walk(folder):
            path = file.relative_to(folder).as_posix()
            reason = _why_unread(file)
            if reason is None:
                files[path] = file.read_bytes()
            else:
                left_out.append((path, reason))
    except OSError as error:
        raise InvalidConfig("--from", f"{error.filename or folder}: {error.strerror}") from error
    return Notes(files, tuple(left_out))


def _walk(folder: Path) -> Iterator[Path]:
    """The files below a folder, without those in hidden folders.

    Raises:
        OSError: A folder cannot be read.
    """

    def fail(error: OSError) -> None:
        raise error

    for parent, folders, names in os.walk(folder, onerror=fail):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(parent, name) for name in sorted(names))


def _why_unread(file: Path) -> str | None:
    """Why a file is no note that can be read; `None` if it is one."""
    found = file.lstat()
    if stat.S_ISLNK(found.st_mode):
        return "it is a symbolic link"
    if file.suffix.lower() != ".md":
        return "it is not a markdown file (.md)"
    if not stat.S_ISREG(found.st_mode):
        return "it is not a regular file"
    return "it is too large" if found.st_size > MAX_FILE_BYTES else None


def copy_notes(folder: Path, copy: Path) -> None:
    """Copy the files that `read_notes` would read.

    Raises:
        Unavailable: One of them cannot be copied.
    """
    try:
        for file in _walk(folder):
            if _why_unread(file) is None:
                target = copy / file.relative_to(folder)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, target)
    except OSError as error:
        raise Unavailable(f"{error.filename or folder}: {error.strerror}") from error
