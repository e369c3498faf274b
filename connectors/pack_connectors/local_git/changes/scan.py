"""A fast walk over the folders that may hold memory files, with the rules of `Worktree.scan`.

A folder is opened component by component and never through a link; its entries are examined
relative to it. Hidden folders, `legacy/` and repositories of their own are not entered.
"""

from __future__ import annotations

import errno
import hashlib
import marshal
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from operator import attrgetter
from pathlib import Path
from typing import Final, NamedTuple

from pack.catalog.row import is_catalogued
from pack.errors import InvalidPath, LimitExceeded, Unavailable
from pack.limits import MAX_FILE_BYTES, MAX_STORED_PATH_BYTES
from pack.model import BlobId, MemoryPath, blob_id
from pack.rules.exclusion import ATTRIBUTES_FILE, IGNORE_FILE
from pack_connectors.local_git.changes.skipped import Skips
from pack_connectors.local_git.descent import HAS_DIR_FD
from pack_connectors.local_git.worktree import Worktree
from pack_connectors.preconditions import check_path
from pack_connectors.system.open_flags import READ_NO_LINK

_NOT_THERE: Final = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.EMLINK, errno.ENXIO)
RULE_FILES: Final = (IGNORE_FILE, ATTRIBUTES_FILE)
TOO_LARGE: Final = BlobId("")
"""Stands for the blob of a file that is larger than a memory file may be."""


class FileStatus(NamedTuple):
    """What tells one state of a file from another; times in nanoseconds."""

    name: str
    mode: int
    inode: int
    size: int
    modified: int
    changed: int
    links: int

    @classmethod
    def of(cls, name: str, found: os.stat_result) -> FileStatus:
        """The status of a file called `name`."""
        return cls(name, *_fields(found))

    @property
    def text(self) -> str:
        """All of it but the name and what does not change with the bytes."""
        return f"{self.inode} {self.size} {self.modified} {self.changed}"

    @property
    def newest(self) -> int:
        """When it was changed last, as no program can set it where the system keeps such a time."""
        return max(self.modified, self.changed) if os.name == "nt" else self.changed


_fields: Final[Callable[[os.stat_result], tuple[int, int, int, int, int, int]]] = attrgetter(
    "st_mode", "st_ino", "st_size", "st_mtime_ns", "st_ctime_ns", "st_nlink"
)


class Folder:
    """One folder while it is open, with what in it is called like a memory file.

    Attributes:
        path: Where it is in the working tree.
        rows: A plain tuple for each entry, in the order of `FileStatus`.
        rules: The files with rules of git in it, and their stat data.
    """

    def __init__(self, path: str, place: int | str) -> None:
        self.path = path
        self._place = place
        self.rows: list[tuple[str, int, int, int, int, int, int]] = []
        self.inner: list[str] = []
        self.rules: list[tuple[str, tuple[int, ...]]] = []
        self._read_entries()

    def _read_entries(self) -> None:
        # This runs for every file at every full scan: plain tuples are faster than named ones.
        add, fields, is_folder = self.rows.append, _fields, stat.S_ISDIR
        with os.scandir(self._place) as entries:
            for entry in entries:
                name = entry.name
                if not name.endswith(".md") and name[-3:].lower() != ".md":
                    if name[0] != ".":
                        if _is_folder(entry):
                            self.inner.append(name)
                    elif name in RULE_FILES:
                        with suppress(FileNotFoundError):
                            self.rules.append((name, _fields(entry.stat(follow_symlinks=False))))
                    continue
                try:
                    found = entry.stat(follow_symlinks=False) if HAS_DIR_FD else os.lstat(entry)
                except FileNotFoundError:
                    continue  # it was removed since the folder was read
                row = (name, *fields(found))
                add(row)
                if is_folder(row[1]):
                    self.inner.append(name)

    def digest(self) -> str:
        """Stands for the stat data of all files in it."""
        return hashlib.sha1(marshal.dumps(self.rows, 2), usedforsecurity=False).hexdigest()

    def files(self) -> Iterator[FileStatus]:
        """The memory files in it."""
        is_name = _is_nameable if self.path else is_memory  # at the root, some names are others'
        for row in self.rows:
            if stat.S_ISREG(row[1]) and is_name(row[0]):
                yield FileStatus(*row)

    def path_of(self, name: str) -> str:
        """The path of something in it."""
        return f"{self.path}/{name}" if self.path else name

    def linked(self) -> list[str]:
        """Names that may be one of several of the same file."""
        return [row[0] for row in self.rows if row[6] > 1 and stat.S_ISREG(row[1])]

    def is_repository(self) -> bool:
        """Whether it is a repository of its own."""
        try:
            mode = self._lstat(".git").st_mode
        except OSError as error:
            if error.errno in _NOT_THERE:
                return False
            raise
        return stat.S_ISREG(mode) or stat.S_ISDIR(mode) or stat.S_ISLNK(mode)

    def _lstat(self, name: str) -> os.stat_result:
        if isinstance(self._place, str):
            return os.lstat(f"{self._place}/{name}")
        return os.stat(name, dir_fd=self._place, follow_symlinks=False)

    def blob(self, name: str) -> BlobId | None:
        """Blob id of a file's bytes; `None` where no file is any more.

        Raises:
            Unavailable: It cannot be read.
        """
        with _translated(self.path_of(name)):
            try:
                descriptor = self._open(name)
            except OSError as error:
                if error.errno in _NOT_THERE:
                    return None
                raise
            try:
                return _blob_of(descriptor)
            finally:
                os.close(descriptor)

    def _open(self, name: str) -> int:
        if isinstance(self._place, str):
            return os.open(f"{self._place}/{name}", READ_NO_LINK)
        return os.open(name, READ_NO_LINK, dir_fd=self._place)


def _blob_of(descriptor: int) -> BlobId | None:
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        return None
    content = b""
    while len(content) <= MAX_FILE_BYTES and status.st_size <= MAX_FILE_BYTES:
        more = os.read(descriptor, status.st_size + 1)
        if not more:
            return blob_id(content)
        content += more
    return TOO_LARGE


def _is_folder(entry: os.DirEntry[str]) -> bool:
    return entry.is_dir(follow_symlinks=False) and not getattr(entry, "is_junction", bool)()


def _is_nameable(name: str) -> bool:
    """Whether a memory file can be called so; `name` ends in `.md`."""
    is_plain = name.isascii() and name.isprintable() and name[0] != "."
    if is_plain and not any(c in name for c in "\\:"):
        return True  # the rest of the rule is about other endings and other scripts
    return _is_path(name) and is_catalogued(f"folder/{name}")


def _is_path(name: str) -> bool:
    try:
        check_path(MemoryPath(name))
    except (InvalidPath, LimitExceeded):
        return False
    return True


def may_hold_memory(folder: str) -> bool:
    """Whether files in this folder, or in one below, can be memory files."""
    return is_catalogued(f"{folder}/x.md") and _is_path(folder)


def _may_hold_memory(prefix: str, name: str) -> bool:
    """The same for a folder in one that may; it costs the same however deep that is."""
    place = f"x/{name}" if prefix else name  # what is special at the root is so nowhere else
    return may_hold_memory(place) and len((prefix + name).encode("utf-8")) <= MAX_STORED_PATH_BYTES


def is_memory(path: str) -> bool:
    """Whether a file at this path would be found by `scan`, as far as its name goes."""
    return is_catalogued(path) and _is_path(path)


def scan(
    root: Path,
    start: str = "",
    entered: Callable[[str, bool], None] = lambda *_: None,
    skips: Skips = lambda _: False,
) -> Iterator[Folder]:
    """Each folder at and below `start` that may hold memory files; open until the next is asked.

    Args:
        root: The working tree.
        start: Where to begin; nothing is found where no folder is.
        entered: Called with the path of a folder before its entries are read, and again, with
            whether it is one, when it turns out to be a repository of its own.
        skips: Says which folders are not entered.

    Raises:
        Unavailable: A folder, or a file while it is looked at, cannot be read.
    """
    if start and skips(start):
        return
    with Worktree(root).descent() as open_folder:
        yield from _scan(root, start, entered, skips, open_folder)


def _scan(
    root: Path,
    start: str,
    entered: Callable[[str, bool], None],
    skips: Skips,
    open_folder: Callable[[str], int | str | None],
) -> Iterator[Folder]:
    waiting = [start]
    while waiting:
        path = waiting.pop()
        with _translated(path or str(root)):
            entered(path, False)
            place = open_folder(path)
            if place is None:
                continue
            folder = Folder(path, place)
            if path and folder.is_repository():
                entered(path, True)
                continue
            yield folder
            prefix = f"{path}/" if path else ""
            inner = (prefix + name for name in folder.inner if _may_hold_memory(prefix, name))
            waiting += (each for each in inner if not skips(each))


@contextmanager
def _translated(place: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Unavailable(f"{error.filename or place}: {error.strerror or error}") from error
