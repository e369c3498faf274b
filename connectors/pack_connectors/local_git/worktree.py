"""The checked-out files: reading and exchanging them without following a link or losing an edit.

A path is opened component by component, each relative to the folder opened before and none of
them through a symbolic link, so that a folder swapped for a link during the call leads nowhere.
A file is never overwritten: the new one and the old one change places, and what came out is
examined before it is dropped (editors that save in place write into the old inode).

Sources: openat(2), renameat2(2) "RENAME_EXCHANGE"; renameatx_np(2) "RENAME_SWAP" (macOS).
Windows has neither folder descriptors nor an exchange: there the path is checked before it is
used, and the exchange is a move out and a link in.
"""

from __future__ import annotations

import errno
import os
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

from pack.errors import InvalidPath, LimitExceeded, RefusedForSafety, Unavailable
from pack.limits import MAX_FILE_BYTES
from pack.model import BlobId, EntryType, MemoryPath, blob_id
from pack_connectors.local_git.atomic_rename import exchange_files, move_to_free_name
from pack_connectors.local_git.descent import (
    HAS_DIR_FD,
    Descent,
    descending,
    open_folder,
    open_root,
)
from pack_connectors.local_git.objects import link_id
from pack_connectors.preconditions import check_path
from pack_connectors.system.open_flags import READ_NO_LINK

_FIRST_SECOND: Final = -62_135_596_800  # of the year 1
_LAST_SECOND: Final = 253_402_300_799  # of the year 9999
_CHUNK_BYTES: Final = 64 * 1024


class FileRead:
    """A file of the working tree: its bytes, when it was changed, and its permission bits."""

    __slots__ = ("_blob", "content", "mode", "modified")

    def __init__(self, content: bytes, modified: datetime, mode: int) -> None:
        self.content = content
        self.modified = modified
        self.mode = mode
        self._blob: BlobId | None = None

    @property
    def blob(self) -> BlobId:
        """Git's id of the bytes, computed once."""
        if self._blob is None:
            self._blob = blob_id(self.content)
        return self._blob

    def blob_of(self, stored: bytes) -> BlobId:
        """Git's id of the bytes as git stores them, which mostly are the same object."""
        return self.blob if stored is self.content else blob_id(stored)


class Found(NamedTuple):
    """Something the scan of the working tree met."""

    path: MemoryPath
    type: EntryType


class _Location(NamedTuple):
    """A name in an opened folder; without folder descriptors, a whole path."""

    name: str
    dir_fd: int | None


class _View(threading.local):
    """What a thread has read inside of a view, with the stat data that it had, and from where."""

    reads: dict[MemoryPath, tuple[tuple[int, ...], FileRead]] | None = None
    folders: Descent | None = None
    changed: Descent | None = None


class Worktree:
    """The working tree of one repository."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._view = _View()

    # --- reading -----------------------------------------------------------------------------

    @contextmanager
    def view(self) -> Iterator[None]:
        """Let `read`, in this thread, read the bytes of a file again only if its stat data changed.

        An edit that leaves them as they were is not missed by a write: what comes out of the
        working tree is compared with what the write was made on (`swap`).
        """
        if self._view.reads is not None:  # a view inside another is the same one
            yield
            return
        self._view.reads = {}
        if HAS_DIR_FD:
            self._view.folders = Descent(self.root)
        try:
            yield
        finally:
            self._leave_folders()
            self._view.reads = self._view.folders = None

    def _leave_folders(self) -> None:
        """Have a view of this thread open folders again: they may have come or gone."""
        if self._view.folders is not None:
            self._view.folders.close()

    def read(self, path: MemoryPath) -> FileRead | None:
        """The file at a path; `None` where there is none, or something that is not a file.

        Raises:
            LimitExceeded: It is larger than a memory file may be.
            Unavailable: It cannot be read.
        """
        try:
            descriptor = self._opened(path)
        except OSError as error:
            raise _unavailable(path, error) from error
        if descriptor is None:
            return None
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                return None
            return self._read_once(descriptor, path, status)
        except OSError as error:
            raise _unavailable(path, error) from error
        finally:
            os.close(descriptor)

    def _opened(self, path: MemoryPath) -> int | None:
        """A descriptor of what is at a path, if it may be a file.

        In a view, the folder is the one that was opened last, unless it does not have it any more.
        """
        folders = self._view.folders
        if folders is not None:
            parent, _, name = path.rpartition("/")
            folder = folders.open(parent)
            found = _open_file(name, folder) if folder is not None else None
            if found is not None:
                return found
            self._leave_folders()
        with self._parent(path) as place:
            return _open_file(*place) if place is not None else None

    def _read_once(self, descriptor: int, path: MemoryPath, status: os.stat_result) -> FileRead:
        reads = self._view.reads
        if reads is None:
            return _read_file(descriptor, path, status)
        identity = _identity(status)
        known = reads.get(path)
        if known is None or known[0] != identity:
            known = reads[path] = (identity, _read_file(descriptor, path, status))
        return known[1]

    def blob_at(self, path: MemoryPath) -> BlobId | None:
        """What is at a path, as `place_id` says it; `None` for nothing, or a folder.

        Raises:
            LimitExceeded: It is larger than a memory file may be.
            Unavailable: It cannot be read.
        """
        found = self.read(path)
        if found is not None:
            return found.blob
        with _translated(path), self._parent(path) as place:
            if place is None:
                return None
            try:
                target = os.readlink(place.name, dir_fd=place.dir_fd)
            except OSError as error:
                if error.errno in (errno.EINVAL, errno.ENOENT):
                    return None
                raise
            return link_id(blob_id(os.fsencode(target)))

    def set_mode(self, path: MemoryPath, mode: int) -> None:
        """Give the file at a path, if one is there, permission bits; never what a link leads to.

        Raises:
            Unavailable: The file system refused.
        """
        with _translated(path), self._parent(path) as place:
            if place is None:
                return
            descriptor = _open_file(*place)
            if descriptor is None:
                return
            try:
                if stat.S_ISREG(os.fstat(descriptor).st_mode):
                    os.chmod(descriptor, mode)  # noqa: PTH101 - of the file that was opened
            finally:
                os.close(descriptor)

    def list_names(self, dir_path: MemoryPath | None) -> list[tuple[str, EntryType]]:
        """Names and types in a folder, git's own excluded, sorted; empty where there is none.

        Names that no path of a memory can have are left out, here and in `scan`.

        Raises:
            Unavailable: The folder cannot be read.
        """
        with _translated(dir_path or "the folder"), self.descent() as open_folder_at:
            entries = _entries(open_folder_at(dir_path or ""))
            found = [(entry.name, kind) for entry, kind in entries]
        return sorted(found)

    def stat(self, path: MemoryPath) -> os.stat_result | None:
        """The status of what is at a path, a link itself and not its target; `None` for nothing.

        Raises:
            Unavailable: The path cannot be examined.
        """
        with _translated(path), self._parent(path) as place:
            if place is None:
                return None
            try:
                return os.stat(place.name, dir_fd=place.dir_fd, follow_symlinks=False)
            except FileNotFoundError:
                return None

    def type_at(self, path: MemoryPath) -> EntryType | None:
        """What is at a path; `None` for nothing, or something without a type of ours."""
        status = self.stat(path)
        return None if status is None else _type_of_mode(status.st_mode)

    def scan(self, skips: Callable[[MemoryPath], bool] = lambda _: False) -> Iterator[Found]:
        """All files, links and nested repositories, in no particular order; folders are entered.

        Args:
            skips: Says which folders are not.

        Raises:
            Unavailable: A folder cannot be read.
        """
        waiting: list[MemoryPath | None] = [None]
        with self.descent() as open_folder_at:
            while waiting:
                path = waiting.pop()
                if path is None or not skips(path):
                    with _translated(path or "the folder"):
                        found = list(_scanned(path, open_folder_at(path or ""), waiting))
                    yield from found

    # --- changing ----------------------------------------------------------------------------

    def exchange(self, staged: Path, path: MemoryPath) -> None:
        """Put the staged file at `path` and what was there into the staged file's place.

        Raises:
            FileNotFoundError: Nothing is at `path`.
            RefusedForSafety: The path leads through a link.
            Unavailable: The file system refused; nothing was exchanged.
        """
        with self._changing(path) as place:
            if place is None:
                raise FileNotFoundError(path)
            exchange_files(staged, place.name, place.dir_fd)

    @contextmanager
    def together(self) -> Iterator[None]:
        """Let this thread open the folder of several changes that follow each other once."""
        if not HAS_DIR_FD:
            yield
            return
        with descending(self.root) as folders:
            self._view.changed = folders
            try:
                yield
            finally:
                self._view.changed = None

    def place(self, staged: Path, path: MemoryPath) -> None:
        """Move the staged file to `path`, where nothing may be; missing folders are made.

        Raises:
            FileExistsError: Something is there; it is untouched.
            RefusedForSafety: The path leads through a link.
            Unavailable: The file system refused; nothing was changed.
        """
        with self._changing(path, create=True) as place:
            if place is None:
                raise FileNotFoundError(path)
            try:
                move_to_free_name(staged, place.name, place.dir_fd)
            except FileExistsError:
                raise
            except OSError:
                self.prune_folders(path)  # the ones made for it
                raise

    def take_out(self, path: MemoryPath, target: Path) -> None:
        """Move the file at `path` to `target` outside the tree; folders left empty go.

        Raises:
            FileNotFoundError: Nothing is at `path`.
            Unavailable: The file system refused; nothing was changed.
        """
        with self._changing(path) as place:
            if place is None:
                raise FileNotFoundError(path)
            os.rename(place.name, target, src_dir_fd=place.dir_fd)
        self.prune_folders(path)

    def prune_folders(self, path: MemoryPath) -> None:
        """Remove the folders above a path that are empty, as git does."""
        self._leave_folders()
        parent, _, _ = path.rpartition("/")
        while parent:
            with self._parent(MemoryPath(parent)) as place:
                if place is None:
                    return
                try:
                    os.rmdir(place.name, dir_fd=place.dir_fd)
                except OSError:
                    return  # not empty, or not ours to remove: it stays
            parent = parent.rpartition("/")[0]

    @contextmanager
    def _changing(self, path: MemoryPath, *, create: bool = False) -> Iterator[_Location | None]:
        """As `_parent`, for a change, which a view of this thread is to see."""
        self._leave_folders()
        folders = self._view.changed
        with _translated(path):
            if folders is not None and not create:
                parent, _, name = path.rpartition("/")
                folder = folders.open(parent)
                yield _Location(name, folder) if folder is not None else None
                return
            if folders is not None:
                folders.close()  # it may have been missing
            with self._parent(path, create=create) as place:
                yield place

    # --- finding -----------------------------------------------------------------------------

    @contextmanager
    def _parent(self, path: MemoryPath, *, create: bool = False) -> Iterator[_Location | None]:
        """The folder a path lies in, opened without following a link; `None` if it is missing."""
        *folders, name = path.split("/")
        if not HAS_DIR_FD:
            yield self._checked_place(folders, name, create=create)
            return
        descriptor: int | None = open_root(self.root)
        try:
            for folder in folders:
                assert descriptor is not None  # noqa: S101 - the loop ends when it is
                inner = open_folder(folder, descriptor, path, create=create)
                os.close(descriptor)
                descriptor = inner
                if descriptor is None:
                    break
            yield None if descriptor is None else _Location(name, descriptor)
        finally:
            if descriptor is not None:
                os.close(descriptor)

    @contextmanager
    def descent(self) -> Iterator[Callable[[str], int | str | None]]:
        """Opens folders for listing, without following a link, as a walk gets to them.

        What it returns is good until the next one is opened; `None` where there is none.
        """
        if not HAS_DIR_FD:
            yield self._checked_folder
            return
        with descending(self.root) as found:
            yield found.open

    def _checked_folder(self, folder: str) -> str | None:
        is_there = not folder or self.type_at(MemoryPath(folder)) is EntryType.DIR
        return str(self.root / folder) if is_there else None

    def _checked_place(self, folders: list[str], name: str, *, create: bool) -> _Location | None:
        current = self.root
        for folder in folders:
            current /= folder
            if create:
                current.mkdir(exist_ok=True)
            if current.is_symlink() or getattr(current, "is_junction", bool)():
                raise RefusedForSafety(f"{current.relative_to(self.root)} is a link")
            if not current.is_dir():
                return None
        return _Location(str(current / name), None)


_NOT_A_FILE: Final = (
    errno.ENOENT,
    errno.ELOOP,
    errno.ENOTDIR,
    errno.EISDIR,
    errno.ENXIO,
    getattr(errno, "EMLINK", errno.ELOOP),  # FreeBSD's answer to O_NOFOLLOW
)


def _open_file(name: str, dir_fd: int | None) -> int | None:
    """A descriptor for reading what a folder has; `None` for nothing, a link or a folder."""
    try:
        return os.open(name, READ_NO_LINK, dir_fd=dir_fd)
    except OSError as error:
        if error.errno in _NOT_A_FILE:
            return None
        raise


def _read_file(descriptor: int, path: str, status: os.stat_result) -> FileRead:
    if status.st_size > MAX_FILE_BYTES:
        raise LimitExceeded(path, MAX_FILE_BYTES)
    # Without a file object, which would ask for more than the file's size in memory each time.
    content = os.read(descriptor, status.st_size + 1)
    while content and len(content) <= MAX_FILE_BYTES:
        if not (more := os.read(descriptor, _CHUNK_BYTES)):
            break
        content += more  # it grew while it was read, or a signal came
    if len(content) > MAX_FILE_BYTES:
        raise LimitExceeded(path, MAX_FILE_BYTES)
    return FileRead(content, _moment(status.st_mtime), stat.S_IMODE(status.st_mode))


def _identity(status: os.stat_result) -> tuple[int, ...]:
    """What changes when the bytes of a file do, as far as its file system tells."""
    return (
        status.st_dev,
        status.st_ino,
        status.st_mode,
        status.st_size,
        status.st_mtime_ns,
        status.st_ctime_ns,
    )


def _moment(seconds: float) -> datetime:
    """A time in UTC; a file may have one that no calendar here has."""
    return datetime.fromtimestamp(min(max(seconds, _FIRST_SECOND), _LAST_SECOND), UTC)


def _scanned(
    dir_path: MemoryPath | None, place: int | str | None, inner: list[MemoryPath | None]
) -> Iterator[Found]:
    """What is in an opened folder; the folders in it are added to `inner`."""
    prefix = f"{dir_path}/" if dir_path else ""
    for entry, kind in _entries(place):
        path = MemoryPath(prefix + entry.name)
        if kind is not EntryType.DIR:
            yield Found(path, kind)
        elif _is_repository(entry.name, place):
            yield Found(path, EntryType.SUBMODULE)
        else:
            inner.append(path)


def _is_repository(name: str, place: int | str | None) -> bool:
    try:
        if isinstance(place, str):
            os.lstat(f"{place}/{name}/.git")
        else:
            os.stat(f"{name}/.git", dir_fd=place, follow_symlinks=False)
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def _entries(folder: int | str | None) -> Iterator[tuple[os.DirEntry[str], EntryType]]:
    """What a folder holds that a memory can name, with its type."""
    if folder is None:
        return
    with os.scandir(folder) as rows:
        for entry in rows:
            kind = _type_of(entry)
            if kind is not None and _is_nameable(entry.name):
                yield entry, kind


def _is_nameable(name: str) -> bool:
    try:
        check_path(MemoryPath(name))
    except (InvalidPath, LimitExceeded):
        return False
    return True


def _type_of(entry: os.DirEntry[str]) -> EntryType | None:
    if entry.is_symlink() or getattr(entry, "is_junction", bool)():
        return EntryType.SYMLINK
    if entry.is_dir(follow_symlinks=False):
        return EntryType.DIR
    return EntryType.FILE if entry.is_file(follow_symlinks=False) else None


def _type_of_mode(mode: int) -> EntryType | None:
    if stat.S_ISLNK(mode):
        return EntryType.SYMLINK
    if stat.S_ISDIR(mode):
        return EntryType.DIR
    return EntryType.FILE if stat.S_ISREG(mode) else None


@contextmanager
def _translated(path: str) -> Iterator[None]:
    """Turn what the operating system says into PACK's words; the two existence errors pass."""
    try:
        yield
    except (FileNotFoundError, FileExistsError):
        raise
    except OSError as error:
        raise _unavailable(path, error) from error


def _unavailable(path: str, error: OSError) -> Unavailable:
    return Unavailable(f"{path}: {error.strerror or error}")
