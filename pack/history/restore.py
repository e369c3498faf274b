"""Restoring one file: byte for byte as it was, in one commit that can be undone like any other.

Without a moment, a file that is gone comes back as it was before it was deleted, and one that is
there as it was before its last change; an edit by hand that is in no commit counts as one. Moves
are followed. What is there now is replaced and stays in the history.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pack.actions import Action
from pack.core.core import Core
from pack.core.decision import Decision
from pack.core.lookup import asked_path, nothing_there
from pack.core.session import Session
from pack.errors import AskThePerson, CannotRestore, InvalidPath, InvalidRequest, NotFound
from pack.files.note import Note
from pack.history.follow import follow
from pack.history.present import PresentFiles
from pack.history.when import find_commit
from pack.index.format import is_generated, may_be_generated, read_own_head
from pack.log import ChangeKind, CommitFacts, LogQuery
from pack.merge.order import merge_sync_order
from pack.model import ABSENT, BlobId, CommitId, MemoryPath, Mode, Put
from pack.paths import INDEX, is_memory_file
from pack.results import Written
from pack.use_cases.write import is_v1_file, refuse_outside, refuse_twin

RESTORES: Final = "Pack-Restores"
_MOVES: Final = 100

RefuseChange = Callable[[CommitFacts, Action, Sequence[str]], None]
"""Returns if the writer may take back what a commit did; otherwise says what the person can do."""


@dataclass(frozen=True, slots=True)
class Restored:
    """The outcome of a restore.

    Attributes:
        written: The write.
        source: The commit whose version of the file it is.
    """

    written: Written
    source: CommitId


@dataclass(frozen=True, slots=True)
class _Version:
    """A version of a file.

    Attributes:
        commit: A commit that has it.
        blob: Its bytes.
        names: The paths that the file has had since, the newest first.
    """

    commit: CommitId
    blob: BlobId
    names: tuple[MemoryPath, ...]


def restore(
    session: Session,
    path: str,
    as_of: str | None = None,
    refuse: RefuseChange | None = None,
    *,
    dry_run: bool = False,
) -> Restored:
    """Bring back a file as it was, in one commit with the index.

    Args:
        session: The writer.
        path: The file; it may be gone.
        as_of: A commit or a moment; `None` for the version before the last change.
        refuse: Asked about each commit whose change is lost from view; `None` to ask nobody.
        dry_run: Only say what would change.

    Raises:
        NotInitialised: There is no memory.
        InvalidPath: It is no memory file, or some file systems confuse its path with another.
        InvalidRequest: The memory has no commit yet, or `as_of` names no moment.
        NotFound: There was no such file, or no such commit.
        CannotRestore: There is no version before, or the file is like that already.
        RefusedForSafety: A folder has its path, or a file has that of its folder.
        PackError: The store refused; nothing was written.
    """
    core = session.core
    core.require_mode()
    sources: list[CommitId] = []  # one for each time that it is decided

    def decide() -> Decision:
        target = _target(core, path)
        current = core.reader.find(target)
        versions = _Versions(core)
        found = versions.find(target, current, as_of, path)
        if refuse is not None:
            _refuse_changes(versions, target, current, found, refuse)
        if current is not None and current.sha == found.blob:
            raise CannotRestore(target, "it is like that already")
        sources.append(found.commit)
        return _decision(core, target, current, found)

    written = session.write(decide, dry_run=dry_run)
    return Restored(written, sources[-1])


def _target(core: Core, text: str) -> MemoryPath:
    path = asked_path(core, text)
    if is_v1_file(core, path):
        return path
    if not path.lower().endswith(".md"):
        path = MemoryPath(f"{path}.md")
    if not is_memory_file(path):
        reason = "this index is generated" if path == INDEX else "it is not that of a memory file"
        raise InvalidPath(text, reason)
    refuse_outside(core, path)
    return path


class _Versions:
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
    ) -> _Version:
        """The version to restore of a file that was asked for in these words."""
        if as_of is not None:
            return self._at(target, as_of)
        committed = self._connector.get_committed(target)
        if committed is not None and self.is_edited(target, current):
            return _Version(self._head, committed, (target,))
        if current is None:
            return self._before_deletion(target, asked)
        return self._before_change(target, current.sha)

    def is_edited(self, path: MemoryPath, current: Note | None) -> bool:
        """Whether a file is not as the current commit has it."""
        return self._connector.get_committed(path) != (current.sha if current else None)

    def since(self, version: _Version) -> Iterator[CommitFacts]:
        """The commits that have changed a file since."""
        for name in version.names:
            yield from self._core.log.read(LogQuery(self._head, version.commit, name))

    def _at(self, target: MemoryPath, as_of: str) -> _Version:
        commit = find_commit(self._connector, as_of, self._core.clock())
        since = self._differing(self._head, commit)
        names = [target]
        while len(names) <= _MOVES:
            name = names[-1]
            blob = since[name] if name in since else self._connector.get_committed(name)
            if blob is not None:
                return _Version(commit, blob, tuple(names))
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

    def _before_deletion(self, target: MemoryPath, asked: str) -> _Version:
        for commit, change in follow(self._core.log, self._head, target):
            if change.path != target:
                raise CannotRestore(
                    target,
                    f"it was moved to {change.path}",
                    f"To have it here as well, name a moment before commit {commit.id[:12]}.",
                )
            for parent, blob in zip(commit.parents, change.old_shas, strict=False):
                if blob is not None:
                    return _Version(parent, blob, (target,))
        raise nothing_there(self._core, asked)

    def _before_change(self, target: MemoryPath, now: BlobId) -> _Version:
        names = [target]
        for commit, change in follow(self._core.log, self._head, target):
            if change.old_path is not None:
                names.append(change.old_path)
            for parent, blob in zip(commit.parents, change.old_shas, strict=False):
                if blob is not None and blob != now:
                    return _Version(parent, blob, tuple(dict.fromkeys(names)))
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


def _refuse_changes(
    versions: _Versions,
    target: MemoryPath,
    current: Note | None,
    found: _Version,
    refuse: RefuseChange,
) -> None:
    """Do nothing, unless the writer may not take back all that was done to a file since.

    Raises:
        AskThePerson: So it is.
    """
    words = [target, found.commit[:12]]
    if versions.is_edited(target, current):
        raise AskThePerson(f"{target} was changed by hand", Action.RESTORE, words)
    for commit in versions.since(found):
        refuse(commit, Action.RESTORE, words)


def _decision(core: Core, target: MemoryPath, current: Note | None, found: _Version) -> Decision:
    ((_, content),) = core.connector.read_blobs([found.blob])
    note = Note.stored(target, found.blob, content)
    if may_be_generated(target) and is_generated(target, note.head.fields):
        raise InvalidPath(target, "this index is generated")
    order = None
    if current is None:
        PresentFiles(core).refuse_blocked(target)
        refuse_twin(core, target)
        order = _order(core, target, found.commit)
    return Decision(
        target,
        [Put(target, content, current.sha if current else ABSENT)],
        f"{target}: restore from {found.commit[:12]}",
        order=order,
        with_index=core.reader.mode() is Mode.V2,
        trailers=((RESTORES, found.commit),),
    )


def _order(core: Core, target: MemoryPath, commit: CommitId) -> Sequence[str] | None:
    """The order for sync with a file that comes back where it was."""
    before = _Versions(core).order_at(commit)
    present = core.reader.find(INDEX)
    if before is None or present is None or target not in before:
        return None
    without = [path for path in before if path != target]
    now = read_own_head(present.content)
    return merge_sync_order(without, now.sync_order, before) if now is not None else None
