"""Reading a folder of notes that is not a memory yet: a `memory-bank/`, a vault, a plain folder."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pack_connectors.local_git.connector import LocalGit

from pack.errors import InvalidConfig, Unavailable
from pack.limits import MAX_FILE_BYTES
from pack.model import MemoryPath
from pack.rules.exclusion import ATTRIBUTES_FILE, IGNORE_FILE, Exclusion, ExclusionKind, Rules
from pack_servers.wiring.clock import clock


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
        PackError: It is in a git repository that cannot be asked.
    """
    if not folder.is_dir():
        raise InvalidConfig("--from", f"{folder} is not a folder")
    files: dict[str, bytes] = {}
    left_out: list[tuple[str, str]] = []
    try:
        with _exclusions(folder) as exclusion:
            for file in _walk(folder):
                path = file.relative_to(folder).as_posix()
                reason = _why_unread(file) or _why_excluded(exclusion(path))
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


def _why_excluded(found: Exclusion | None) -> str | None:
    if found is None:
        return None
    is_ignored = found.kind is ExclusionKind.IGNORED
    words = "git ignores it" if is_ignored else "a git filter manages it"
    return f"{words} ({found.place}: {found.rule})"


@contextmanager
def _exclusions(folder: Path) -> Iterator[Callable[[str], Exclusion | None]]:
    """Says which files below a folder git ignores, or stores in another form."""
    folder = folder.resolve()
    root = next((one for one in (folder, *folder.parents) if (one / ".git").exists()), None)
    if root is None:
        rules = Rules(lambda path: _read_rules(folder / path))
        yield lambda path: rules.exclusion(MemoryPath(path), lambda: False)
        return
    prefix = "" if root == folder else f"{folder.relative_to(root).as_posix()}/"
    repository = LocalGit(root, clock)
    try:
        yield lambda path: repository.exclusion(MemoryPath(prefix + path))
    finally:
        repository.close()


def _read_rules(file: Path) -> bytes | None:
    is_file = stat.S_ISREG(file.lstat().st_mode) if os.path.lexists(file) else False
    return file.read_bytes() if is_file else None


def copy_notes(folder: Path, copy: Path) -> None:
    """Copy the markdown files, and those that say what git ignores and converts.

    Raises:
        Unavailable: One of them cannot be copied.
    """
    try:
        for file in _walk(folder):
            if _why_unread(file) is None or file.name in (IGNORE_FILE, ATTRIBUTES_FILE):
                target = copy / file.relative_to(folder)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, target)
    except OSError as error:
        raise Unavailable(f"{error.filename or folder}: {error.strerror}") from error
