"""The versions of one file in the history: at a moment, before its deletion, before its change.

Moves are followed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pack.core.core import Core
from pack.core.lookup import nothing_there
from pack.errors import CannotRestore, InvalidRequest, NotFound
from pack.files.note import Note
from pack.history.follow import follow
from pack.history.when import find_commit
from pack.index.format import read_own_head
from pack.log import ChangeKind, CommitFacts, LogQuery
from pack.model import BlobId, CommitId, MemoryPath
from pack.paths import INDEX

_MOVES: Final = 100


@dataclass(frozen=True, slots=True)
class FormerVersion:
    """A version of a file.

    Attributes:
        commit: A commit that has it.
        blob: Its bytes.
        names: The paths that the file has had since, the newest first.
    """

    commit: CommitId
    blob: BlobId
    names: tuple[MemoryPath, ...]


class FileVersions:
    """The versions of files in the history of the current commit."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._connector = core.connector
        head = core.connector.head()
        if head is None:
            raise InvalidRequest("the memory has no history yet")
        self._head = head

    def find(
        self, target: MemoryPath, current: Note | None, as_of: str | None, asked: str
    ) -> FormerVersion:
        """The version to restore of a file that was asked for in these words."""
        if as_of is not None:
            return self._at(target, as_of)
        committed = self._connector.get_committed(target)
        if committed is not None and self.is_edited(target, current):
            return FormerVersion(self._head, committed, (target,))
        if current is None:
            return self._before_deletion(target, asked)
        return self._before_change(target, current.sha)

    def is_edited(self, path: MemoryPath, current: Note | None) -> bool:
        """Whether a file is not as the current commit has it."""
        return self._connector.get_committed(path) != (current.sha if current else None)

    def since(self, version: FormerVersion) -> Iterator[CommitFacts]:
        """The commits that have changed a file since."""
        for name in version.names:
            yield from self._core.log.read(LogQuery(self._head, version.commit, name))

    def _at(self, target: MemoryPath, as_of: str) -> FormerVersion:
        commit = find_commit(self._connector, as_of, self._core.clock())
        since = self._differing(self._head, commit)
        names = [target]
        while len(names) <= _MOVES:
            name = names[-1]
            blob = since[name] if name in since else self._connector.get_committed(name)
            if blob is not None:
                return FormerVersion(commit, blob, tuple(names))
            moved = self._moved_from(name, commit)
            if moved is None:
                break
            names.append(moved)
        raise NotFound(f"{target} at {as_of}")

    def _moved_from(self, name: MemoryPath, since: CommitId) -> MemoryPath | None:
        query = LogQuery(self._head, since, name, with_files=True, only_path=True)
        came = [
            change
            for commit in self._core.log.read(query)
            for change in commit.files or ()
            if change.path == name
        ]
        return came[-1].old_path if came else None

    def _before_deletion(self, target: MemoryPath, asked: str) -> FormerVersion:
        for commit, change in follow(self._core.log, self._head, target):
            if change.path != target:
                raise CannotRestore(
                    target,
                    f"it was moved to {change.path}",
                    f"To have it here as well, name a moment before commit {commit.id[:12]}.",
                )
            for parent, blob in zip(commit.parents, change.old_shas, strict=False):
                if blob is not None:
                    return FormerVersion(parent, blob, (target,))
        raise nothing_there(self._core, asked)

    def _before_change(self, target: MemoryPath, now: BlobId) -> FormerVersion:
        names = [target]
        for commit, change in follow(self._core.log, self._head, target):
            if change.old_path is not None:
                names.append(change.old_path)
            for parent, blob in zip(commit.parents, change.old_shas, strict=False):
                if blob is not None and blob != now:
                    return FormerVersion(parent, blob, tuple(dict.fromkeys(names)))
            if change.kind is ChangeKind.ADDED:
                break
        raise CannotRestore(
            target,
            "there is no version of it before this one",
            "If another file had this path before, name a moment at which it did.",
        )

    def _differing(self, old: CommitId, new: CommitId) -> Mapping[MemoryPath, BlobId | None]:
        found = self._connector.changes_between(old, new)
        if found is None:
            raise NotFound(f"commit {old}", "This clone does not have all of the history.")
        return dict(found)

    def order_at(self, commit: CommitId) -> Sequence[str] | None:
        """The order for sync that a commit has; `None` if it has no index of the present kind."""
        since = self._differing(self._head, commit)
        blob = since.get(INDEX, self._connector.get_committed(INDEX))
        present = self._core.reader.find(INDEX)
        if blob is None or present is None:
            return None
        ((_, content),) = self._connector.read_blobs([blob])
        before, now = read_own_head(content), read_own_head(present.content)
        if before is None or now is None or before.sharded != now.sharded:
            return None
        return before.sync_order
