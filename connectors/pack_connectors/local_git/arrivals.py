"""What a commit from elsewhere meets here: the targets of a fast-forward or a merge.

They are carried out like any write (`write`): same journal, same exchange of files, same
compare-and-swap. Only the new entries come from elsewhere, and may be links or change permissions.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from pack.errors import RefusedForSafety, UncommittedEdit
from pack.model import BlobId, Change, CommitId, EntryType, MemoryPath, Put, blob_id
from pack_connectors.local_git.examine import ExaminedFile, refuse_staged
from pack_connectors.local_git.index import EMPTY_TREE, GitIndex
from pack_connectors.local_git.objects import (
    EXECUTABLE_MODE,
    FILE_MODE,
    SUBMODULE_MODE,
    SYMLINK_MODE,
    ObjectStore,
    TreeEntry,
    place_id,
)
from pack_connectors.local_git.past.tree_size import refuse_endless
from pack_connectors.local_git.process import GitRunner
from pack_connectors.local_git.rules.local import LocalRules
from pack_connectors.local_git.worktree import Worktree
from pack_connectors.preconditions import check_path

if TYPE_CHECKING:
    from pack.remote.merge_store import MergeCommit

Staged = Mapping[MemoryPath, BlobId | None]
_FILE_MODES = (FILE_MODE, EXECUTABLE_MODE)


class Difference(NamedTuple):
    """What two commits hold at a path, where they differ."""

    path: MemoryPath
    before: TreeEntry | None
    after: TreeEntry | None

    @property
    def type(self) -> EntryType | None:
        """What the second commit holds there; `None` for nothing."""
        if self.after is None:
            return None
        odd = {SYMLINK_MODE: EntryType.SYMLINK, SUBMODULE_MODE: EntryType.SUBMODULE}
        return odd.get(self.after.mode, EntryType.FILE)


def differences(runner: GitRunner, old: CommitId | None, new: CommitId) -> Iterator[Difference]:
    """Each path at which two commits differ: files, links and submodules.

    Raises:
        InvalidPath, LimitExceeded: A path leads out of the memory, or into git's folder.
        Unavailable: A commit cannot be read.
    """
    options = ["-r", "-z", "--raw", "--no-renames", "--no-abbrev"]
    out = runner.run(["diff-tree", *options, old or EMPTY_TREE, new, "--"])
    fields = out.split(b"\0")
    for meta, name in zip(fields[0::2], fields[1::2], strict=False):
        old_mode, new_mode, old_id, new_id, _ = meta.removeprefix(b":").decode().split()
        path = MemoryPath(name.decode("utf-8", "surrogateescape"))
        check_path(path)
        yield Difference(path, _entry(path, old_mode, old_id), _entry(path, new_mode, new_id))


def _entry(path: MemoryPath, mode: str, name: str) -> TreeEntry | None:
    return TreeEntry(int(mode, 8), path.rpartition("/")[2], name) if int(mode, 8) else None


class Arrivals:
    """Makes the targets of commits from elsewhere, for one repository."""

    def __init__(
        self,
        runner: GitRunner,
        worktree: Worktree,
        store: ObjectStore,
        index: GitIndex,
        rules: LocalRules,
    ) -> None:
        self._runner = runner
        self._worktree = worktree
        self._store = store
        self._index = index
        self._rules = rules
        self._last: tuple[tuple[CommitId | None, CommitId], list[Difference]] | None = None

    def differences(self, old: CommitId | None, new: CommitId) -> Sequence[Difference]:
        """As the function of that name, once for whoever looks first and then takes it in.

        Raises:
            LimitExceeded: The second commit holds more files than any memory has.
            As the function of that name.
        """
        last = self._last
        if last is None or last[0] != (old, new):
            refuse_endless(self._store, new)
            last = self._last = (old, new), list(differences(self._runner, old, new))
        return last[1]

    def of_commit(self, head: CommitId | None, to: CommitId, staged: Staged) -> list[ExaminedFile]:
        """The targets of a fast-forward.

        Raises:
            UncommittedEdit, StagedChange, RefusedForSafety: Something of the user is in the way.
            PackError: The commit holds what cannot be checked out.
        """
        found, self._last = self.differences(head, to), None
        new = [one.after for one in found if one.after and one.after.mode != SUBMODULE_MODE]
        blobs = dict.fromkeys(BlobId(entry.id) for entry in new)
        contents: dict[str, bytes] = dict(self._store.read_blobs(list(blobs)))
        with self._rules.view():
            return [
                self._target(
                    one.path,
                    one.before,
                    one.after,
                    contents.get(one.after.id) if one.after else None,
                    staged,
                )
                for one in found
            ]

    def of_merge(
        self,
        ours: CommitId,
        merge: MergeCommit,
        changes: Sequence[Change],
        staged: Staged,
    ) -> list[ExaminedFile]:
        """The targets of a merge.

        Args:
            ours: The parent that is checked out.
            merge: The merge.
            changes: How the merged files differ from ours.
            staged: What the user staged, by path.

        Raises:
            As `of_commit`.
        """
        tree = self._store.tree_of(ours)
        contents = {one.path: one.content for one in changes if isinstance(one, Put)}
        entries = self.entries_of_merge(ours, merge, changes).items()
        return [
            self._target(path, self._store.entry_at(tree, path), entry, contents.get(path), staged)
            for path, entry in entries
        ]

    def entries_of_merge(
        self, ours: CommitId, merge: MergeCommit, changes: Sequence[Change]
    ) -> Mapping[MemoryPath, TreeEntry | None]:
        """The entries in which a merge differs from one of its parents; `None` for none.

        Args:
            ours: The parent.
            merge: The merge.
            changes: How the merged files differ from those of the parent.

        Raises:
            RefusedForSafety: Both sides changed a link, or one made one of what the other changed.
        """
        (theirs,) = (parent for parent in merge.parents if parent != ours)
        bases = [self._store.root_of(base) for base in merge.bases]
        meeting = _Meeting(self._store, self._store.root_of(ours), bases)
        found = {one.path: one.after for one in differences(self._runner, ours, theirs)}
        entries: dict[MemoryPath, TreeEntry | None] = {}
        for change in changes:
            content = change.content if isinstance(change, Put) else None
            other = found.pop(change.path, meeting.ours(change.path))
            entries[change.path] = meeting.changed(change.path, content, other)
        for path, other in found.items():
            ours_now = meeting.ours(path)
            after = meeting.unchanged(path, ours_now, other)
            if after != ours_now:
                entries[path] = after
        return entries

    def _target(
        self,
        path: MemoryPath,
        before: TreeEntry | None,
        after: TreeEntry | None,
        content: bytes | None,
        staged: Staged,
    ) -> ExaminedFile:
        """What a new entry meets at its path, unless something of the user is in the way."""
        check_path(path)
        self._refuse_odd(path, before, after)
        is_free = before is None and self._worktree.stat(path) is None
        now = None if is_free else self._worktree.read(path)
        here = blob = now.blob if now else None
        if now:
            blob = now.blob_of(self._rules.to_blob(path, now.content))
        elif not is_free and (kind := self._worktree.type_at(path)) is not None:
            here = blob = self._worktree.blob_at(path)
            if here is None:
                raise RefusedForSafety(f"{path} is a {kind} here", "Move it away, then try again.")
        if blob not in (place_id(before), place_id(after)):
            raise UncommittedEdit(path)
        refuse_staged(path, blob, staged)
        in_index = before
        if path in staged:
            in_index = before and before._replace(id=blob) if blob else None
        if content is None and after is not None:
            content = self._store.read(after.id, "blob")
        if after is not None and after.mode == SYMLINK_MODE and b"\0" in (content or b""):
            raise RefusedForSafety(f"{path} is a link to what no file can be called")
        checked_out = content
        if content is not None and not _is_odd(after):
            checked_out = self._rules.to_folder(path, content)
        return ExaminedFile(path, now, here, blob, before, in_index, content, checked_out, after)

    def _refuse_odd(
        self, path: MemoryPath, before: TreeEntry | None, after: TreeEntry | None
    ) -> None:
        known = (*_FILE_MODES, SYMLINK_MODE)
        if any(entry and entry.mode not in known for entry in (before, after)):
            raise RefusedForSafety(
                f"{path} is a submodule, which PACK does not change",
                "Merge it with `git pull` in the memory folder.",
            )
        is_missing = before is not None and self._worktree.stat(path) is None
        if is_missing and self._index.is_left_out(path):
            raise RefusedForSafety(
                f"a sparse checkout leaves {path} out of the folder",
                "Run `git sparse-checkout disable` in the memory folder.",
            )


def _unmergeable(path: str) -> RefusedForSafety:
    return RefusedForSafety(
        f"{path} is a link, a folder or a submodule on one side, and changed on the other",
        "Merge it with `git pull` in the memory folder.",
    )


def _is_odd(entry: TreeEntry | None) -> bool:
    return entry is not None and entry.mode not in _FILE_MODES


class _Meeting:
    """What two sides have at a path, and had; the answers do not depend on which side is ours."""

    def __init__(self, store: ObjectStore, tree: str, bases: Sequence[str]) -> None:
        self._store = store
        self._tree = tree
        self._bases = bases

    def ours(self, path: MemoryPath) -> TreeEntry | None:
        """What our side has."""
        return self._store.entry_at(self._tree, path)

    def _before(self, path: MemoryPath) -> set[TreeEntry | None]:
        return {self._store.entry_at(base, path) for base in self._bases} or {None}

    def changed(
        self, path: MemoryPath, content: bytes | None, theirs: TreeEntry | None
    ) -> TreeEntry | None:
        """The entry of a file that the merge gives other bytes than ours, or removes."""
        ours, before = self.ours(path), self._before(path)
        if _is_odd(ours) or (_is_odd(theirs) and (content is not None or ours not in before)):
            raise _unmergeable(path)
        if content is None:
            return theirs if _is_odd(theirs) else None
        mode = _merged_mode(before, ours, theirs)
        return TreeEntry(mode, path.rpartition("/")[2], blob_id(content))

    def unchanged(
        self, path: MemoryPath, ours: TreeEntry | None, theirs: TreeEntry | None
    ) -> TreeEntry | None:
        """The entry where our bytes stay, or where no side has a file."""
        before = self._before(path)
        if _is_odd(ours) or _is_odd(theirs):
            if (ours in before) == (theirs in before):
                raise _unmergeable(path)
            return theirs if ours in before else ours
        if ours is None:
            return None
        return ours._replace(mode=_merged_mode(before, ours, theirs))


def _merged_mode(
    before: Collection[TreeEntry | None], ours: TreeEntry | None, theirs: TreeEntry | None
) -> int:
    """The mode of a file after a merge: that of the side that changed it; else of a program."""
    sides = [side.mode for side in (ours, theirs) if side and side.mode in _FILE_MODES]
    if len(set(sides)) < len(_FILE_MODES):
        return sides[0] if sides else FILE_MODE
    modes = {one.mode for one in before if one is not None and one.mode in _FILE_MODES}
    changed = [mode for mode in sides if mode not in modes]
    return changed[0] if len(changed) == 1 else EXECUTABLE_MODE
