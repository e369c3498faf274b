"""Which memory files a reader sees differently than a commit, at the cost of what changed.

The first question scans the working tree: it compares the stat data of every file with what was
seen before (`seen`) and reads those that differ. From then on, on Linux, the kernel reports what
changes and nothing else is looked at; where it cannot, every question scans.

Why not scan each time: at 10,000 files a scan takes many times as long as a search, while an
answer without news costs microseconds. Why the snapshot on disk: without it every command reads
every note, which takes five to eight times as long as a scan (both measured).

The rule against racy time stamps is git's (Documentation/technical/racy-git.txt): a file changed
less than two seconds before it is read is not relied on, as a later change may carry the same time.
"""

from __future__ import annotations

import stat
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final, TypeVar

from pack.catalog.row import is_catalogued
from pack.errors import LimitExceeded
from pack.model import BlobId, CommitId, MemoryPath
from pack.rules.exclusion import ATTRIBUTES_FILE
from pack_connectors.local_git.changes.events import FileEvents, FolderChanges, open_events
from pack_connectors.local_git.changes.scan import (
    RULE_FILES,
    TOO_LARGE,
    FileStatus,
    Folder,
    is_memory,
    may_hold_memory,
    scan,
)
from pack_connectors.local_git.changes.seen import SeenFile, SeenTree, mark, status_of
from pack_connectors.local_git.changes.skipped import SkippedFolders
from pack_connectors.local_git.worktree import Worktree
from pack_connectors.system.malloc import give_back

Difference = Callable[[CommitId, CommitId], Iterable[tuple[MemoryPath, BlobId | None]] | None]
Files = Callable[[CommitId], Iterable[tuple[MemoryPath, BlobId]]]

_RACY_NS: Final = 2_000_000_000
_MAX_LINKED: Final = 64
_MAX_STEPS: Final = 256
_MANY_FILES: Final = 2_000
"""Changed files above which a scan of everything is no slower than a look at each."""
_COMPARED: Final = 8
"""So many files are compared by their stat data in the time that one is read (measured: 7)."""
_Blob = TypeVar("_Blob", bound=BlobId | None)


class WorktreeState:
    """The memory files of one working tree. Safe to call from any thread.

    Args:
        worktree: The working tree.
        cache_file: Where to keep what was seen, for this process and others; `None` for nowhere.
        diff: Path and blob (`None`: no file) of what differs from one commit to another, in the
            second; `None` where the first is unknown. Other than memory files may be among them.
        walk: Path and blob of every file of a commit, memory or not.
        watch: Whether the kernel is asked to report changes: from the first question on, never,
            or (`None`) from the second on, so that a process with one question pays nothing.
        open_watches: Makes the watches of a folder.
        skipped: The folders that are not looked into; by default, there are none.
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
        skipped: SkippedFolders | None = None,
    ) -> None:
        self._worktree = worktree
        self._diff = diff
        self._walk = walk
        self._watch = watch
        self._open_watches = open_watches
        self._skipped = skipped or SkippedFolders(lambda: lambda _: False, lambda: None)
        self._lock = threading.Lock()
        self._file = SeenFile(cache_file)
        self._seen: SeenTree | None = None
        self._events: FileEvents | None = None
        self._pending = FolderChanges(lost=True)
        self._linked: set[str] = set()
        self._steps: dict[CommitId, tuple[CommitId, Mapping[MemoryPath, BlobId | None]]] = {}
        self._answer: Mapping[MemoryPath, BlobId | None] | None = None
        self._rules: dict[str, object] = {}
        self.rules_seen = 0
        """Grows when a file with rules of git may have changed."""

    def attribute_folders(self) -> list[str]:
        """The folders that have attributes of their own, as they were seen last."""
        files = list(self._rules)
        return [file.rpartition("/")[0] for file in files if file.endswith(ATTRIBUTES_FILE)]

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
            rules = any(path.rpartition("/")[2] in RULE_FILES for path in self._pending.files)
            self._pending.appeared |= self._skipped.reappeared(has_new_rules=rules)
            seen = self._seen
            if self._answer is None or seen is None or self._pending or commit != seen.commit:
                found = self._bring_up(commit).edits()
                if found != self._answer:
                    self._answer = MappingProxyType(found)
            return self._answer

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
        """Give back the watches. Another question opens them again."""
        with self._lock:
            self._stop_watching()

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
            if self._watch or (self._watch is None and self._answer is not None):
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

    def _bring_up(self, commit: CommitId | None) -> SeenTree:
        """Look at what may have changed, and compare with a commit."""
        seen, self._seen = self._seen, None  # an error leaves nothing half done
        is_lost = self._pending.lost or seen is None
        seen = seen or self._file.load()
        moved = self._moved(seen.commit, commit)
        trusted_before = time.time_ns() - _RACY_NS  # the time before anything is looked at
        if is_lost or moved is None or len(self._pending.files) > _MANY_FILES:
            changes = self._look_at_all(seen, trusted_before)
        else:
            changes = self._look_at_changes(seen, trusted_before)
        if moved is not None:
            seen.move(commit, moved)
        else:
            seen.compare(commit, dict(_memory_files(self._walk(commit) if commit else ())))
            give_back()  # the first look at a large memory takes the most
        self._file.keep(seen, changes + (len(moved) if moved is not None else 1))
        self._seen, self._pending = seen, FolderChanges()
        self._steps.clear()
        return seen

    def _moved(
        self, old: CommitId | None, new: CommitId | None
    ) -> Mapping[MemoryPath, BlobId | None] | None:
        """What a commit holds where it differs from another; `None` where nobody can say."""
        if old == new:
            return {}
        if old is None or new is None:
            return None
        changes = self._own_changes(old, new) or self._diff(old, new)
        return None if changes is None else dict(_memory_files(changes))

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

    def _look_at_all(self, seen: SeenTree, trusted_before: int) -> int:
        """Scan the working tree; how much of it is news, as `_look_at` counts."""
        changes = 0
        vanished = set(seen.digests)
        self._linked.clear()
        rules, self._rules = self._rules, {}
        skips = self._skipped.begin()
        for folder in scan(self._worktree.root, entered=self._entered, skips=skips):
            changes += self._look_at(seen, folder, trusted_before)
            vanished.discard(folder.path)
        self.rules_seen += self._rules != rules
        for path in vanished:
            seen.forget(path)
        return changes + len(vanished)

    def _look_at_changes(self, seen: SeenTree, trusted_before: int) -> int:
        """Look where something was reported; how many files that was."""
        for gone in self._pending.gone:
            self._skipped.forget(gone)
            if self._events is not None:
                self._events.unwatch(gone)
            for path in [path for path in seen.digests if f"{path}/".startswith(f"{gone}/")]:
                seen.forget(path)
        changes, skips = 0, self._skipped.rule()
        for appeared in filter(may_hold_memory, self._pending.appeared):
            for folder in scan(self._worktree.root, appeared, self._entered, skips):
                changes += self._look_at(seen, folder, trusted_before)
        for path in self._pending.files:
            if path.rpartition("/")[2] in RULE_FILES:
                self._note_rules(path)
        for path in filter(is_memory, self._pending.files):
            self._look_at_file(seen, MemoryPath(path), trusted_before)
        return changes + len(self._pending.files)

    def _look_at(self, seen: SeenTree, folder: Folder, trusted_before: int) -> int:
        """Look at the files of a folder; how many had to be read, or might as well have been.

        One that can be told by its digest from now on spares the next process all comparisons.
        """
        if self._events is not None:
            self._note_links(map(folder.path_of, folder.linked()))
        for name, status in folder.rules:
            place = folder.path_of(name)
            self.rules_seen += self._rules.get(place) != status
            self._rules[place] = status
        digest = folder.digest()
        if digest == seen.digests.get(folder.path):
            return 0
        before = seen.files.get(folder.path, {})
        now: dict[str, str] = {}
        is_settled = True
        for file in folder.files():
            is_settled &= file.newest < trusted_before
            if (found := _look(folder, file, before.get(file.name), trusted_before)) is not None:
                now[file.name] = found
        changed = [name for name in now | before if now.get(name) != before.get(name)]
        for name in changed:
            seen.see(folder.path, name, now.get(name))
        seen.digests[folder.path] = digest if is_settled else ""
        return len(changed) + (len(now) // _COMPARED if is_settled else 0)

    def _note_rules(self, path: str) -> None:
        """A file with rules was changed, or has come or gone."""
        if self._worktree.stat(MemoryPath(path)) is None:
            self._rules.pop(path, None)
        else:
            self._rules[path] = None
        self.rules_seen += 1

    def _look_at_file(self, seen: SeenTree, path: MemoryPath, trusted_before: int) -> None:
        folder, _, name = path.rpartition("/")
        status = self._worktree.stat(path)
        self._linked.discard(path)
        found = None
        if status is not None and stat.S_ISREG(status.st_mode):
            if status.st_nlink > 1:
                self._note_links([path])
            file = FileStatus.of(name, status)
            if (blob := self._read(path)) is not None:
                found = mark(file.text if file.newest < trusted_before else "", blob)
        seen.see(folder, name, found)

    def _read(self, path: MemoryPath) -> BlobId | None:
        try:
            found = self._worktree.read(path)
        except LimitExceeded:
            return TOO_LARGE
        return found.blob if found else None

    def _note_links(self, paths: Iterable[str]) -> None:
        """Look at files with several names at every question: another name hides a write."""
        self._linked.update(paths)
        if self._events is not None and len(self._linked) > _MAX_LINKED:
            self._events.usable = False


def _look(folder: Folder, file: FileStatus, before: str | None, trusted_before: int) -> str | None:
    """The mark of a file; `None` if it vanished, or is no file any more."""
    if before is not None and status_of(before) == file.text:
        return before
    blob = folder.blob(file.name)
    if blob is None:
        return None
    return mark(file.text if file.newest < trusted_before else "", blob)


def _memory_files(
    files: Iterable[tuple[MemoryPath, _Blob]],
) -> Iterable[tuple[MemoryPath, _Blob]]:
    return (row for row in files if is_catalogued(row[0]))
