"""Which memory files a reader sees differently than a commit, at the cost of what changed.

The first question scans the working tree: it compares the stat data of every file with what
`WorktreeCache` holds and reads those that differ. A process that asks again, on Linux, has the
kernel report what changes and looks at nothing else; where it cannot, every question scans.

The rule against racy time stamps is git's (Documentation/technical/racy-git.txt): a file changed
less than two seconds before it is read is not relied on, as a later change may carry the same time.
"""

from __future__ import annotations

import stat
import struct
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Final, TypeVar

from pack.catalog.row import is_catalogued
from pack.errors import LimitExceeded
from pack.model import BlobId, CommitId, MemoryPath, blob_id
from pack_connectors.local_git.changes.cache import Rows, Seen, WorktreeCache
from pack_connectors.local_git.changes.events import FileEvents, FolderChanges, open_events
from pack_connectors.local_git.changes.scan import (
    TOO_LARGE,
    FileStatus,
    Folder,
    is_memory,
    may_hold_memory,
    scan,
)
from pack_connectors.local_git.worktree import Worktree
from pack_connectors.system.malloc import give_back

Difference = Callable[[CommitId, CommitId], Iterable[tuple[MemoryPath, BlobId | None]] | None]
Files = Callable[[CommitId], Iterable[tuple[MemoryPath, BlobId]]]

_RACY_NS: Final = 2_000_000_000
_MAX_LINKED: Final = 64
_MAX_STEPS: Final = 256
_MANY_FILES: Final = 2_000
"""Changed files above which a scan of everything is no slower than a look at each."""
_Blob = TypeVar("_Blob", bound=BlobId | None)
_STATUS: Final = struct.Struct("<4Q")
_64_BITS: Final = 2**64 - 1


class WorktreeState:
    """The memory files of one working tree. Safe to call from any thread.

    Args:
        worktree: The working tree.
        cache_file: Where to keep what was seen, for this process and others; `None` for nowhere.
        diff: Path and blob (`None`: no file) of what differs from one commit to another, in the
            second; `None` where the first is unknown. Other than memory files may be among them.
        walk: Path and blob of all files of a commit, likewise.
        watch: Whether the kernel is asked to report changes: from the first question on, never,
            or (`None`) from the second on, so that a process with one question pays nothing.
        open_watches: Makes the watches of a folder.
    """

    def __init__(
        self,
        worktree: Worktree,
        cache_file: Path | None,
        *,
        diff: Difference,
        walk: Files,
        watch: bool | None = None,
        open_watches: Callable[[Path], FileEvents | None] = open_events,
    ) -> None:
        self._worktree = worktree
        self._diff = diff
        self._walk = walk
        self._watch = watch
        self._open_watches = open_watches
        self._lock = threading.Lock()
        self._cache = WorktreeCache(cache_file)
        self._events: FileEvents | None = None
        self._pending = FolderChanges(lost=True)
        self._linked: set[str] = set()
        self._origin = 0
        self._steps: dict[CommitId, tuple[CommitId, Mapping[MemoryPath, BlobId | None]]] = {}
        self._commit: CommitId | None = None
        self._edits: Mapping[MemoryPath, BlobId | None] | None = None

    def edits(self, commit: CommitId | None) -> Mapping[MemoryPath, BlobId | None]:
        """The memory files that are not what `commit` holds, with the blob that a reader gets.

        `None` stands for a file that is gone, the empty id for one too large to be read. A change
        that was made before the call is in the answer; as long as nothing changes, the answer is
        the same object. The cost is that of what changed, or else of a scan.

        Args:
            commit: Usually the current one; `None` for no commit at all.

        Raises:
            Unavailable: A file or folder cannot be read.
            NotFound: There is no such commit.
        """
        with self._lock:
            self._collect()
            if self._edits is None or self._pending or commit != self._commit:
                found, self._origin = self._cache.run(partial(self._bring_up, commit))
                self._pending = FolderChanges()
                self._steps.clear()
                self._commit = commit
                if self._edits is None or found != self._edits:
                    self._edits = MappingProxyType(found)
            return self._edits

    def advance(
        self,
        old: CommitId | None,
        new: CommitId,
        blobs: Mapping[MemoryPath, BlobId | None],
    ) -> None:
        """Note what a commit of ours changed, so that it need not be compared with `old`.

        Costs nothing: the next question takes it up.
        """
        if old is not None and len(self._steps) < _MAX_STEPS:
            self._steps[old] = (new, blobs)

    def close(self) -> None:
        """Give back the watches and the cache file. Another question opens them again."""
        with self._lock:
            self._stop_watching()
            self._cache.close()

    # --- what may have changed -----------------------------------------------------------------

    def _collect(self) -> None:
        """Bring `_pending` up to all that happened before the call."""
        if self._events is not None:
            self._events.take(self._pending)
            self._pending.files |= self._linked
            if self._pending.lost or not self._events.usable:
                self._stop_watching()
        if self._events is None:
            self._pending.lost = True
            if self._watch or (self._watch is None and self._edits is not None):
                self._events = self._open_watches(self._worktree.root)

    def _stop_watching(self) -> None:
        if self._events is not None:
            self._events.close()
            if not self._events.usable:
                self._watch = False
            self._events = None
        self._pending.lost = True

    def _entered(self, folder: str, is_repository: bool) -> None:
        if self._events is not None and self._events.usable:
            self._events.watch(folder, closed=is_repository)

    # --- looking at it -------------------------------------------------------------------------

    def _bring_up(
        self, commit: CommitId | None, rows: Rows
    ) -> tuple[dict[MemoryPath, BlobId | None], int]:
        before = rows.commit()
        if before != commit:
            self._move(rows, before, commit)
        trusted_before = time.time_ns() - _RACY_NS  # the time before anything is looked at
        is_new = rows.origin != self._origin
        if is_new or self._pending.lost or len(self._pending.files) > _MANY_FILES:
            self._look_at_all(rows, trusted_before)
        else:
            self._look_at_changes(rows, trusted_before)
        if before is None:
            give_back()  # the very first look at a large memory takes the most
        return rows.edits(), rows.origin

    def _move(self, rows: Rows, old: CommitId | None, new: CommitId | None) -> None:
        changes = None
        if old is not None and new is not None:
            changes = self._own_changes(old, new) or self._diff(old, new)
        if changes is not None:
            rows.set_commit(new, _memory_files(changes), all_files=False)
        else:
            files = self._walk(new) if new is not None else ()
            rows.set_commit(new, _memory_files(files), all_files=True)

    def _own_changes(
        self, old: CommitId, new: CommitId
    ) -> Iterable[tuple[MemoryPath, BlobId | None]] | None:
        changes: dict[MemoryPath, BlobId | None] = {}
        for _ in range(len(self._steps)):
            if old not in self._steps:
                return None
            old, blobs = self._steps[old]
            changes |= blobs
            if old == new:
                return changes.items()
        return None

    def _look_at_all(self, rows: Rows, trusted_before: int) -> None:
        digests = rows.digests()
        self._linked.clear()
        for folder in scan(self._worktree.root, entered=self._entered):
            self._look_at(rows, folder, trusted_before, digests.pop(folder.path, None))
        for vanished in digests:
            rows.forget(vanished, below=False)

    def _look_at_changes(self, rows: Rows, trusted_before: int) -> None:
        for gone in self._pending.gone:
            if self._events is not None:
                self._events.unwatch(gone)
            rows.forget(gone, below=True)
        for appeared in filter(may_hold_memory, self._pending.appeared):
            for folder in scan(self._worktree.root, appeared, self._entered):
                self._look_at(rows, folder, trusted_before, b"")
        for path in filter(is_memory, self._pending.files):
            self._look_at_file(rows, MemoryPath(path), trusted_before)

    def _look_at(
        self, rows: Rows, folder: Folder, trusted_before: int, digest: bytes | None
    ) -> None:
        if self._events is not None:
            self._note_links(f"{folder.path}/{name}" for name in folder.linked())
        found = folder.digest()
        if not folder.path or found == digest or (digest is None and not folder.rows):
            return
        known = rows.files_in(folder.path)
        seen = []
        is_settled = True
        for file in folder.files():
            is_settled &= file.newest < trusted_before
            before = known.pop(file.name, None)
            now = _look(folder, file, before, trusted_before)
            if now != before:
                seen.append(now)
        seen += (Seen(name, b"", None) for name in known)
        rows.see(folder.path, seen, found if is_settled else b"")

    def _look_at_file(self, rows: Rows, path: MemoryPath, trusted_before: int) -> None:
        folder, _, name = path.rpartition("/")
        status = self._worktree.stat(path)
        self._linked.discard(path)
        seen = Seen(name, b"", None)
        if status is not None and stat.S_ISREG(status.st_mode):
            if status.st_nlink > 1:
                self._note_links([path])
            file = FileStatus.of(name, status)
            is_settled = file.newest < trusted_before
            seen = Seen(name, _packed(file) if is_settled else b"", self._read(path))
        # Written even if nothing changed: what another process saw before us must not come after.
        rows.see(folder, [seen], b"")

    def _read(self, path: MemoryPath) -> BlobId | None:
        try:
            found = self._worktree.read(path)
        except LimitExceeded:
            return TOO_LARGE
        return blob_id(found.content) if found else None

    def _note_links(self, paths: Iterable[str]) -> None:
        """Look at files with several names at every question: a write by another is not told."""
        self._linked.update(paths)
        if self._events is not None and len(self._linked) > _MAX_LINKED:
            self._events.usable = False


def _look(folder: Folder, file: FileStatus, before: Seen | None, trusted_before: int) -> Seen:
    status = _packed(file)
    if before is not None and before.status == status:
        return before
    blob = folder.blob(file.name)
    is_settled = blob is not None and file.newest < trusted_before
    return Seen(file.name, status if is_settled else b"", blob)


def _packed(file: FileStatus) -> bytes:
    # Times before 1970 and after 2262 are no positive numbers of 64 bits; that they differ counts.
    numbers = (file.inode, file.size, file.modified, file.changed)
    return _STATUS.pack(*(number & _64_BITS for number in numbers))


def _memory_files(
    files: Iterable[tuple[MemoryPath, _Blob]],
) -> Iterable[tuple[MemoryPath, _Blob]]:
    return (row for row in files if is_catalogued(row[0]))
