"""What happens to a write that was cut off: it is undone, or found to be complete.

Only the holder of the process lock repairs, so no PACK process is in the middle of a write, and
no `git update-ref` of a killed one is still at work (it holds the lock too).
"""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from pack.model import CommitId
from pack_connectors.file_swap import FileSwap
from pack_connectors.git_index import GitIndex
from pack_connectors.git_process import GitRunner
from pack_connectors.git_repository import Repository
from pack_connectors.journal import Intent, Journal, Step
from pack_connectors.objects import ObjectStore, TreeEntry

# A lock that git leaves empty (HEAD.lock) does not say whose it is. It is taken for ours if it was
# made in the seconds after our intent was recorded, and nobody has removed it for a while.
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
        """Bring the repository to a state in which no write is half done.

        Raises:
            ConnectorError: It could not; the journal stays, and the next call tries again.
        """
        self._index.remove_own_lock()
        intent = self._journal.load()
        if intent is None:
            self._sweep()
            return
        self._remove_own_ref_locks(intent)
        self.undo(intent)
        self._sweep()

    def undo(self, intent: Intent) -> None:
        """Revert a write that did not reach the branch; leave one that did."""
        if not self._has_landed(intent):
            for step in reversed(intent.steps):
                self._swap.revert(step)
            self._revert_index(intent)
        self.finish(intent)

    def finish(self, intent: Intent) -> None:
        """Close the books on a write that is complete or undone."""
        for step in intent.steps:
            self._swap.settle(step)
        self._journal.clear()

    def _has_landed(self, intent: Intent) -> bool:
        current = self._store.find_id(intent.ref)
        if current is None or current == intent.old:
            return False
        if current == intent.new:
            return True
        return self._is_ancestor(intent.new, CommitId(current))

    def _is_ancestor(self, older: CommitId, newer: CommitId) -> bool:
        process = self._runner.start(["merge-base", "--is-ancestor", older, newer])
        process.communicate()
        return process.returncode == 0

    def _revert_index(self, intent: Intent) -> None:
        current = self._index.blobs([step.path for step in intent.steps])
        entries = {}
        for step in intent.steps:
            old = _old_entry(step)
            if current.get(step.path) == step.new and (old.id if old else None) != step.new:
                entries[step.path] = old
        if entries:
            self._index.write_entries(entries, f"{intent.new}-revert")

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


def _old_entry(step: Step) -> TreeEntry | None:
    if step.old_entry is None:
        return None
    mode, blob = step.old_entry.split()
    return TreeEntry(int(mode, 8), step.path.rpartition("/")[2], blob)
