"""What an update does to each file: three versions of it, and never at the cost of the user's text.

Files that only upstream changed are replaced, those that only the user changed stay, and those
that both changed are merged as the core merges two machines (`pack.merge.tree`). Where that leaves
a conflict, they are compared once more by the shortest edit, as git does: in a file of which
upstream rewrote the most, git may still see what both sides changed alike. What cannot be merged
stays as it is here, and upstream's text goes beside it. An edit goes along with a file that
upstream renamed, even if upstream changed it, too. What was removed here stays removed; what
upstream removed goes only if nobody changed it here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from pack.deferred import dataclass
from pack.history.differences.renames import likely_moves, line_sizes
from pack.kits.states import Files, KitState, states_of
from pack.merge.diff import find_shortest
from pack.merge.file import merge_named
from pack.merge.moves import find_moves, match_files
from pack.merge.tree import MergeConflict, merge_trees
from pack.model import ABSENT, BlobId, Change, Delete, MemoryPath, Put, blob_id

Read = Callable[[BlobId], bytes]


class UpdateMode(StrEnum):
    """What becomes of a file that both sides changed."""

    MERGE = "merge"
    """Merged where that is possible; else it stays, with upstream's text beside it."""
    KEEP = "keep"
    """It stays as it is."""
    THEIRS = "theirs"
    """It becomes upstream's; the text that was here is in history."""


class FileAction(StrEnum):
    """What an update does to a file."""

    NONE = "none"
    ADDED = "added"
    REPLACED = "replaced"
    MERGED = "merged"
    MOVED = "moved"
    KEPT = "kept"
    REMOVED = "removed"
    CONFLICT = "conflict"
    LEFT_OUT = "left_out"


@dataclass(frozen=True, slots=True)
class FileUpdate:
    """What an update does to one file.

    Attributes:
        path: The file.
        before: How it stands before.
        action: What is done.
        conflict_copy: Where upstream's text is, if it could not be merged.
        reason: Why it is left out; `None` if it is not.
    """

    path: MemoryPath
    before: KitState
    action: FileAction
    conflict_copy: MemoryPath | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class UpdatePlan:
    """What an update does.

    Attributes:
        changes: To the memory, with what each expects there.
        files: What happens to each file, sorted by path.
    """

    changes: tuple[Change, ...]
    files: tuple[FileUpdate, ...]

    @property
    def has_conflict(self) -> bool:
        """Whether something is left for the user to look at."""
        return any(one.action is FileAction.CONFLICT for one in self.files)


def plan_update(
    base: Files,
    here: Files,
    new: Files,
    read: Read,
    choice: UpdateMode,
    left_out: Mapping[MemoryPath, str] = MappingProxyType({}),
) -> UpdatePlan:
    """What an update does; the same arguments give the same plan.

    Args:
        base: The files as they were installed.
        here: The files as they are now.
        new: The files as upstream has them.
        read: Returns the bytes of a blob.
        choice: What becomes of files that both sides changed.
        left_out: New files that cannot be here, and why; nothing is done at their paths.
    """
    states = states_of(base, here, new)
    sides = _Sides(*(_without(files, left_out) for files in (base, here, new)))
    sides.leave_removed()
    # What is only likely to be a renamed file makes no text go.
    renamed = sides.follow(read) if choice is not UpdateMode.THEIRS else {}
    sides.choose(choice)
    merged = merge_trees(sides.base, sides.here, sides.new, read)
    joined = sides.join({conflict.path for conflict in merged.conflicts}, read)
    if joined:
        merged = merge_trees(
            sides.base,
            sides.here,
            sides.new,
            lambda blob: joined[blob] if blob in joined else read(blob),
        )
    changes = [_expecting(change, here) for change in merged.changes]
    changes += _moves(renamed, {change.path for change in changes}, here, read)
    conflicts = {one.path: one for one in merged.conflicts if not _is_theirs_alone(one, new)}
    done = {change.path: change for change in changes}
    moved = {blob for path, blob in base.items() if here.get(path) == blob and path not in new}
    files = tuple(
        FileUpdate(path, state, FileAction.LEFT_OUT, reason=left_out[path])
        if path in left_out
        else _file_update(path, state, _Done(done.get(path), conflicts.get(path), new, moved))
        for path, state in states.items()
    )
    return UpdatePlan(tuple(changes), files)


def _without(files: Files, left_out: Collection[MemoryPath]) -> dict[MemoryPath, BlobId]:
    return {path: blob for path, blob in files.items() if path not in left_out}


@dataclass(slots=True)
class _Sides:
    """The three trees, as they go into the merge."""

    base: dict[MemoryPath, BlobId]
    here: dict[MemoryPath, BlobId]
    new: dict[MemoryPath, BlobId]

    def leave_removed(self) -> None:
        """Have what was removed here stay removed, under whatever name upstream has it now."""
        moved, moved_here = find_moves(self.base, self.new), find_moves(self.base, self.here)
        for path in list(self.base):
            if path in self.here or path in moved_here:
                continue
            there = moved.get(path, path)
            if there not in self.here:
                self.new.pop(there, None)
            del self.base[path]

    def follow(self, read: Read) -> dict[MemoryPath, MemoryPath]:
        """Have what was changed here go along where upstream renamed a file and changed it, too.

        As git has it, a new file is a renamed one if at least half of that is in it. Files that
        upstream only renamed are left to the merge.

        Returns:
            The new path of each such file, by its old one.
        """
        moved = find_moves(self.base, self.new)
        gone = {
            path: blob
            for path, blob in self.base.items()
            if self.here.get(path, blob) != blob and path not in self.new and path not in moved
        }
        known = {*self.base, *self.here, *moved.values()}
        come = {path: blob for path, blob in self.new.items() if path not in known}
        if not gone or not come:
            return {}
        old, new = ({p: line_sizes(read(b)) for p, b in side.items()} for side in (gone, come))
        renamed = likely_moves(old, new)
        for path, there in renamed.items():
            self.base[there], self.here[there] = self.base.pop(path), self.here.pop(path)
        return renamed

    def choose(self, choice: UpdateMode) -> None:
        """Have files that both sides changed be as one of them has it, if that is wanted."""
        if choice is UpdateMode.MERGE:
            return
        for trio in list(match_files(self.base, self.here, self.new)):
            ours, theirs = trio.ours, trio.theirs
            if ours is None or theirs is None or ours.blob in (theirs.blob, trio.base):
                continue
            if theirs.blob == trio.base:
                continue
            if choice is UpdateMode.KEEP:
                self._take_back(theirs.path, trio.base)
            elif trio.base is not None:
                self.here[ours.path] = trio.base
            else:
                self.base[ours.path] = ours.blob

    def join(self, paths: Collection[MemoryPath], read: Read) -> dict[BlobId, bytes]:
        """Have files without a conflict that have none by the shortest edit.

        Args:
            paths: The files that have one.
            read: Returns the bytes of a blob.

        Returns:
            The merged files, which then count as upstream's change of what is here.
        """
        joined: dict[BlobId, bytes] = {}
        for path in paths:
            base, here, new = (side.get(path) for side in (self.base, self.here, self.new))
            if base is None or here is None or new is None:
                continue
            merged = merge_named(path, read(base), read(here), read(new), diff=find_shortest)
            if merged.kept is None:
                self.base[path], self.new[path] = here, blob_id(merged.content)
                joined[self.new[path]] = merged.content
        return joined

    def _take_back(self, path: MemoryPath, base: BlobId | None) -> None:
        """Have upstream be as it was for a file, so that only the change here counts."""
        if base is None:
            del self.new[path]
        else:
            self.new[path] = base


def _moves(
    renamed: Mapping[MemoryPath, MemoryPath],
    changed: Collection[MemoryPath],
    here: Files,
    read: Read,
) -> Iterator[Change]:
    """What is left to do for files that go along with upstream's new names."""
    for path, there in renamed.items():
        yield Delete(path, here[path])
        if there not in changed:
            yield Put(there, read(here[path]), ABSENT)


def _expecting(change: Change, here: Files) -> Change:
    """A change with what is really there, also where the merge was told something else."""
    if isinstance(change, Put):
        return Put(change.path, change.content, here.get(change.path, ABSENT))
    return Delete(change.path, here[change.path])


def _is_theirs_alone(conflict: MergeConflict, new: Files) -> bool:
    """Whether upstream only removed the file: it is the user's now, and no conflict."""
    return conflict.copy is None and conflict.path not in new


@dataclass(frozen=True, slots=True)
class _Done:
    """What is done at one path."""

    change: Change | None
    conflict: MergeConflict | None
    new: Files
    moved: set[BlobId]


_UNTOUCHED: Final[Mapping[KitState, FileAction]] = {
    KitState.PRISTINE: FileAction.NONE,
    KitState.LOCAL: FileAction.NONE,
    KitState.OUTDATED: FileAction.NONE,
}


def _file_update(path: MemoryPath, state: KitState, done: _Done) -> FileUpdate:
    conflict = done.conflict
    if conflict is not None:
        return FileUpdate(path, state, FileAction.CONFLICT, conflict.copy)
    if done.change is None:
        return FileUpdate(path, state, _UNTOUCHED.get(state, FileAction.KEPT))
    if isinstance(done.change, Delete):
        return FileUpdate(path, state, FileAction.REMOVED)
    return FileUpdate(path, state, _put_action(done.change, done.new, done.moved))


def _put_action(put: Put, new: Files, moved: set[BlobId]) -> FileAction:
    if blob_id(put.content) != new.get(put.path):
        return FileAction.MERGED
    if not isinstance(put.expect, str):
        return FileAction.MOVED if blob_id(put.content) in moved else FileAction.ADDED
    return FileAction.REPLACED
