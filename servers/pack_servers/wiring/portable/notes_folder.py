"""Reading a folder of notes that is not a memory yet: a `memory-bank/`, a vault, a plain folder."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from pack_connectors.local_git.connector import LocalGit

from pack.errors import InvalidConfig, Unavailable
from pack.imports.left_out import (
    GIT_FOLDER,
    HIDDEN_FOLDER,
    LINK,
    LINKED_FOLDER,
    OTHER_TYPE,
    LeftOut,
)
from pack.limits import MAX_FILE_BYTES
from pack.model import MemoryPath
from pack.rules.exclusion import ATTRIBUTES_FILE, IGNORE_FILE, Exclusion, ExclusionKind, Rules
from pack_servers.wiring.clock import clock
from pack_servers.wiring.portable.notes_history import last_commits

_COUNTED: Final = 10_000
"""How many files of a folder that is left out are counted."""
_ENDING: Final = ".md"


@dataclass(frozen=True, slots=True)
class NotesFolder:
    """A folder of notes.

    Attributes:
        files: Contents by relative POSIX path.
        attachments: The same for the files of other types, if they are wanted.
        dates: When files were last changed: by the folder's own git history if it tells, else by
            the file system.
        left_out: What was not read.
    """

    files: Mapping[str, bytes]
    attachments: Mapping[str, bytes] = field(default_factory=dict)
    dates: Mapping[str, datetime] = field(default_factory=dict)
    left_out: tuple[LeftOut, ...] = ()


def read_notes(folder: Path, *, with_attachments: bool = False) -> NotesFolder:
    """The markdown files below a folder; hidden folders are left out and links are not followed.

    Raises:
        InvalidConfig: It is no folder, or cannot be read.
        PackError: It is in a git repository that cannot be asked.
    """
    if not folder.is_dir():
        raise InvalidConfig("--from", f"{folder} is not a folder")
    files: dict[str, bytes] = {}
    attachments: dict[str, bytes] = {}
    dates: dict[str, datetime] = {}
    left_out: list[LeftOut] = []
    try:
        with _exclusions(folder) as exclusion:
            for file in _walk(folder, left_out):
                path = file.relative_to(folder).as_posix()
                found = file.lstat()
                is_wanted = with_attachments and _is_attachment(file)
                reason = _why_unread(file, found, ending="" if is_wanted else _ENDING)
                reason = reason or _why_excluded(exclusion(path))
                if reason is not None:
                    left_out.append(LeftOut(path, reason))
                    continue
                (attachments if is_wanted else files)[path] = file.read_bytes()
                dates[path] = datetime.fromtimestamp(found.st_mtime, UTC)
    except OSError as error:
        raise InvalidConfig("--from", f"{error.filename or folder}: {error.strerror}") from error
    known = last_commits(folder, files)
    return NotesFolder(files, attachments, {**dates, **known}, tuple(left_out))


def _walk(folder: Path, left_out: list[LeftOut]) -> Iterator[Path]:
    """The files below a folder, without those in hidden and linked folders, which are noted.

    Raises:
        OSError: A folder cannot be read.
    """
    for parent, folders, names in os.walk(folder, onerror=_fail):
        entered = []
        for name in sorted(folders):
            inner = Path(parent, name)
            reason = _why_not_entered(inner)
            if reason is None:
                entered.append(name)
            else:
                path = inner.relative_to(folder).as_posix()
                left_out.append(LeftOut(path, reason, _count(inner), is_folder=True))
        folders[:] = entered
        yield from (Path(parent, name) for name in sorted(names))


def _fail(error: OSError) -> None:
    raise error


def _why_not_entered(folder: Path) -> str | None:
    if folder.is_symlink():
        return LINKED_FOLDER
    if folder.name == ".git":
        return GIT_FOLDER
    return HIDDEN_FOLDER if folder.name.startswith(".") else None


def _count(folder: Path) -> int:
    """The number of files below a folder; what cannot be read holds none."""
    total = 0
    for _, _, names in os.walk(folder):
        total += len(names)
        if total >= _COUNTED:
            return _COUNTED
    return total


def _is_attachment(file: Path) -> bool:
    return file.suffix.lower() != _ENDING and not file.name.startswith(".")


def _why_unread(file: Path, found: os.stat_result, ending: str = _ENDING) -> str | None:
    """Why a file is nothing that can be read; `None` if it is.

    Args:
        file: The file.
        found: Its status.
        ending: What its name has to end in.
    """
    if stat.S_ISLNK(found.st_mode):
        return LINK
    if not file.name.lower().endswith(ending):
        return OTHER_TYPE
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
        for file in _walk(folder, []):
            is_rules = file.name in (IGNORE_FILE, ATTRIBUTES_FILE)
            if is_rules or _why_unread(file, file.lstat()) is None:
                target = copy / file.relative_to(folder)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, target)
    except OSError as error:
        raise Unavailable(f"{error.filename or folder}: {error.strerror}") from error
