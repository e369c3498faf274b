"""The local git connector: a memory in an ordinary repository with a working tree.

Readers see the working tree: a hand edit that is not committed yet is memory too. A write is one
commit; `write` says how it is made.

After a crash at any point, the next call of any PACK process finds the journal and undoes what was
not finished, or finds that it was.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from enum import Enum, auto
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Final

from pack.connector import Capability
from pack.errors import (
    ConnectorError,
    LimitExceeded,
    NotFound,
    PackError,
    RepositoryBusy,
    StaleBase,
    Unavailable,
)
from pack.log import CommitFacts, Lineage, LogQuery
from pack.model import (
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
    LastChange,
    MemoryPath,
    Put,
    blob_id,
)
from pack.paths import kept_copy_path
from pack.rules.exclusion import Exclusion
from pack_connectors.local_git.arrivals import Arrivals, Difference, Staged, differences
from pack_connectors.local_git.beside.commit_notes import CommitNotes
from pack_connectors.local_git.beside.side_refs import SideRefs
from pack_connectors.local_git.busy import refuse_busy
from pack_connectors.local_git.changes.skipped import SkippedFolders
from pack_connectors.local_git.changes.state import WorktreeState
from pack_connectors.local_git.checkout import refuse_incomplete, refuse_without_checkout
from pack_connectors.local_git.committed import CommittedFiles
from pack_connectors.local_git.examine import ExaminedWrite, Examiner
from pack_connectors.local_git.gc_lock import LONGEST_SECONDS, wait_for_gc
from pack_connectors.local_git.index import GitIndex, PreparedIndex, parse_raw_diff
from pack_connectors.local_git.journal import Journal
from pack_connectors.local_git.kept_pack import release
from pack_connectors.local_git.log import (
    find_commits,
    read_last_changes,
    read_lineage,
    read_log,
)
from pack_connectors.local_git.objects import (
    SUBMODULE_MODE,
    SYMLINK_MODE,
    TREE_MODE,
    ObjectStore,
)
from pack_connectors.local_git.past.ancestors import Ancestors
from pack_connectors.local_git.past.commit_graph import CommitGraph
from pack_connectors.local_git.past.listing import SharedListing
from pack_connectors.local_git.past.merge_bases import height, merge_bases
from pack_connectors.local_git.past.near import distance
from pack_connectors.local_git.past.one_commit import read_new, read_one
from pack_connectors.local_git.past.tree_diff import diff_trees
from pack_connectors.local_git.process import GitRunner, RefUpdater, is_id
from pack_connectors.local_git.recovery import Recovery
from pack_connectors.local_git.replaced_files import ReplacedFiles
from pack_connectors.local_git.repository import (
    current_branch,
    maintenance_is_due,
    open_repository,
    refuse_unfinished_operation,
    start_maintenance,
)
from pack_connectors.local_git.rules.local import LocalRules
from pack_connectors.local_git.rules.person import PersonalSettings
from pack_connectors.local_git.stale_index import StaleIndex
from pack_connectors.local_git.swap import FileSwap
from pack_connectors.local_git.worktree import Worktree
from pack_connectors.local_git.write import GitWrite, merge_data
from pack_connectors.preconditions import (
    check_aside,
    check_message,
    check_path,
    check_side_ref,
    check_write,
)
from pack_connectors.system.durable_files import DurableFiles
from pack_connectors.system.process_lock import ProcessLock
from pack_connectors.system.thread_view import ThreadView

if TYPE_CHECKING:
    from pack.mesh.side_commits import StoredCommit
    from pack.remote.merge_store import MergeCommit, MergeProposal

_LOCK_SECONDS: Final = 60.0
_STALE_RETRIES: Final = 20
_MAINTENANCE_SECONDS: Final = 600.0
_NO_FILES: Final = (TREE_MODE, SYMLINK_MODE, SUBMODULE_MODE)


class _Turn(Enum):
    """What this process does while it holds the lock; `WRITTEN` calls for housekeeping."""

    NONE = auto()
    HELD = auto()
    WRITING = auto()
    WRITTEN = auto()


class LocalGit:
    """A memory in the working tree of a git repository on this machine.

    Args:
        folder: Root of the working tree; it has a `.git`.
        clock: Tells the time of commits.
        lock_seconds: How long a writer waits for another PACK process.
        gc_seconds: How long it waits for git's housekeeping.
        sign: Adds a signature to what PACK commits on the branch; never fails.
        objects: Another object directory, from which alone this one is to read.

    Raises:
        InvalidConfig: The folder is not the root of a repository that PACK can write to.
        Unavailable: Git is missing, or the repository cannot be opened.
    """

    capabilities = frozenset(
        {Capability.WORKING_TREE, Capability.AUTHOR, Capability.LOG, Capability.NOTES}
    )

    def __init__(
        self,
        folder: Path,
        clock: Callable[[], datetime],
        *,
        lock_seconds: float = _LOCK_SECONDS,
        gc_seconds: float = LONGEST_SECONDS,
        sign: Callable[[bytes], bytes] = bytes,
        objects: Path | None = None,
    ) -> None:
        self.repository = open_repository(folder)
        self._runner = GitRunner(self.repository, objects)
        self._work_dir = self.repository.state_dir / "work"
        self._lock = ProcessLock(self.repository.state_dir / "lock", lock_seconds)
        self._store = ObjectStore(self._runner)
        self._listing = SharedListing(self._store)
        self._refs = RefUpdater(self._runner, self._lock.descriptor)
        self._view = ThreadView()
        self._turn_view = ThreadView()
        self._committed = CommittedFiles(self.repository, self._store, self._turn_view)
        self._index = GitIndex(self._runner, self._work_dir)
        self._worktree = Worktree(self.repository.work_tree)
        self._journal = Journal(self.repository.state_dir, self._work_dir)
        self._displaced = ReplacedFiles(self.repository.state_dir / "displaced", self._work_dir)
        self._swap = FileSwap(self._worktree, self._store, self._work_dir, self._displaced)
        self._recovery = Recovery(
            self._runner,
            store=self._store,
            index=self._index,
            journal=self._journal,
            swap=self._swap,
            repository=self.repository,
        )
        self._personal = PersonalSettings(self.repository)
        self._rules = LocalRules(
            self.repository,
            self._personal,
            self._worktree,
            self._store,
            self._index,
            self._committed,
            self.changes_between,
        )
        self._examiner = Examiner(self._worktree, self._store, self._index, self._rules)
        self._arrivals = Arrivals(
            self._runner, self._worktree, self._store, self._index, self._rules
        )
        self._stale = StaleIndex(
            self._runner, self._store, self._index, self._worktree, self._rules
        )
        self._writer = GitWrite(
            self.repository,
            self._runner,
            clock,
            store=self._store,
            refs=self._refs,
            index=self._index,
            journal=self._journal,
            swap=self._swap,
            worktree=self._worktree,
            recovery=self._recovery,
            committed=self._committed,
            user=self._personal.user,
            gc_seconds=gc_seconds,
            sign=sign,
        )
        self._aside = SideRefs(
            self.repository,
            self._runner,
            clock,
            store=self._store,
            refs=self._refs,
            user=self._personal.user,
            view=self._view,
        )
        self._notes = CommitNotes(
            self.repository, self._runner, clock, store=self._store, user=self._personal.user
        )
        self._state = WorktreeState(
            self._worktree,
            self.repository.state_dir / "worktree.seen",
            diff=self.changes_between,
            walk=self._committed_blobs,
            skipped=SkippedFolders(self._rules.skipping, self._rules.skip_stamp),
        )
        self._paths_of_head: tuple[CommitId | None, Mapping[BlobId, MemoryPath]] | None = None
        self._ancestors = Ancestors(self._runner)
        self._graph = CommitGraph(self._runner, (objects or self.repository.state_dir) / "graph")
        self._turn = _Turn.NONE
        self._begun: PreparedIndex | None = None
        self._maintenance: subprocess.Popen[bytes] | None = None
        self._maintained_at = -_MAINTENANCE_SECONDS

    @property
    def location(self) -> str:
        """The folder."""
        return str(self.repository.work_tree)

    def user(self) -> Identity:
        """Whose commits are made here: whom git's configuration names, or an obvious stand-in.

        Raises:
            Unavailable: Git cannot be asked for its configuration.
        """
        return self._personal.user()

    def close(self) -> None:
        """End the git children and close the lock file."""
        with suppress(OSError, PackError):  # nobody waits for it: the next write does it, too
            self._repair()
        self._refs.close()
        self._graph.close()
        self._store.close()
        self._lock.close()
        self._state.close()
        if self._maintenance is not None:
            self._maintenance.wait()  # not long: its work goes on in the background

    # --- reading -------------------------------------------------------------------------------

    def head(self) -> CommitId | None:
        """See `Connector.head`."""
        self._repair()
        return self._committed.commit()

    def commit_of(self, ref: str) -> CommitId | None:
        """The commit that a ref leads to; `None` where it leads to none.

        Raises:
            Unavailable: The object database cannot be read.
        """
        found = self._store.find_id(f"{ref}^{{commit}}", "commit")
        return CommitId(found) if found else None

    def get_contents(self, path: MemoryPath) -> Contents:
        """See `Connector.get_contents`."""
        check_path(path)
        self._repair()
        if self._rules.exclusion(path) is not None:
            raise NotFound(path)
        found = self._worktree.read(path)
        if found is None and self._journal.exists():
            with self._lock:  # a write may be between taking out and putting in
                found = self._worktree.read(path)
        if found is None:
            raise NotFound(path)
        content = self._rules.to_blob(path, found.content)
        return Contents(content, found.blob_of(content), found.modified)

    def get_committed(self, path: MemoryPath, at: CommitId | None = None) -> BlobId | None:
        """See `Connector.get_committed`."""
        check_path(path)
        self._repair()
        if at is None:
            return self._committed.blob(path)
        if not (self._store.has_read(at) or self._is_commit(at)):
            raise NotFound(f"commit {at[:60]}")
        entry = self._store.entry_in(at, path)
        return BlobId(entry.id) if entry and entry.mode not in _NO_FILES else None

    def list_dir(self, dir_path: MemoryPath | None) -> list[Entry]:
        """See `Connector.list_dir`."""
        if dir_path is not None:
            check_path(dir_path)
        self._repair()
        prefix = f"{dir_path}/" if dir_path else ""
        names = self._worktree.list_names(dir_path)
        found = ((MemoryPath(prefix + name), kind) for name, kind in names)
        return list(self._shown_entries(found))

    def exclusion(self, path: MemoryPath) -> Exclusion | None:
        """See `Connector.exclusion`."""
        check_path(path)
        self._repair()
        return self._rules.exclusion(path)

    def _shown_entries(self, found: Iterable[tuple[MemoryPath, EntryType]]) -> Iterator[Entry]:
        for path, kind, is_readable in self._rules.shown(found):
            blob = self._blob_of(path) if is_readable else BlobId("")
            yield Entry(path.rpartition("/")[2], path, kind, blob)

    def _blob_of(self, path: MemoryPath) -> BlobId:
        try:
            found = self._worktree.read(path)
        except LimitExceeded:
            return BlobId("")
        return found.blob_of(self._rules.to_blob(path, found.content)) if found else BlobId("")

    def get_tree(self, at: CommitId | None = None) -> list[Entry]:
        """See `Connector.get_tree`."""
        self._repair()
        if at is None:
            found = self._shown_entries(self._worktree.scan(self._rules.skipping()))
        else:
            found = self._committed_entries(at)
        return sorted(found, key=lambda entry: entry.path)

    def _committed_entries(self, at: CommitId) -> Iterator[Entry]:
        return self._listing.entries(self._store.tree_of(at))

    def _committed_blobs(self, at: CommitId) -> Iterator[tuple[MemoryPath, BlobId]]:
        return ((entry.path, entry.sha) for entry in self._committed_entries(at) if entry.sha)

    def edits(self, at: CommitId | None) -> Mapping[MemoryPath, BlobId | None]:
        """See `Connector.edits`."""
        self._repair()
        if at is not None and at != self._committed.commit() and not self._is_commit(at):
            raise NotFound(f"commit {at[:60]}")
        return self._rules.edits(self._state, at, self._committed_blobs)

    def read_blobs(self, shas: Iterable[BlobId]) -> Iterator[tuple[BlobId, bytes]]:
        """See `Connector.read_blobs`; what git has lost may still be in the folder."""
        wanted, done = list(shas), 0
        while done < len(wanted):
            try:
                for found in self._store.read_blobs(wanted[done:]):
                    done += 1
                    yield found
            except NotFound:
                content = self._in_folder(wanted[done])
                if content is None:
                    raise
                yield wanted[done], content
                done += 1

    def _in_folder(self, blob: BlobId) -> bytes | None:
        """The bytes of a blob of the current commit, from a file that was not changed."""
        head = self.head()
        if self._paths_of_head is None or self._paths_of_head[0] != head:
            entries = self._committed_entries(head) if head else ()
            self._paths_of_head = head, {entry.sha: entry.path for entry in entries}
        path = self._paths_of_head[1].get(blob)
        found = self._worktree.read(path) if path else None
        return found.content if found and found.blob == blob else None

    def changes_between(
        self, old: CommitId, new: CommitId
    ) -> list[tuple[MemoryPath, BlobId | None]] | None:
        """See `Connector.changes_between`."""
        if not (self._store.has_read(new) or self._is_commit(new)):
            raise NotFound(f"commit {new[:60]}")
        if not self._is_commit(old):
            return None
        if self._store.is_at_hand:  # else it takes a git for each tree, or one for all of it
            roots = (self._store.root_of(old), self._store.root_of(new))
            if (found := diff_trees(self._store, *roots)) is not None:
                return found
        out = self._runner.run(["diff-tree", "-r", "-z", "--raw", "--no-renames", old, new, "--"])
        return sorted(parse_raw_diff(out).items())

    def last_changes(
        self, since: CommitId | None, head: CommitId, path: MemoryPath | None = None
    ) -> Iterator[LastChange]:
        """See `Connector.last_changes`."""
        if not self._is_commit(head):
            raise NotFound(f"commit {head[:60]}")
        known = since is not None and self._is_commit(since)
        found = read_last_changes(self._runner, since if known else None, head)
        return (change for change in found if path in (None, change.path))

    def log(self, query: LogQuery) -> Iterator[CommitFacts]:
        """See `Connector.log`."""
        # To ask first whether it is a commit would be as dear as to read it.
        with suppress(NotFound, ConnectorError):  # the question after that tells which
            if (one := read_one(self._store, self.repository, query)) is not None:
                return iter((one,))
        for commit in filter(None, (query.head, query.since)):
            if not self._is_commit(commit):
                raise NotFound(f"commit {commit[:60]}")
        if (new := read_new(self._store, self.repository, query)) is not None:
            return iter(new)
        found = read_log(self._runner, query, self._graph.environment())
        if query.path is not None:
            self._graph.tend(query.head)
        return found

    def find_commits(self, beginning: str, head: CommitId) -> list[CommitId]:
        """See `Connector.find_commits`."""
        if not self._is_commit(head):
            raise NotFound(f"commit {head[:60]}")
        return find_commits(self._runner, self._store, self._ancestors, beginning, head)

    def lineage(self, since: CommitId | None, head: CommitId) -> Lineage | None:
        """See `Connector.lineage`."""
        if not self._is_commit(head):
            raise NotFound(f"commit {head[:60]}")
        if since is not None and not self._is_commit(since):
            return None
        return read_lineage(self._runner, since, head)

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
            # With the lock held, only somebody outside PACK can move the branch meanwhile.
            with suppress(StaleBase), self.exclusive():
                return self.commit(self.head(), changes, message)
        raise RepositoryBusy("the branch keeps moving while the write is being made")

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

        def plan(ref: str, tree: str, staged: Staged) -> ExaminedWrite:
            targets = [self._examiner.examine(change, tree, staged) for change in changes]
            return ExaminedWrite(ref, base, tree, targets, message, author)

        return self._write(base, plan)

    def managed(self, paths: Iterable[MemoryPath]) -> Mapping[MemoryPath, Exclusion]:
        """What manages each of many paths that is managed; see `exclusion`."""
        with _store_errors():
            return self._rules.managed(paths)

    def distance(self, ancestor: CommitId, commit: CommitId) -> int | None:
        """By how many commits one is ahead of another, as `near.distance` says it."""
        if not (self._store.is_at_hand and self.is_whole()):
            return None
        with _store_errors():
            return distance(self._store, ancestor, commit)

    def holds_commit(self, commit: CommitId) -> bool | None:
        """Whether a commit is stored; `None` where it takes a git of its own to say."""
        if not self._store.is_at_hand:
            return None
        with _store_errors():
            return self._is_commit(commit)

    def differences(self, base: CommitId | None, to: CommitId) -> Sequence[Difference]:
        """Each path at which two commits differ; see `arrivals.differences`."""
        return self._arrivals.differences(base, to)

    def fast_forward(self, base: CommitId | None, to: CommitId) -> Commit:
        """See `Remote.fast_forward`; `to` must descend from `base`."""

        def plan(ref: str, tree: str, staged: Staged) -> ExaminedWrite:
            targets = self._arrivals.of_commit(base, to, staged)
            return ExaminedWrite(ref, base, tree, targets, "", None, ready=to)

        return self._write(base, plan)

    def tree_id(self, commit: CommitId) -> str:
        """See `CommitStore.tree_id`."""
        return self._store.root_of(commit)

    def merge_bases(self, one: CommitId, others: Sequence[CommitId]) -> Sequence[CommitId]:
        """See `MergeStore.merge_bases`."""
        return merge_bases(self._runner, one, others)

    def height(self, commits: Sequence[CommitId]) -> int:
        """See `MergeStore.height`."""
        return height(self._runner, commits)

    def is_whole(self) -> bool:
        """See `MergeStore.is_whole`."""
        return not (self.repository.common_dir / "shallow").exists()

    def merge(self, ours: CommitId, made: MergeCommit, changes: Sequence[Change]) -> Commit:
        """See `MergeStore.merge`."""
        if changes:
            check_write(changes, made.message)

        def plan(ref: str, tree: str, staged: Staged) -> ExaminedWrite:
            targets = self._arrivals.of_merge(ours, made, changes, staged)
            return ExaminedWrite(ref, ours, tree, targets, made.message, None, merge=made)

        return self._write(ours, plan)

    def prepare(self, ours: CommitId, made: MergeCommit, changes: Sequence[Change]) -> CommitId:
        """See `MergeStore.prepare`."""
        with self.exclusive(), _store_errors():
            entries = self._arrivals.entries_of_merge(ours, made, changes)
            return self._aside.prepare(ours, made, changes, entries)

    def propose(self, made: MergeProposal, expected: CommitId | None) -> CommitId:
        """See `MergeStore.propose`."""
        changes, stamp = [made.change], (made.identity, made.seconds)
        check_aside(made.ref, changes, made.message)
        with self.exclusive(), _store_errors():
            return self._aside.commit(
                made.ref, expected, made.merge, changes, made.message, made.author, stamp
            )

    def is_made(self, commit: CommitId, made: MergeCommit, changes: Sequence[Change]) -> bool:
        """See `MergeStore.is_made`."""
        if merge_data(self._store.root_of(commit), made) != self._store.read_commit(commit):
            return False
        first = made.parents[0]
        tree = self._store.root_of(first)
        wanted = {
            path: entry
            for path, entry in self._arrivals.entries_of_merge(first, made, changes).items()
            if entry != self._store.entry_at(tree, path)
        }
        return wanted == {one.path: one.after for one in differences(self._runner, first, commit)}

    def _write(
        self, base: CommitId | None, make_plan: Callable[[str, str, Staged], ExaminedWrite]
    ) -> Commit:
        """Carry out a plan, made from the branch, its tree, and what the user staged."""
        with self.exclusive(), _store_errors():
            if self._begun is None:
                self._recovery.run()
            turn, self._turn = self._turn, _Turn.WRITING
            try:
                refuse_unfinished_operation(self.repository)
                ref = current_branch(self.repository, self._runner)
                head = self._committed.commit_now()
                if head != base:
                    raise StaleBase(base, head)
                if head is not None:
                    self._refuse_unusable(head)
                    self._stale.mend(head)
                plan = make_plan(ref, self._store.tree_of(head), self._index.staged(head))
                new = self._writer.write(plan, self._take_begun())
                turn = _Turn.WRITTEN
            except PackError:
                self._look_again()
                raise
            finally:
                self._turn = turn  # after a failure, what it was before
        self._rules.move_on()
        self._state.advance(base, new.id, {t.path: new.blobs.get(t.path) for t in plan.targets})
        return new

    def _refuse_unusable(self, head: CommitId) -> None:
        """Do nothing, unless the current commit is no ground to stand on."""
        self._store.refuse_broken(head)
        tree = self._store.tree_of(head)
        refuse_without_checkout(tree, self._store, self._worktree, self._index)
        if self.repository.own.is_partial():
            refuse_incomplete(self._runner, tree)

    def refuse_unfinished(self) -> None:
        """See `Core.refuse_unfinished`: nothing is unfinished if no person is busy in the folder.

        Raises:
            RefusedForSafety: A person is.
            ConnectorError: The folder or git's index cannot be read.
        """
        with _store_errors():
            skips = self._rules.skipping()
            refuse_busy(self.repository, self._worktree, self._index, self.head(), skips)

    # --- commits beside the branch -------------------------------------------------------------

    def side_refs(self, folder: str) -> dict[str, CommitId]:
        """See `Connector.side_refs`; they are below `refs/pack/`."""
        self._repair()
        return self._aside.list(folder)

    def commit_aside(
        self,
        ref: str,
        expected: CommitId | None,
        base: CommitId | None,
        changes: Sequence[Change],
        message: str,
        *,
        author: Identity | None = None,
    ) -> CommitId:
        """See `Connector.commit_aside`."""
        check_aside(ref, changes, message)
        with self._held(), _store_errors():
            return self._aside.commit(ref, expected, base, changes, message, author)

    def move_aside(self, ref: str, new_ref: str | None, expected: CommitId) -> None:
        """See `Connector.move_aside`."""
        if new_ref is not None:
            check_side_ref(new_ref)
        with self._held(), _store_errors():
            self._aside.move(ref, new_ref, expected)

    # --- chains of peers -----------------------------------------------------------------------

    def walk_aside(self, head: CommitId, names: Sequence[MemoryPath]) -> Iterator[StoredCommit]:
        """See `SideCommits.walk_aside`."""
        return self._aside.walk(head, names)

    def commit_files_aside(
        self,
        ref: str,
        expected: CommitId | None,
        parents: Sequence[CommitId],
        contents: Mapping[MemoryPath, bytes],
        message: str,
        *,
        author: Identity,
        sign: Callable[[bytes], bytes],
    ) -> CommitId:
        """See `SideCommits.commit_files_aside`."""
        check_message(message)
        with self._held(), _store_errors():
            return self._aside.commit_files(ref, expected, parents, contents, message, author, sign)

    # --- notes of commits ----------------------------------------------------------------------

    def notes_head(self) -> CommitId | None:
        """See `Connector.notes_head`; that of `refs/notes/pack-truth`."""
        return self._notes.head()

    def read_notes(self, at: CommitId) -> Mapping[CommitId, str]:
        """See `Connector.read_notes`."""
        return self._notes.read(at)

    def write_notes(
        self, base: CommitId | None, notes: Mapping[CommitId, str | None], message: str
    ) -> CommitId:
        """See `Connector.write_notes`."""
        check_message(message)
        with self._held(), _store_errors():
            return self._notes.write(base, notes, message)

    @contextmanager
    def view(self) -> Iterator[None]:
        """See `Connector.view`; files are read as they are, each again only if it has changed."""
        with self._view.opened(), self._worktree.view(), self._rules.view():
            yield

    def _look_again(self) -> None:
        """Have this thread see what is there now."""
        self._view.forget()
        self._turn_view.forget()
        self._rules.move_on()

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """See `Connector.exclusive`; a write of the branch is to come."""
        with self._held(begins_index=True):
            yield

    @contextmanager
    def _held(self, *, begins_index: bool = False) -> Iterator[None]:
        """Hold the lock; what only moves refs beside the branch needs no new index."""
        with _store_errors():
            self._make_folders()
        with self._lock:
            if self._turn is not _Turn.NONE:
                yield
                return
            self._turn = _Turn.HELD
            self._look_again()  # somebody may have written until now
            try:
                with self._turn_view.opened():
                    self._begin(with_index=begins_index)
                    yield
            finally:
                turn, self._turn = self._turn, _Turn.NONE
                if (unused := self._take_begun()) is not None:
                    self._index.discard(unused)
        if turn is _Turn.WRITTEN:
            self._maintain()  # housekeeping must not hold the lock

    def _begin(self, *, with_index: bool) -> None:
        """Have git read its index while the caller decides: at 10,000 files nothing is slower."""
        # If this fails, the write fails too and says why; not every decision needs a write.
        with suppress(OSError, PackError):
            self._recovery.run()
            if with_index:
                self._begun = self._index.begin()

    def _take_begun(self) -> PreparedIndex | None:
        begun, self._begun = self._begun, None
        return begun

    def _make_folders(self) -> None:
        # Without `parents`: if git's folder is gone, a new one would hide that.
        for folder in (self.repository.state_dir, self._work_dir):
            folder.mkdir(exist_ok=True)

    def _repair(self) -> None:
        """Finish or undo what a killed process left, unless a write is under way.

        In a view, the first question does so; and so does each write, before it begins.
        """
        self._view.once(LocalGit, self._repair_now)

    def _repair_now(self) -> None:
        with _store_errors():
            is_suspect = self._stale.is_suspect()
        if not (self._journal.exists() or self._displaced.pending or is_suspect):
            return
        with suppress(RepositoryBusy), _store_errors():
            self._make_folders()
            self._lock.acquire(0)
            try:
                # It would sweep away what a write works with.
                if self._turn is not _Turn.WRITING and self._begun is None:
                    self._recovery.run()
                    self._displaced.check(self._surface)
                    with suppress(OSError, PackError):  # nobody waits for it, as in `close`
                        refuse_unfinished_operation(self.repository)
                        self._stale.mend(self._committed.commit())
            finally:
                self._lock.release()

    def _surface(self, path: MemoryPath, content: bytes) -> None:
        """Put what an editor wrote into a displaced file beside the original."""
        kept = kept_copy_path(path, blob_id(content))
        name = token_hex(16)
        with DurableFiles() as files:
            self._swap.stage(name, content, None, files)
            files.finish()
        try:
            self._worktree.place(self._work_dir / name, kept)
        except FileExistsError:
            (self._work_dir / name).unlink()  # the same bytes were surfaced before

    def _maintain(self) -> None:
        if self._maintenance is not None and self._maintenance.poll() is None:
            return
        if time.monotonic() - self._maintained_at < _MAINTENANCE_SECONDS:
            return
        # The write is made; housekeeping that fails now gets another turn.
        with suppress(OSError, PackError):
            if not wait_for_gc(self.repository.common_dir, 0):
                release(self.repository.common_dir)
            if maintenance_is_due(self.repository):
                self._maintained_at = time.monotonic()
                self._maintenance = start_maintenance(self.repository)


@contextmanager
def _store_errors() -> Iterator[None]:
    """Turn errors of the operating system, anywhere in the store, into PACK's."""
    try:
        yield
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        raise Unavailable(f"{where}{error.strerror or error}") from error
