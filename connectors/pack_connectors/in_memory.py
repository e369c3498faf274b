"""The reference connector: a memory with history, which lives only as long as the process.

This is the easiest place to see how the promises of the protocol are kept. A commit is an immutable
snapshot, so readers need no lock: they see the store as it was at one commit.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import takewhile
from typing import Final

from pack.catalog.row import is_catalogued
from pack.connector import Capability
from pack.errors import (
    AlreadyExists,
    BlobChanged,
    NotFound,
    RefusedForSafety,
    RepositoryBusy,
    StaleBase,
)
from pack.log import CommitFacts, Lineage, LogQuery, compare_trees
from pack.model import (
    Absent,
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
    object_id,
)
from pack.rules.exclusion import CommittedRules, Exclusion
from pack_connectors.preconditions import (
    check_aside,
    check_message,
    check_path,
    check_side_ref,
    check_write,
    folders_above,
)

_LOCK_SECONDS: Final = 60.0
_USER: Final = Identity("PACK user", "user@localhost")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A commit of the in-memory store.

    Attributes:
        id: Its id.
        parent: The commit before it.
        files: Blob id by path.
        modified: When each path got the blob it has, in UTC.
        message: As given.
        author: The author it names.
        time: When it was made, in UTC.
    """

    id: CommitId
    parent: Snapshot | None
    files: Mapping[MemoryPath, BlobId]
    modified: Mapping[MemoryPath, datetime]
    message: str
    author: Identity
    time: datetime


class InMemoryConnector:
    """A memory that is kept only in this process.

    Args:
        clock: Tells the time of commits.
        user: The author of commits whose writer names none.
        lock_seconds: How long a writer waits for another.
    """

    capabilities: frozenset[Capability] = frozenset(
        {Capability.AUTHOR, Capability.LOG, Capability.NOTES}
    )

    def __init__(
        self,
        clock: Callable[[], datetime],
        user: Identity = _USER,
        *,
        lock_seconds: float = _LOCK_SECONDS,
    ) -> None:
        self._clock = clock
        self._lock_seconds = lock_seconds
        self._user = user
        self._writers = threading.RLock()
        self._head: Snapshot | None = None
        self._commits: dict[CommitId, Snapshot] = {}
        self._blobs: dict[BlobId, bytes] = {}
        self._aside: dict[str, CommitId] = {}
        self._notes_head: CommitId | None = None
        self._notes: dict[CommitId, Mapping[CommitId, str]] = {}

    @property
    def location(self) -> str:
        """A name for the place of a store that has none."""
        return "the memory of this process"

    def snapshots(self) -> list[Snapshot]:
        """All commits, newest first."""
        return list(_line(self._head))

    # --- reading -------------------------------------------------------------------------------

    def head(self) -> CommitId | None:
        """See `Connector.head`."""
        commit = self._head
        return commit.id if commit else None

    def get_contents(self, path: MemoryPath) -> Contents:
        """See `Connector.get_contents`."""
        check_path(path)
        commit = self._head
        if commit is None or path not in commit.files or self._rules().is_managed(path):
            raise NotFound(path)
        sha = commit.files[path]
        return Contents(self._blobs[sha], sha, commit.modified[path])

    def get_committed(self, path: MemoryPath, at: CommitId | None = None) -> BlobId | None:
        """See `Connector.get_committed`."""
        check_path(path)
        return _files(self._head if at is None else self._commit_at(at)).get(path)

    def list_dir(self, dir_path: MemoryPath | None) -> list[Entry]:
        """See `Connector.list_dir`."""
        if dir_path is not None:
            check_path(dir_path)
        prefix = f"{dir_path}/" if dir_path else ""
        found: dict[str, Entry] = {}
        for path, sha in _files(self._head).items():
            if path.startswith(prefix):
                name, slash, _ = path.removeprefix(prefix).partition("/")
                kind = EntryType.DIR if slash else EntryType.FILE
                entry_path = MemoryPath(prefix + name)
                found[name] = Entry(name, entry_path, kind, BlobId("") if slash else sha)
        return self._rules().shown(found[name] for name in sorted(found))

    def get_tree(self, at: CommitId | None = None) -> list[Entry]:
        """See `Connector.get_tree`."""
        files = _files(self._head if at is None else self._commit_at(at))
        found = [
            Entry(path.rpartition("/")[2], path, EntryType.FILE, files[path])
            for path in sorted(files)
        ]
        return found if at else self._rules().shown(found)

    def edits(self, at: CommitId | None) -> dict[MemoryPath, BlobId | None]:
        """See `Connector.edits`."""
        seen, held = _files(self._head), _files(self._commit_at(at) if at else None)
        found = {
            path: seen.get(path)
            for path in seen.keys() | held.keys()
            if seen.get(path) != held.get(path) and is_catalogued(path)
        }
        return self._rules().edits(found, filter(is_catalogued, held), seen)

    def exclusion(self, path: MemoryPath) -> Exclusion | None:
        """See `Connector.exclusion`."""
        check_path(path)
        return self._rules().exclusion(path)

    def _rules(self) -> CommittedRules:
        files = _files(self._head)
        return CommittedRules(files.get, self._blobs.__getitem__)

    def read_blobs(self, shas: Iterable[BlobId]) -> Iterator[tuple[BlobId, bytes]]:
        """See `Connector.read_blobs`."""
        for sha in shas:
            if sha not in self._blobs:
                raise NotFound(f"object {sha}")
            yield sha, self._blobs[sha]

    def changes_between(
        self, old: CommitId, new: CommitId
    ) -> list[tuple[MemoryPath, BlobId | None]] | None:
        """See `Connector.changes_between`."""
        after = self._commit_at(new).files
        if old not in self._commits:
            return None
        before = self._commits[old].files
        paths = sorted(before.keys() | after.keys())
        return [(path, after.get(path)) for path in paths if before.get(path) != after.get(path)]

    def log(self, query: LogQuery) -> Iterator[CommitFacts]:
        """See `Connector.log`; every commit here has one parent."""
        newest, since, path = self._commit_at(query.head), query.since, query.path
        known = {one.id for one in _line(self._commit_at(since))} if since else set()
        line = (one for one in _line(newest) if one.id not in known)
        found = (one for one in line if path is None or _changes(one, path))
        in_time = (one for one in found if query.is_in_time(one.time))
        return (_facts(one, query) for one in query.part(in_time))

    def find_commits(self, beginning: str, head: CommitId) -> list[CommitId]:
        """See `Connector.find_commits`."""
        line = _line(self._commit_at(head))
        return sorted(one.id for one in line if one.id.startswith(beginning))

    def last_changes(
        self, since: CommitId | None, head: CommitId, path: MemoryPath | None = None
    ) -> Iterator[LastChange]:
        """See `Connector.last_changes`."""
        log = self.log(LogQuery(head, with_files=True))
        for commit in takewhile(lambda one: one.id != since, log):
            for change in commit.files or ():
                for changed in (change.old_path, change.path):
                    if changed and path in (None, changed) and is_catalogued(changed):
                        yield LastChange(changed, commit.id, commit.at)

    def lineage(self, since: CommitId | None, head: CommitId) -> Lineage | None:
        """See `Connector.lineage`; history is never rewritten, but `head` may be older."""
        newest = self._commit_at(head)
        if since is not None and since not in self._commits:
            return None
        is_ahead = since is None or since in {one.id for one in _line(newest)}
        found = list(self.log(LogQuery(head, since)))
        return Lineage(tuple(reversed(found)), is_rewritten=not is_ahead)

    def _commit_at(self, commit: CommitId) -> Snapshot:
        if commit not in self._commits:
            raise NotFound(f"commit {commit}")
        return self._commits[commit]

    # --- writing -------------------------------------------------------------------------------

    def put_contents(
        self, path: MemoryPath, content: bytes, sha: Expectation, message: str
    ) -> Commit:
        """See `Connector.put_contents`."""
        with self.exclusive():
            return self.commit(self.head(), [Put(path, content, sha)], message)

    def delete_file(self, path: MemoryPath, sha: BlobId) -> Commit:
        """See `Connector.delete_file`."""
        with self.exclusive():
            return self.commit(self.head(), [Delete(path, sha)], f"{path}: delete")

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
        with self.exclusive():
            if self.head() != base:
                raise StaleBase(base, self.head())
            files = dict(_files(self._head))
            for change in changes:
                self._check(change, files)
            puts = {change.path: change.content for change in changes if isinstance(change, Put)}
            blobs = {path: blob_id(content) for path, content in puts.items()}
            for change in changes:
                files.pop(change.path, None)
            new = self._snapshot(self._head, files | blobs, message, author or self._user)
            self._blobs |= {blobs[path]: bytes(content) for path, content in puts.items()}
            self._commits[new.id] = new
            self._head = new  # the last step: readers see all of it or nothing
        return Commit(new.id, None, blobs)

    def _check(self, change: Change, files: Mapping[MemoryPath, BlobId]) -> None:
        actual = files.get(change.path)
        content = self._blobs[actual] if actual else None
        if isinstance(change.expect, Absent):
            if actual is not None:
                raise AlreadyExists(change.path, None, actual, content)
        elif actual != change.expect:
            raise BlobChanged(change.path, change.expect, actual, content)
        if any(path.startswith(f"{change.path}/") for path in files):
            raise RefusedForSafety(f"{change.path} is a folder, not a file")
        if above := next((path for path in folders_above(change.path) if path in files), None):
            raise RefusedForSafety(f"{above} on the way to {change.path} is a file")

    def _snapshot(
        self,
        parent: Snapshot | None,
        files: Mapping[MemoryPath, BlobId],
        message: str,
        author: Identity,
    ) -> Snapshot:
        time = self._clock().astimezone(UTC)
        before = _files(parent)
        modified = {
            path: parent.modified[path] if parent and before.get(path) == sha else time
            for path, sha in files.items()
        }
        text = repr((parent and parent.id, sorted(files.items()), message, author, time))
        new_id = CommitId(object_id("commit", text.encode("utf-8", "backslashreplace")))
        return Snapshot(new_id, parent, files, modified, message, author, time)

    # --- commits beside the branch -------------------------------------------------------------

    def side_refs(self, folder: str) -> dict[str, CommitId]:
        """See `Connector.side_refs`."""
        prefix = f"{folder}/"
        return {
            ref.removeprefix(prefix): commit
            for ref, commit in self._aside.copy().items()
            if ref.startswith(prefix)
        }

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
        parent = self._commit_at(base) if base is not None else None
        puts = {change.path: change.content for change in changes if isinstance(change, Put)}
        blobs = {path: blob_id(content) for path, content in puts.items()}
        changed = {change.path for change in changes}
        files = {path: sha for path, sha in _files(parent).items() if path not in changed} | blobs
        _refuse_folders(files, blobs)
        new = self._snapshot(parent, files, message, author or self._user)
        with self.exclusive():
            self._expect_aside(ref, expected)
            self._blobs |= {blobs[path]: bytes(content) for path, content in puts.items()}
            self._commits[new.id] = new
            self._aside[ref] = new.id
        return new.id

    def move_aside(self, ref: str, new_ref: str | None, expected: CommitId) -> None:
        """See `Connector.move_aside`."""
        with self.exclusive():
            self._expect_aside(ref, expected)
            if new_ref is not None:
                check_side_ref(new_ref)
                self._expect_aside(new_ref, None)
                self._aside[new_ref] = expected
            del self._aside[ref]

    def _expect_aside(self, ref: str, expected: CommitId | None) -> None:
        actual = self._aside.get(ref)
        if actual != expected:
            raise StaleBase(expected, actual)

    # --- notes of commits ----------------------------------------------------------------------

    def notes_head(self) -> CommitId | None:
        """See `Connector.notes_head`."""
        return self._notes_head

    def read_notes(self, at: CommitId) -> Mapping[CommitId, str]:
        """See `Connector.read_notes`."""
        if at not in self._notes:
            raise NotFound(f"notes {at[:60]}")
        return self._notes[at]

    def write_notes(
        self, base: CommitId | None, notes: Mapping[CommitId, str | None], message: str
    ) -> CommitId:
        """See `Connector.write_notes`."""
        check_message(message)
        for commit in notes:
            self._commit_at(commit)
        with self.exclusive():
            if self._notes_head != base:
                raise StaleBase(base, self._notes_head)
            kept = {**(self._notes[base] if base else {}), **notes}
            now = {commit: text for commit, text in kept.items() if text is not None}
            text = repr((base, sorted(now.items()), message))
            new = CommitId(object_id("commit", text.encode("utf-8", "backslashreplace")))
            self._notes[new] = now
            self._notes_head = new
        return new

    def view(self) -> AbstractContextManager[None]:
        """See `Connector.view`; the store is local."""
        return nullcontext()

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """See `Connector.exclusive`."""
        if not self._writers.acquire(timeout=self._lock_seconds):
            raise RepositoryBusy("another write in this process did not finish in time")
        try:
            yield
        finally:
            self._writers.release()


def _refuse_folders(files: Mapping[MemoryPath, BlobId], puts: Iterable[MemoryPath]) -> None:
    for path in puts:
        if above := next((folder for folder in folders_above(path) if folder in files), None):
            raise RefusedForSafety(f"{above} on the way to {path} is a file")
        if any(other.startswith(f"{path}/") for other in files):
            raise RefusedForSafety(f"{path} is a folder, not a file")


def _changes(commit: Snapshot, path: MemoryPath) -> bool:
    return _files(commit.parent).get(path) != commit.files.get(path)


def _facts(commit: Snapshot, query: LogQuery) -> CommitFacts:
    at, files = commit.time.astimezone(UTC), None
    if query.with_files:
        files = query.shown_files(compare_trees(_files(commit.parent), commit.files))
    return CommitFacts(
        commit.id,
        (commit.parent.id,) if commit.parent else (),
        commit.message,
        at,
        None,
        commit.author,
        at,
        files,
    )


def _line(commit: Snapshot | None) -> Iterator[Snapshot]:
    """A commit and all commits before it, newest first."""
    while commit is not None:
        yield commit
        commit = commit.parent


def _files(commit: Snapshot | None) -> Mapping[MemoryPath, BlobId]:
    return commit.files if commit else {}
