"""The local git connector: a memory in an ordinary repository with a working tree.

Readers see the working tree: a hand edit that is not committed yet is memory too. A write is one
commit, made in the order that findings 1.5 and 1.6 chose by measurement:

    process lock, expectations, objects (fsynced), journal, files change places,
    index.lock, new index in place, compare-and-swap of the ref, unlock, journal gone

After a crash at any point the next call of any PACK process finds the journal and undoes what was
not finished, or sees that it was.
"""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final

from pack.connector import Capability
from pack.errors import (
    AlreadyExists,
    BlobChanged,
    LimitExceeded,
    NotFound,
    OutcomeUnknown,
    PackError,
    RefusedForSafety,
    RepositoryBusy,
    StagedChange,
    StaleBase,
    Unavailable,
    UncommittedEdit,
)
from pack.model import (
    ABSENT,
    BlobId,
    Change,
    Commit,
    CommitId,
    Contents,
    Delete,
    Entry,
    EntryType,
    Expectation,
    Identity,
    MemoryPath,
    Put,
)
from pack.paths import kept_copy_path
from pack_connectors.committed_files import CommittedFiles
from pack_connectors.displaced import DisplacedFiles
from pack_connectors.file_swap import FileSwap
from pack_connectors.git_index import GitIndex, PreparedIndex, parse_raw_diff
from pack_connectors.git_process import GitRunner, RefUpdater, is_id
from pack_connectors.git_repository import (
    current_branch,
    identity_line,
    maintenance_is_due,
    open_repository,
    read_user,
    refuse_unfinished_operation,
    start_maintenance,
)
from pack_connectors.journal import Intent, Journal, Step
from pack_connectors.objects import (
    EXECUTABLE_MODE,
    FILE_MODE,
    SUBMODULE_MODE,
    SYMLINK_MODE,
    ObjectStore,
    TreeEntry,
    blob_id,
    format_entry,
)
from pack_connectors.process_lock import ProcessLock
from pack_connectors.recovery import Recovery
from pack_connectors.stat_cache import StatCache
from pack_connectors.worktree import FileRead, Worktree
from pack_connectors.write_request import check_path, check_write

_LOCK_SECONDS: Final = 60.0
_STALE_RETRIES: Final = 20
_MAINTENANCE_SECONDS: Final = 600.0
_TYPES: Final = {SYMLINK_MODE: EntryType.SYMLINK, SUBMODULE_MODE: EntryType.SUBMODULE}


@dataclass(frozen=True, slots=True)
class _Target:
    """One file of a write, as it was found.

    Attributes:
        path: The file.
        now: What the working tree holds.
        blob: Blob id of that; `None` for no file.
        committed: The entry in the current commit.
        staged: The entry in git's index.
        content: The bytes to store; `None` to delete.
        entry: The entry in the new commit; `None` for none.
    """

    path: MemoryPath
    now: FileRead | None
    blob: BlobId | None
    committed: TreeEntry | None
    staged: TreeEntry | None
    content: bytes | None
    entry: TreeEntry | None

    def step(self, token: str, number: int) -> Step:
        """What the journal says of this file."""
        return Step(
            self.path,
            old=self.blob,
            new=BlobId(self.entry.id) if self.entry else None,
            old_entry=format_entry(self.staged),
            new_entry=format_entry(self.entry),
            staged=f"{token}-{number}",
        )


@dataclass(frozen=True, slots=True)
class _Plan:
    """A write: the ref it moves, the commit and tree it is made on, and what it stores."""

    ref: str
    head: CommitId | None
    tree: str
    targets: Sequence[_Target]
    message: str
    author: Identity | None


class LocalGit:
    """A memory in the working tree of a git repository on this machine.

    Args:
        folder: Root of the working tree; it has a `.git`.
        clock: Tells the time of commits.
        lock_seconds: How long a writer waits for another PACK process.

    Raises:
        InvalidConfig: The folder is not the root of a repository that PACK can write to.
        Unavailable: Git is missing, or the repository cannot be opened.
    """

    capabilities = frozenset({Capability.WORKING_TREE})

    def __init__(
        self, folder: Path, clock: Callable[[], datetime], *, lock_seconds: float = _LOCK_SECONDS
    ) -> None:
        self.repository = open_repository(folder)
        self._clock = clock
        self._runner = GitRunner(self.repository.git_dir, self.repository.work_tree)
        self._work_dir = self.repository.state_dir / "work"
        self._lock = ProcessLock(self.repository.state_dir / "lock", lock_seconds)
        self._store = ObjectStore(self._runner, self.repository.common_dir)
        self._refs = RefUpdater(self._runner, self._lock.descriptor)
        self._committed = CommittedFiles(self.repository, self._store)
        self._index = GitIndex(self._runner, self._work_dir)
        self._worktree = Worktree(self.repository.work_tree)
        self._journal = Journal(self.repository.state_dir, self._work_dir)
        self._displaced = DisplacedFiles(self.repository.state_dir / "displaced", self._work_dir)
        self._swap = FileSwap(self._worktree, self._store, self._work_dir, self._displaced)
        self._recovery = Recovery(
            self._runner,
            store=self._store,
            index=self._index,
            journal=self._journal,
            swap=self._swap,
            repository=self.repository,
        )
        self._stats = StatCache()
        self._user: Identity | None = None
        self._writing = False
        self._maintenance: subprocess.Popen[bytes] | None = None
        self._maintained_at = -_MAINTENANCE_SECONDS

    @property
    def location(self) -> str:
        """The folder."""
        return str(self.repository.work_tree)

    def close(self) -> None:
        """End the git children and close the lock file."""
        self._refs.close()
        self._store.close()
        self._lock.close()
        if self._maintenance is not None:
            self._maintenance.wait()  # not long: it goes on in the background by itself

    # --- reading -------------------------------------------------------------------------------

    def head(self) -> CommitId | None:
        """See `Connector.head`."""
        self._repair()
        return self._committed.commit()

    def get_contents(self, path: MemoryPath) -> Contents:
        """See `Connector.get_contents`."""
        check_path(path)
        self._repair()
        found = self._worktree.read(path)
        if found is None and self._journal.exists():
            with self.exclusive():  # a write may be between taking out and putting in
                found = self._worktree.read(path)
        if found is None:
            raise NotFound(path)
        return Contents(found.content, blob_id(found.content), found.modified)

    def get_committed(self, path: MemoryPath) -> BlobId | None:
        """See `Connector.get_committed`."""
        check_path(path)
        self._repair()
        return self._committed.blob(path)

    def list_dir(self, dir_path: MemoryPath | None) -> list[Entry]:
        """See `Connector.list_dir`."""
        if dir_path is not None:
            check_path(dir_path)
        self._repair()
        prefix = f"{dir_path}/" if dir_path else ""
        return [
            Entry(name, path := MemoryPath(prefix + name), kind, self._blob_of(path, kind))
            for name, kind in self._worktree.list_names(dir_path)
        ]

    def _blob_of(self, path: MemoryPath, kind: EntryType) -> BlobId:
        if kind is not EntryType.FILE:
            return BlobId("")
        try:
            found = self._worktree.read(path)
        except LimitExceeded:
            return BlobId("")
        return blob_id(found.content) if found else BlobId("")

    def get_tree(self, at: CommitId | None = None) -> list[Entry]:
        """See `Connector.get_tree`."""
        self._repair()
        found = self._visible_entries() if at is None else self._committed_entries(at)
        return sorted(found, key=lambda entry: entry.path)

    def _visible_entries(self) -> Iterator[Entry]:
        for path, kind, status in self._worktree.scan():
            memory_path = MemoryPath(path)
            blob = BlobId("")
            if kind is EntryType.FILE:
                read = partial(self._blob_of, memory_path, kind)
                blob = self._stats.blob(path, status, read)
            yield Entry(path.rpartition("/")[2], memory_path, kind, blob)

    def _committed_entries(self, at: CommitId) -> Iterator[Entry]:
        for path, entry in self._store.walk(self._store.tree_of(at)):
            kind = _TYPES.get(entry.mode, EntryType.FILE)
            blob = BlobId(entry.id if kind is EntryType.FILE else "")
            yield Entry(entry.name, MemoryPath(path), kind, blob)

    def read_blobs(self, shas: Iterable[BlobId]) -> Iterator[tuple[BlobId, bytes]]:
        """See `Connector.read_blobs`."""
        for sha in shas:
            yield sha, self._store.read(sha, "blob")

    def changes_between(
        self, old: CommitId, new: CommitId
    ) -> list[tuple[MemoryPath, BlobId | None]] | None:
        """See `Connector.changes_between`."""
        if not self._is_commit(new):
            raise NotFound(f"commit {new[:60]}")
        if not self._is_commit(old):
            return None
        out = self._runner.run(["diff-tree", "-r", "-z", "--raw", "--no-renames", old, new, "--"])
        return sorted(parse_raw_diff(out).items())

    def _is_commit(self, commit: CommitId) -> bool:
        return is_id(commit) and self._store.find_id(commit, "commit") is not None

    # --- writing -------------------------------------------------------------------------------

    def put_contents(
        self, path: MemoryPath, content: bytes, sha: Expectation, message: str
    ) -> Commit:
        """See `Connector.put_contents`."""
        return self._commit_on_head([Put(path, content, sha)], message)

    def delete_file(self, path: MemoryPath, sha: BlobId) -> Commit:
        """See `Connector.delete_file`."""
        return self._commit_on_head([Delete(path, sha)], f"{path}: delete")

    def _commit_on_head(self, changes: Sequence[Change], message: str) -> Commit:
        for _ in range(_STALE_RETRIES):
            with suppress(StaleBase):
                return self.commit(self.head(), changes, message)
        raise RepositoryBusy("the branch moves faster than a write can be made")

    def commit(
        self,
        base: CommitId | None,
        changes: Sequence[Change],
        message: str,
        *,
        author: Identity | None = None,
    ) -> Commit:
        """See `Connector.commit`."""
        check_write(changes, message)
        with self.exclusive(), _store_errors():
            self._recovery.run()
            self._writing = True
            try:
                new = self._commit(base, changes, message, author)
            finally:
                self._writing = False
        self._maintain()
        return new

    def _commit(
        self,
        base: CommitId | None,
        changes: Sequence[Change],
        message: str,
        author: Identity | None,
    ) -> Commit:
        refuse_unfinished_operation(self.repository)
        ref = current_branch(self.repository, self._runner)
        head = self.head()
        if head != base:
            raise StaleBase(base, head)
        tree = self._store.tree_of(head)
        staged = self._index.staged(head)
        targets = [self._examine(change, tree, staged) for change in changes]
        return self._write(_Plan(ref, head, tree, targets, message, author))

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """See `Connector.exclusive`."""
        with _store_errors():
            self._make_folders()
        with self._lock:
            yield

    def _make_folders(self) -> None:
        # Not with `parents`: where git's folder is gone, a new one would hide that.
        for folder in (self.repository.state_dir, self._work_dir):
            folder.mkdir(exist_ok=True)

    def _repair(self) -> None:
        """Finish or undo what a killed process left, unless somebody is at work."""
        if not (self._journal.exists() or self._displaced.pending):
            return
        with suppress(RepositoryBusy), _store_errors():
            self._make_folders()
            self._lock.acquire(0)
            try:
                if not self._writing:
                    self._recovery.run()
                    self._displaced.check(self._surface)
            finally:
                self._lock.release()

    def _surface(self, path: MemoryPath, content: bytes) -> None:
        """Put bytes that an editor wrote into a displaced file beside the original."""
        kept = kept_copy_path(path, blob_id(content))
        name = uuid.uuid4().hex
        self._swap.stage(name, content, None)
        try:
            self._worktree.place(self._work_dir / name, kept)
        except FileExistsError:
            (self._work_dir / name).unlink()  # the same bytes were surfaced before

    # --- one write -----------------------------------------------------------------------------

    def _examine(
        self, change: Change, tree: str, staged: Mapping[MemoryPath, BlobId | None]
    ) -> _Target:
        path = change.path
        now = self._worktree.read(path)
        blob = blob_id(now.content) if now else None
        if now is None and (kind := self._worktree.type_at(path)) is not None:
            raise RefusedForSafety(
                f"{path} is a {kind}, not a file", "Remove it, or choose another path."
            )
        _check_expectation(change, blob, now.content if now else None)
        committed = self._store.entry_at(tree, path)
        self._refuse_odd(path, committed, now)
        content = change.content if isinstance(change, Put) else None
        entry = _entry(path, content, committed, now) if content is not None else None
        known = (committed.id if committed else None, entry.id if entry else None)
        if blob is not None and blob not in known:
            raise UncommittedEdit(path)
        _refuse_staged(path, blob, staged)
        in_index = committed
        if path in staged:
            in_index = committed and committed._replace(id=blob) if blob else None
        return _Target(path, now, blob, committed, in_index, content, entry)

    def _refuse_odd(
        self, path: MemoryPath, committed: TreeEntry | None, now: FileRead | None
    ) -> None:
        if committed is None:
            return
        if committed.mode not in (FILE_MODE, EXECUTABLE_MODE):
            raise RefusedForSafety(f"{path} is not a file in the repository")
        if now is None and self._index.is_left_out(path):
            raise RefusedForSafety(
                f"a sparse checkout leaves {path} out of the folder",
                "Run `git sparse-checkout disable` in the memory folder, then call again.",
            )

    def _write(self, plan: _Plan) -> Commit:
        token = uuid.uuid4().hex
        entries = {target.path: target.entry for target in plan.targets}
        steps = [target.step(token, number) for number, target in enumerate(plan.targets)]
        prepared = self._index.prepare(entries, token)
        try:
            new = self._store_objects(plan, entries)
            intent = Intent(plan.ref, plan.head, new, steps)
            self._stage(intent, plan.targets)
        except BaseException:
            self._index.discard(prepared)
            self._drop_staged(steps)
            raise
        self._carry_out(intent, prepared, plan, entries)
        blobs = {path: BlobId(entry.id) for path, entry in entries.items() if entry}
        return Commit(new, None, blobs)

    def _store_objects(
        self, plan: _Plan, entries: Mapping[MemoryPath, TreeEntry | None]
    ) -> CommitId:
        for target in plan.targets:
            if target.content is not None:
                self._store.write("blob", target.content)
        tree = self._store.rebuild(plan.tree, entries) or self._store.write("tree", b"")
        now = int(self._clock().timestamp())
        if self._user is None:
            self._user = read_user(self._runner)
        lines = [
            f"tree {tree}",
            *([f"parent {plan.head}"] if plan.head else []),
            f"author {identity_line(plan.author or self._user, now)}",
            f"committer {identity_line(self._user, now)}",
        ]
        data = "\n".join(lines) + f"\n\n{plan.message.rstrip()}\n"
        return CommitId(self._store.write("commit", data.encode("utf-8", "replace")))

    def _stage(self, intent: Intent, targets: Sequence[_Target]) -> None:
        try:
            for step, target in zip(intent.steps, targets, strict=True):
                if target.content is not None and step.old != step.new:
                    mode = target.now.mode if target.now else None
                    self._swap.stage(step.staged, target.content, mode)
            self._journal.record(intent)
        except OSError as error:
            self._journal.clear()
            raise Unavailable(f"the write cannot be prepared: {error.strerror}") from error

    def _drop_staged(self, steps: Sequence[Step]) -> None:
        with suppress(OSError):  # the next write sweeps the folder
            for step in steps:
                (self._work_dir / step.staged).unlink(missing_ok=True)

    def _carry_out(
        self,
        intent: Intent,
        prepared: PreparedIndex,
        plan: _Plan,
        entries: Mapping[MemoryPath, TreeEntry | None],
    ) -> None:
        def check_staged() -> None:
            staged = self._index.staged(plan.head)
            for target in plan.targets:
                _refuse_staged(target.path, target.blob, staged)

        try:
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
        blobs = {path: BlobId(entry.id) if entry else None for path, entry in entries.items()}
        self._committed.advance(intent.old, intent.new, blobs)
        # The write is made. Where this fails, the journal stays and the next call goes on.
        with suppress(OSError):
            self._recovery.finish(intent)

    def _undo(self, intent: Intent, error: BaseException) -> bool:
        """Undo a failed write; whether it had reached the branch all the same."""
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
            branch = current_branch(self.repository, self._runner)
            if branch != intent.ref:
                raise StaleBase(intent.old, self._store.commit_at(branch))

        self._journal.touch()
        try:
            self._refs.swap(intent.ref, intent.new, intent.old, check_branch)
        except StaleBase as error:
            raise StaleBase(intent.old, self._store.commit_at(intent.ref)) from error
        try:
            _sync_folder((self.repository.common_dir / intent.ref).parent)
        except OSError as error:
            raise OutcomeUnknown(f"the disk did not confirm the write: {error.strerror}") from error

    def _maintain(self) -> None:
        if self._maintenance is not None and self._maintenance.poll() is None:
            return
        if time.monotonic() - self._maintained_at < _MAINTENANCE_SECONDS:
            return
        # The write is made; what housekeeping cannot do now it does another time.
        with suppress(OSError, PackError):
            if maintenance_is_due(self.repository):
                self._maintained_at = time.monotonic()
                self._maintenance = start_maintenance(self.repository)


def _refuse_staged(
    path: MemoryPath, blob: BlobId | None, staged: Mapping[MemoryPath, BlobId | None]
) -> None:
    if path in staged and staged[path] != blob:
        raise StagedChange(path)


def _check_expectation(change: Change, blob: BlobId | None, content: bytes | None) -> None:
    if isinstance(change, Put) and change.expect is ABSENT:
        if blob is not None:
            raise AlreadyExists(change.path, None, blob, content)
    elif blob != change.expect:
        raise BlobChanged(change.path, BlobId(str(change.expect)), blob, content)


def _entry(
    path: MemoryPath, content: bytes, committed: TreeEntry | None, now: FileRead | None
) -> TreeEntry:
    """The entry in the new commit: with the mode it had, or the user gave a file of theirs."""
    mode = committed.mode if committed else FILE_MODE
    if committed is None and now is not None and now.mode & stat.S_IXUSR:
        mode = EXECUTABLE_MODE
    return TreeEntry(mode, path.rpartition("/")[2], blob_id(content))


@contextmanager
def _store_errors() -> Iterator[None]:
    """Turn what the operating system says, anywhere in the store, into PACK's words."""
    try:
        yield
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        raise Unavailable(f"{where}{error.strerror or error}") from error


def _sync_folder(folder: Path) -> None:
    """Make a rename in a folder survive a power cut, where the system has such a thing."""
    if sys.platform != "win32" and folder.is_dir():
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
