"""Repairing a write that was cut off: it is undone, or found to be complete.

Only the holder of the process lock repairs, so no PACK process is in the middle of a write, and
no `git update-ref` that a killed one started is still at work (it holds the lock too).
"""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from pack_connectors.local_git.index import GitIndex
from pack_connectors.local_git.journal import Intent, Journal
from pack_connectors.local_git.objects import ObjectStore, parse_entry
from pack_connectors.local_git.process import GitRunner
from pack_connectors.local_git.repository import Repository
from pack_connectors.local_git.swap import FileSwap

# A lock that git leaves empty (HEAD.lock) does not say whose it is. We take it for ours if it was
# made in the seconds after our intent was recorded and nobody removes it for a while.
_EMPTY_LOCK_WAIT_SECONDS: Final = 1.0
_EMPTY_LOCK_WINDOW_SECONDS: Final = 10.0


class Recovery:
    """Repairs one repository."""

    def __init__(
        self,
        runner: GitRunner,
        *,
        store: ObjectStore,
        index: GitIndex,
        journal: Journal,
        swap: FileSwap,
        repository: Repository,
    ) -> None:
        self._repository = repository
        self._runner = runner
        self._store = store
        self._index = index
        self._journal = journal
        self._swap = swap

    def run(self) -> None:
        """Leave no write half done.

        Raises:
            ConnectorError: It could not; the journal stays, and the next call tries again.
            OSError: Likewise.
        """
        self._index.remove_own_lock()
        intent = self._journal.load()
        if intent is not None:
            self._remove_own_ref_locks(intent)
            self.undo(intent)
        self._sweep()

    def undo(self, intent: Intent) -> bool:
        """Revert a write that did not reach the branch; leave one that did.

        Returns:
            Whether it did.

        Raises:
            As `run`.
        """
        landed = self._has_landed(intent)
        if not landed:
            for step in reversed(intent.steps):
                self._swap.revert(step)
        self._mend_index(intent, landed=landed)
        self.finish(intent)
        return landed

    def finish(self, intent: Intent) -> None:
        """Drop what was kept for a write that is complete or undone."""
        for step in intent.steps:
            self._swap.settle(step)
        self._journal.clear()

    def _has_landed(self, intent: Intent) -> bool:
        current = self._store.commit_at(intent.ref)
        if current is None or current == intent.old:
            return False
        if current == intent.new:
            return True
        out = self._runner.run(["rev-list", "-1", intent.new, f"^{current}", "--"])
        return not out  # nothing of it is outside the branch

    def _mend_index(self, intent: Intent, *, landed: bool) -> None:
        """Give index entries on the wrong side of the write their value on the right one."""
        now = self._index.entries([step.path for step in intent.steps])
        entries = {}
        for step in intent.steps:
            right, wrong = step.new_entry, step.old_entry
            if not landed:
                right, wrong = wrong, right
            if right != wrong and now.get(step.path) == wrong:
                entries[step.path] = parse_entry(step.path, right)
        if entries:
            self._index.write_entries(entries)

    # --- what a killed child of ours leaves ----------------------------------------------------

    def _remove_own_ref_locks(self, intent: Intent) -> None:
        since = self._journal.since()
        for lock in (
            self._repository.common_dir / f"{intent.ref}.lock",
            self._repository.git_dir / "HEAD.lock",
        ):
            with suppress(FileNotFoundError):
                if self._is_ours(lock, intent, since):
                    lock.unlink()

    def _is_ours(self, lock: Path, intent: Intent, since: float) -> bool:
        content = lock.read_text(encoding="ascii", errors="replace").strip()
        if content:
            return content == intent.new
        deadline = time.monotonic() + _EMPTY_LOCK_WAIT_SECONDS
        while time.monotonic() < deadline:
            if lock.stat().st_size:
                return False
            time.sleep(0.05)
        made = lock.stat().st_mtime
        return since - 1 <= made <= since + _EMPTY_LOCK_WINDOW_SECONDS

    def _sweep(self) -> None:
        """Remove what killed processes left in the work folder; kept files are elsewhere."""
        for file in (self._repository.state_dir / "work").iterdir():
            file.unlink(missing_ok=True)
