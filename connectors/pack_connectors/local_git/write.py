"""Carrying out one write, in the order that loses nothing.

Five orders were measured with two writers and a person who commits by hand. Only in this one was
no write reverted, absorbed into a commit of that person, or lost:

objects (fsynced), journal, files change places, index.lock, new index in place,
compare-and-swap of the ref, objects once more, unlock, journal gone

Once more: a `git gc --prune=now` that began before the branch moved takes them for nobody's. Where
one goes on, they are in a kept pack before the branch leads to them.

A `git commit` that has read the index before all this, and writes it after, is seen to later
(`stale_index`).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Final

from pack.errors import OutcomeUnknown, PackError, StaleBase, Unavailable
from pack.model import Commit, CommitId, Identity, MemoryPath
from pack_connectors.local_git.committed import CommittedFiles
from pack_connectors.local_git.examine import ExaminedFile, ExaminedWrite, refuse_staged
from pack_connectors.local_git.gc_lock import LONGEST_SECONDS, wait_for_gc
from pack_connectors.local_git.index import GitIndex, PreparedIndex
from pack_connectors.local_git.journal import Intent, Journal, Step
from pack_connectors.local_git.kept_pack import keep
from pack_connectors.local_git.objects import (
    SYMLINK_MODE,
    ObjectStore,
    TreeEntry,
    file_blob,
    place_id,
)
from pack_connectors.local_git.process import GitRunner, RefUpdater
from pack_connectors.local_git.recovery import Recovery
from pack_connectors.local_git.repository import (
    Repository,
    current_branch,
    identity_line,
)
from pack_connectors.local_git.swap import FileSwap
from pack_connectors.local_git.worktree import Worktree
from pack_connectors.system.durable_files import DurableFiles

if TYPE_CHECKING:
    from pack.remote.merge_store import MergeCommit

_PRUNED_RETRIES: Final = 3


class GitWrite:
    """Carries out the writes of one repository; the caller holds the process lock."""

    def __init__(
        self,
        repository: Repository,
        runner: GitRunner,
        clock: Callable[[], datetime],
        *,
        store: ObjectStore,
        refs: RefUpdater,
        index: GitIndex,
        journal: Journal,
        swap: FileSwap,
        worktree: Worktree,
        recovery: Recovery,
        committed: CommittedFiles,
        user: Callable[[], Identity],
        gc_seconds: float = LONGEST_SECONDS,
        sign: Callable[[bytes], bytes] = bytes,
    ) -> None:
        self._repository = repository
        self._runner = runner
        self._clock = clock
        self._store = store
        self._refs = refs
        self._index = index
        self._journal = journal
        self._swap = swap
        self._worktree = worktree
        self._recovery = recovery
        self._committed = committed
        self._user = user
        self._gc_seconds = gc_seconds
        self._sign = sign
        self._is_kept = False
        self._work_dir = repository.state_dir / "work"

    def write(self, plan: ExaminedWrite, begun: PreparedIndex | None) -> Commit:
        """Make the commit, and bring the working tree and the index in line with it.

        Args:
            plan: The write.
            begun: An index that was begun early.

        Raises:
            PackError: See `Connector.commit`; the write is undone, or the next call undoes it.
            OSError: Likewise.
        """
        token = token_hex(16)
        entries = {target.path: target.entry for target in plan.targets}
        steps = [target.step(token, number) for number, target in enumerate(plan.targets)]
        prepared = self._index.prepare(entries, begun)
        try:
            intent = self._prepare(plan, entries, steps)
        except BaseException:
            self._index.discard(prepared)
            self._drop_staged(steps)
            raise
        self._carry_out(intent, prepared, plan, entries)
        blobs = {path: blob for path, entry in entries.items() if (blob := file_blob(entry))}
        return Commit(intent.new, None, blobs)

    def _keep_from_gc(self) -> None:
        """If a `git gc` goes on, have what the commit needs where it cannot be dropped.

        Raises:
            OSError, Unavailable: It cannot be done.
        """
        self._is_kept = wait_for_gc(self._repository.common_dir, 0)
        if self._is_kept and (added := self._store.added()):
            keep(self._runner, added)

    def _prepare(
        self,
        plan: ExaminedWrite,
        entries: Mapping[MemoryPath, TreeEntry | None],
        steps: Sequence[Step],
    ) -> Intent:
        """Put everything on the disk that the visible part of the write needs."""
        try:
            for _ in range(_PRUNED_RETRIES):
                # `git prune` takes temporary files of objects, and their folders, for left over.
                with suppress(FileNotFoundError):
                    return self._prepare_once(plan, entries, steps)
                self._drop_staged(steps)
            return self._prepare_once(plan, entries, steps)
        except OSError as error:
            raise Unavailable(f"the write cannot be prepared: {error.strerror}") from error

    def _prepare_once(
        self,
        plan: ExaminedWrite,
        entries: Mapping[MemoryPath, TreeEntry | None],
        steps: Sequence[Step],
    ) -> Intent:
        with DurableFiles() as files:
            # Before anything is written: what is not in place yet would be pruned, too.
            wait_for_gc(self._repository.common_dir, self._gc_seconds)
            new = self._add_objects(plan, entries, files)
            self._keep_from_gc()
            intent = Intent(plan.ref, plan.head, new, steps)
            for step, target in zip(steps, plan.targets, strict=True):
                if target.checked_out is not None and step.old != step.new:
                    self._stage(step, target, target.checked_out, files)
            self._journal.record(intent, files)
            files.finish()
        return intent

    def _stage(self, step: Step, target: ExaminedFile, content: bytes, files: DurableFiles) -> None:
        if target.entry is not None and target.entry.mode == SYMLINK_MODE:
            self._swap.stage_link(step.staged, content)
        else:
            self._swap.stage(step.staged, content, target.mode, files, program=target.is_program)

    def _add_objects(
        self,
        plan: ExaminedWrite,
        entries: Mapping[MemoryPath, TreeEntry | None],
        files: DurableFiles,
    ) -> CommitId:
        self._store.forget_added()
        if plan.ready is not None:
            return plan.ready
        for target in plan.targets:
            if target.content is not None:
                self._store.add("blob", target.content, files)
        tree = self._store.rebuild(plan.tree, entries, files) or self._store.add("tree", b"", files)
        if plan.merge is not None:
            data = merge_data(tree, plan.merge)
        else:
            data = self._commit_data(plan, tree)
        new = CommitId(self._store.add("commit", data, files))
        self._store.remember_tree(new, tree)
        return new

    def _commit_data(self, plan: ExaminedWrite, tree: str) -> bytes:
        now = max(0, int(self._clock().timestamp()))  # git knows no time before 1970
        user = self._user()
        author = identity_line(plan.author or user, now)
        parents = [plan.head] if plan.head else []
        committer = identity_line(user, now)
        return self._sign(commit_data(tree, parents, author, committer, plan.message))

    def _drop_staged(self, steps: Sequence[Step]) -> None:
        with suppress(OSError):  # the next write sweeps the folder
            for step in steps:
                (self._work_dir / step.staged).unlink(missing_ok=True)

    def _carry_out(
        self,
        intent: Intent,
        prepared: PreparedIndex,
        plan: ExaminedWrite,
        entries: Mapping[MemoryPath, TreeEntry | None],
    ) -> None:
        def check_staged() -> None:
            staged = self._index.staged(plan.head)
            for target in plan.targets:
                refuse_staged(target.path, target.blob, staged)

        try:
            with self._worktree.together():
                for step in intent.steps:
                    self._swap.apply(step)
            with self._index.installed(prepared, entries, check_staged):
                self._move_ref(intent)
        except BaseException as error:
            self._index.discard(prepared)
            landed = self._undo(intent, error)
            if not landed or isinstance(error, OutcomeUnknown) or not isinstance(error, Exception):
                raise
            return  # it failed after the branch was moved: the write is made
        self._index.remember(intent.new, entries)
        blobs = {path: file_blob(entry) for path, entry in entries.items()}
        self._committed.advance(intent.old, intent.new, blobs)
        # The write is made. If this fails, the journal stays and the next call finishes it.
        with suppress(OSError):
            self._recovery.finish(intent)
        self._set_modes(plan.targets)

    def _set_modes(self, targets: Sequence[ExaminedFile]) -> None:
        """Set the permissions of files whose bytes stay; only a commit from elsewhere has such."""
        for target in targets:
            bits = target.mode
            if target.now is None or bits is None or bits == target.now.mode:
                continue
            if target.entry is not None and place_id(target.entry) == target.blob:
                with suppress(PackError):  # at worst git shows it as a change of the user
                    self._worktree.set_mode(target.path, bits)

    def _undo(self, intent: Intent, error: BaseException) -> bool:
        """Undo a failed write; returns whether it had reached the branch all the same."""
        try:
            return self._recovery.undo(intent)
        except (PackError, OSError) as failure:
            # The journal stays, and the next call goes on from here.
            error.add_note(f"undoing it failed too: {failure}")
            if self._may_have_landed(intent):
                reason = f"it is not known whether the write was made: {error}"
                raise OutcomeUnknown(reason) from failure
            return False

    def _may_have_landed(self, intent: Intent) -> bool:
        try:
            return self._store.commit_at(intent.ref) != intent.old
        except PackError:
            return True

    def _move_ref(self, intent: Intent) -> None:
        def check_branch() -> None:
            branch = current_branch(self._repository, self._runner)
            if branch != intent.ref:
                raise StaleBase(intent.old, self._store.commit_at(branch))

        self._journal.touch()
        try:
            try:
                self._refs.swap(intent.ref, intent.new, intent.old, check_branch)
            except Unavailable:
                if not self._store.restore():  # git does not move a branch to what is gone
                    raise
                self._refs.swap(intent.ref, intent.new, intent.old, check_branch)
        except StaleBase as error:
            raise StaleBase(intent.old, self._store.commit_at(intent.ref)) from error
        try:
            _sync_folder((self._repository.common_dir / intent.ref).parent)
            if not self._is_kept:  # a gc may have begun meanwhile
                self._keep_from_gc()
            self._store.restore()
            self._store.forget_added()
        except OSError as error:
            raise OutcomeUnknown(f"the disk did not confirm the write: {error.strerror}") from error
        except Unavailable as error:
            raise OutcomeUnknown(f"git did not confirm the write: {error}") from error


def commit_data(
    tree: str, parents: Sequence[CommitId], author: str, committer: str, message: str
) -> bytes:
    """The bytes of a commit without a signature."""
    lines = [
        f"tree {tree}",
        *(f"parent {parent}" for parent in parents),
        f"author {author}",
        f"committer {committer}",
    ]
    return ("\n".join(lines) + f"\n\n{message.rstrip()}\n").encode("utf-8", "replace")


def merge_data(tree: str, merge: MergeCommit) -> bytes:
    """The bytes of a merge of heads: nothing of this machine is in them."""
    who = identity_line(merge.identity, merge.seconds)
    return commit_data(tree, merge.parents, who, who, merge.message)


def _sync_folder(folder: Path) -> None:
    """Make a rename in a folder survive a power cut, where the system can."""
    if sys.platform != "win32" and folder.is_dir():
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
