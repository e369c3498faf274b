"""A memory's store as it was at one commit: a connector over another one, only for reading.

Everything that reads a memory can read its past in this way, with the same answers as then. What
git's rules leave out is what the rule files of that commit say; those outside the memory count for
the folder of today only.
"""

# ruff: noqa: D102 - `Connector` documents the methods

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from typing import Final, NoReturn

from pack.catalog.row import is_catalogued
from pack.connector import Capability, Connector
from pack.errors import ConnectorError, InvalidRequest, LimitExceeded, NotFound
from pack.limits import MAX_FILE_BYTES
from pack.log import CommitFacts, Lineage, LogQuery
from pack.model import (
    BlobId,
    Change,
    Commit,
    CommitId,
    Contents,
    Entry,
    EntryType,
    Expectation,
    Identity,
    LastChange,
    MemoryPath,
)
from pack.rules.exclusion import CommittedRules, Exclusion

_KEPT: Final = frozenset({Capability.LOG})


class PastStore:
    """A commit of a store, as if it were the current one; see `Connector` for the methods.

    What was once found out about it holds for ever, so one that is asked again is faster.

    Args:
        store: Has the commit.
        commit: Which one.
        at: When it was made.
    """

    def __init__(self, store: Connector, commit: CommitId, at: datetime) -> None:
        self.capabilities: frozenset[Capability] = store.capabilities & _KEPT
        self._store = store
        self._commit = commit
        self._at = at
        self._rules = CommittedRules(self.get_committed, self._read)
        self._managed: Mapping[MemoryPath, BlobId | None] | None = None

    @property
    def location(self) -> str:
        return self._store.location

    def head(self) -> CommitId:
        return self._commit

    # --- files ---------------------------------------------------------------------------------

    def get_contents(self, path: MemoryPath) -> Contents:
        sha = self.get_committed(path)
        if sha is None or self._rules.is_managed(path):
            raise NotFound(path)
        content = self._read(sha)
        if len(content) > MAX_FILE_BYTES:
            raise LimitExceeded(path, MAX_FILE_BYTES)
        return Contents(content, sha, self._at)

    def get_committed(self, path: MemoryPath, at: CommitId | None = None) -> BlobId | None:
        return self._store.get_committed(path, self._commit if at is None else at)

    def exclusion(self, path: MemoryPath) -> Exclusion | None:
        self.get_committed(path)  # which refuses a path that leads out of the memory
        return self._rules.exclusion(path)

    def list_dir(self, dir_path: MemoryPath | None) -> list[Entry]:
        if dir_path is not None:
            self.get_committed(dir_path)  # as above
        prefix = f"{dir_path}/" if dir_path else ""
        found: dict[str, Entry] = {}
        for entry in self._tree(self._commit):
            if entry.path.startswith(prefix):
                name, slash, _ = entry.path.removeprefix(prefix).partition("/")
                folder = Entry(name, MemoryPath(prefix + name), EntryType.DIR, BlobId(""))
                found[name] = folder if slash else entry
        return self._rules.shown(found[name] for name in sorted(found))

    def get_tree(self, at: CommitId | None = None) -> list[Entry]:
        if at is None:
            return self._rules.shown(self._tree(self._commit))
        return self._tree(at)

    def _tree(self, at: CommitId) -> list[Entry]:
        return self._store.get_tree(at)

    def edits(self, at: CommitId | None) -> Mapping[MemoryPath, BlobId | None]:
        if at == self._commit:
            if self._managed is None:
                self._managed = self._edits(at)
            return self._managed
        return self._edits(at)

    def _edits(self, at: CommitId | None) -> Mapping[MemoryPath, BlobId | None]:
        now = _blobs(self._tree(self._commit))
        held = {} if at is None else now if at == self._commit else _blobs(self._tree(at))
        found = {
            path: now.get(path)
            for path in now.keys() | held.keys()
            if now.get(path) != held.get(path) and is_catalogued(path)
        }
        return self._rules.edits(found, filter(is_catalogued, held), now)

    def read_blobs(self, shas: Iterable[BlobId]) -> Iterator[tuple[BlobId, bytes]]:
        wanted, done = list(shas), 0
        try:
            for found in self._store.read_blobs(wanted):
                done += 1
                yield found
        except NotFound as error:
            if wanted[done] not in _blobs(self._tree(self._commit)).values():
                raise
            raise _left_out(self._commit, wanted[done]) from error

    def _read(self, sha: BlobId) -> bytes:
        ((_, content),) = self.read_blobs([sha])
        return content

    # --- history -------------------------------------------------------------------------------

    def changes_between(
        self, old: CommitId, new: CommitId
    ) -> list[tuple[MemoryPath, BlobId | None]] | None:
        return self._store.changes_between(old, new)

    def last_changes(
        self, since: CommitId | None, head: CommitId, path: MemoryPath | None = None
    ) -> Iterator[LastChange]:
        return self._store.last_changes(since, head, path)

    def log(self, query: LogQuery) -> Iterator[CommitFacts]:
        return self._store.log(query)

    def find_commits(self, beginning: str, head: CommitId) -> list[CommitId]:
        return self._store.find_commits(beginning, head)

    def lineage(self, since: CommitId | None, head: CommitId) -> Lineage | None:
        return self._store.lineage(since, head)

    def view(self) -> AbstractContextManager[None]:
        return self._store.view()

    # --- writing -------------------------------------------------------------------------------

    def put_contents(
        self, path: MemoryPath, content: bytes, sha: Expectation, message: str
    ) -> Commit:
        del path, content, sha, message
        self._refuse()

    def delete_file(self, path: MemoryPath, sha: BlobId) -> Commit:
        del path, sha
        self._refuse()

    def commit(
        self,
        base: CommitId | None,
        changes: Sequence[Change],
        message: str,
        *,
        author: Identity | None = None,
    ) -> Commit:
        del base, changes, message, author
        self._refuse()

    def side_refs(self, folder: str) -> Mapping[str, CommitId]:
        del folder
        return {}  # what waits for a decision belongs to the present

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
        del ref, expected, base, changes, message, author
        self._refuse()

    def move_aside(self, ref: str, new_ref: str | None, expected: CommitId) -> None:
        del ref, new_ref, expected
        self._refuse()

    def notes_head(self) -> CommitId | None:
        return self._store.notes_head()  # what is said of a commit today holds for its past, too

    def read_notes(self, at: CommitId) -> Mapping[CommitId, str]:
        return self._store.read_notes(at)

    def write_notes(
        self, base: CommitId | None, notes: Mapping[CommitId, str | None], message: str
    ) -> CommitId:
        del base, notes, message
        self._refuse()

    def _refuse(self) -> NoReturn:
        raise InvalidRequest(f"commit {self._commit[:12]} is past, and the past cannot be changed")

    def exclusive(self) -> AbstractContextManager[None]:
        return nullcontext()  # there is nothing to keep others from


def _left_out(commit: CommitId, sha: BlobId) -> ConnectorError:
    return ConnectorError(
        f"commit {commit[:12]} holds the blob {sha}, whose bytes are not stored here",
        f"This clone left them out: `git cat-file -p {sha}` in its folder fetches them.",
    )


def _blobs(tree: Iterable[Entry]) -> dict[MemoryPath, BlobId]:
    return {entry.path: entry.sha for entry in tree if entry.type is EntryType.FILE}
