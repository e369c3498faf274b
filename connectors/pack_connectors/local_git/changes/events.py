"""What the kernel reports of changes in watched folders of a working tree (Linux: inotify).

The kernel queues an event before the call that made the change returns, so a reader that empties
the queue misses no change made before it asked. What is stored through a memory map is reported
when the file is closed at the latest. Anything else that could hide a change is said: a queue that
ran over (`lost`), and folders or file systems that cannot be watched (`usable`).

Why our own binding: we need three system calls and one read that never waits; `inotify_simple`
is kept up, and would add a dependency for thirty lines.

Sources: inotify(7), statfs(2), linux/magic.h.
"""

from __future__ import annotations

import array
import ctypes
import errno
import os
import struct
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

if sys.platform == "linux":
    import fcntl
    import termios

_MODIFY, _ATTRIB, _CLOSE_WRITE = 0x2, 0x4, 0x8
_MOVED_FROM, _MOVED_TO, _CREATE, _DELETE = 0x40, 0x80, 0x100, 0x200
_DELETE_SELF, _MOVE_SELF = 0x400, 0x800
_UNMOUNT, _OVERFLOW, _IGNORED = 0x2000, 0x4000, 0x8000
_ONLY_DIR, _DONT_FOLLOW, _IS_DIR = 0x1000000, 0x2000000, 0x40000000
_MASK: Final = (
    _MODIFY
    | _ATTRIB
    | _CLOSE_WRITE
    | _MOVED_FROM
    | _MOVED_TO
    | _CREATE
    | _DELETE
    | _DELETE_SELF
    | _MOVE_SELF
    | _ONLY_DIR
    | _DONT_FOLLOW
)
_HEADER: Final = struct.Struct("iIII")
_VANISHED: Final = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)
_MAX_FOLDERS: Final = 16_384
"""A user's watches are shared by all their programs; older kernels grant 8,192 in all."""
_LOCAL_FILE_SYSTEMS: Final = frozenset(
    {
        0xEF53,  # ext2, ext3, ext4
        0x9123683E,  # btrfs
        0x58465342,  # xfs
        0x01021994,  # tmpfs
        0x858458F6,  # ramfs
        0xF2F52010,  # f2fs
        0x2FC12FC1,  # zfs
        0xCA451A4E,  # bcachefs
        0x794C7630,  # overlayfs
        0x4D44,  # vfat
        0x2011BAB0,  # exfat
        0x7366746E,  # ntfs3
    }
)
"""Those on which every change is made by this kernel, which then reports it."""


@dataclass(slots=True)
class FolderChanges:
    """Where something may have changed since it was asked last.

    Attributes:
        files: Paths of files.
        appeared: Folders to look at with all that is in them.
        gone: Folders that were removed or moved away.
        lost: Whether anything else may have changed as well.
    """

    files: set[str] = field(default_factory=set)
    appeared: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)
    lost: bool = False

    def __bool__(self) -> bool:
        return bool(self.lost or self.files or self.appeared or self.gone)


class Event(NamedTuple):
    """One event as the kernel queued it; `name` is empty where the folder itself is meant."""

    watch: int
    mask: int
    name: str


class FileEvents:
    """The watched folders of one working tree. Not safe for threads.

    Args:
        root: The working tree.
        kernel: Makes the system calls.
    """

    def __init__(self, root: Path, kernel: Inotify) -> None:
        self._root = str(root)
        self._kernel = kernel
        self._folders: dict[int, str] = {}
        self._watches: dict[str, int] = {}
        self._closed: set[str] = set()
        self.usable = True

    def watch(self, folder: str, *, closed: bool = False) -> None:
        """Report what happens in a folder from now on; `usable` is false if that is impossible.

        Args:
            folder: Path in the working tree, empty for its root. Watching it again is harmless.
            closed: It is a repository of its own, of which only the end of that is of interest.
        """
        place = f"{self._root}/{folder}" if folder else self._root
        try:
            if len(self._folders) >= _MAX_FOLDERS or not self._kernel.is_local(place):
                self.usable = False
                return
            watch = self._kernel.add_watch(place)
        except OSError as error:
            self.usable = self.usable and error.errno in _VANISHED
            return
        # A folder that was moved keeps its watch: it now speaks for the new path only.
        self._watches.pop(self._folders.get(watch, folder), None)
        self._folders[watch] = folder
        self._watches[folder] = watch
        (self._closed.add if closed else self._closed.discard)(folder)

    def unwatch(self, folder: str) -> None:
        """Report nothing more from a folder and those in it."""
        below = folder + "/"
        for path in [path for path in self._watches if path == folder or path.startswith(below)]:
            watch = self._watches.pop(path)
            self._folders.pop(watch, None)
            self._closed.discard(path)
            self._kernel.remove_watch(watch)

    def take(self, changes: FolderChanges) -> None:
        """Add everything that was queued before the call."""
        try:
            for event in self._kernel.read():
                self._note(event, changes)
        except OSError:
            changes.lost = True

    def close(self) -> None:
        """Watch nothing any more."""
        self._kernel.close()

    def _note(self, event: Event, changes: FolderChanges) -> None:
        if event.mask & (_OVERFLOW | _UNMOUNT):
            changes.lost = True
            return
        folder = self._folders.get(event.watch)
        if folder is None:
            return  # it is no longer watched
        if not event.name:
            changes.lost |= not folder  # the root itself: it went, or its rights changed
            if event.mask & _IGNORED:
                del self._folders[event.watch]
                self._watches.pop(folder, None)
        elif event.name.lower() == ".git":
            changes.lost |= bool(folder)  # a repository of its own begins or ends
        elif folder not in self._closed:
            _note_entry(event, f"{folder}/{event.name}" if folder else event.name, changes)


def _note_entry(event: Event, path: str, changes: FolderChanges) -> None:
    if not event.mask & _IS_DIR:
        changes.files.add(path)
        return
    if event.mask & (_MOVED_FROM | _DELETE):
        changes.gone.add(path)
    # Moved or made; or its rights changed, so that what was hidden may be readable.
    if event.mask & (_MOVED_TO | _CREATE | _ATTRIB):
        changes.appeared.add(path)


class Inotify:
    """The system calls. All but `read` and `close` take and raise what the kernel says.

    Raises:
        OSError: There is no such thing here, or none to be had.
    """

    def __init__(self) -> None:
        if sys.platform != "linux":
            raise OSError(errno.ENOSYS, "inotify exists on Linux only")
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._descriptor = self._checked(self._libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC))
        self._is_open = True

    def add_watch(self, place: str) -> int:
        """Number of the watch of a folder, the same for the same folder."""
        name = os.fsencode(place)
        return self._checked(self._libc.inotify_add_watch(self._descriptor, name, _MASK))

    def remove_watch(self, watch: int) -> None:
        """There is no such watch any more."""
        self._libc.inotify_rm_watch(self._descriptor, watch)  # fails where it is gone already

    def is_local(self, place: str) -> bool:
        """Whether only this kernel changes the file system that a folder is on."""
        # `f_type` comes first and is a long nearly everywhere; elsewhere nothing is recognised.
        buffer = (ctypes.c_long * 64)()
        self._checked(self._libc.statfs(os.fsencode(place), ctypes.byref(buffer)))
        return (buffer[0] & 0xFFFFFFFF) in _LOCAL_FILE_SYSTEMS

    def read(self) -> Iterator[Event]:
        """Each event that is queued now; never waits."""
        waiting = array.array("i", [0])
        fcntl.ioctl(self._descriptor, termios.FIONREAD, waiting)
        left = waiting[0]
        while left > 0:
            data = os.read(self._descriptor, max(left, 4096))
            left -= len(data)
            yield from _events(data)

    def close(self) -> None:
        """Give the queue back."""
        if self._is_open:
            self._is_open = False
            os.close(self._descriptor)

    def _checked(self, result: int) -> int:
        if result < 0:
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code))
        return result


def _events(data: bytes) -> Iterator[Event]:
    start = 0
    while start < len(data):
        watch, mask, _, length = _HEADER.unpack_from(data, start)
        start += _HEADER.size
        yield Event(watch, mask, os.fsdecode(data[start : start + length].rstrip(b"\0")))
        start += length


def open_events(root: Path) -> FileEvents | None:
    """A new, empty set of watches; `None` where there are none to be had."""
    try:
        return FileEvents(root, Inotify())
    except OSError:
        return None  # no inotify here, or the user's share of it is used up
