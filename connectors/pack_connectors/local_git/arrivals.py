"""What a commit from elsewhere meets here: the targets of a fast-forward or a merge.

They are carried out like any write (`write`): same journal, same exchange of files, same
compare-and-swap. Only the new entries come from elsewhere, and may be links or change permissions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

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
from pack_connectors.local_git.process import GitRunner
from pack_connectors.local_git.rules.local import LocalRules
from pack_connectors.local_git.worktree import Worktree
from pack_connectors.preconditions import check_path

Staged = Mapping[MemoryPath, BlobId | None]
_FILE_MODES = (FILE_MODE, EXECUTABLE_MODE)


class Merging(NamedTuple):
    """The commits of a merge; `base` is the merge base of the two others, if they have one."""

    ours: CommitId
    theirs: CommitId
    base: CommitId | None


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

    def of_commit(self, head: CommitId | None, to: CommitId, staged: Staged) -> list[ExaminedFile]:
        """The targets of a fast-forward.

        Raises:
            UncommittedEdit, StagedChange, RefusedForSafety: Something of the user is in the way.
            PackError: The commit holds what cannot be checked out.
        """
        return [
            self._target(found.path, found.before, found.after, None, staged)
            for found in differences(self._runner, head, to)
        ]

    def of_merge(
        self,
        commits: Merging,
        changes: Sequence[Change],
        staged: Staged,
    ) -> list[ExaminedFile]:
        """The targets of a merge.

        Args:
            commits: What is merged.
            changes: How the merged files differ from ours.
            staged: What the user staged, by path.

        Raises:
            As `of_commit`.
        """
        tree = self._store.tree_of(commits.ours)
        arrived = differences(self._runner, commits.base, commits.theirs)
        taken = {found.path: found for found in arrived}
        targets = []
        for change in changes:
            before = self._store.entry_at(tree, change.path)
            if _is_odd(before):
                raise _unmergeable(change.path)
            content = change.content if isinstance(change, Put) else None
            after = None
            if content is not None:
                mode = _merged_mode(before, taken.pop(change.path, None))
                after = TreeEntry(mode, change.path.rpartition("/")[2], blob_id(content))
            taken.pop(change.path, None)
            targets.append(self._target(change.path, before, after, content, staged))
        return targets + list(self._others(tree, taken, staged))

    def _others(
        self, tree: str, taken: Mapping[MemoryPath, Difference], staged: Staged
    ) -> Iterator[ExaminedFile]:
        """Links and permissions that only they changed; `changes` has decided the contents."""
        for path, found in taken.items():
            ours = self._store.entry_at(tree, path)
            if ours == found.after:
                continue
            if _is_odd(found.before) or _is_odd(found.after):
                if ours != found.before:
                    raise _unmergeable(path)
                yield self._target(path, ours, found.after, None, staged)
            elif ours is not None and ours.mode in _FILE_MODES:
                after = ours._replace(mode=_merged_mode(ours, found))
                if after != ours:
                    yield self._target(path, ours, after, None, staged)

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
        now = self._worktree.read(path)
        here = blob = blob_id(now.content) if now else self._worktree.blob_at(path)
        if now:
            blob = blob_id(self._rules.to_blob(path, now.content))
        if here is None and (kind := self._worktree.type_at(path)) is not None:
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


def _merged_mode(ours: TreeEntry | None, theirs: Difference | None) -> int:
    """The mode of a file after a merge: theirs if only they changed it."""
    after = theirs.after if theirs else None
    if ours is None or ours.mode not in _FILE_MODES:
        return after.mode if after and after.mode in _FILE_MODES else FILE_MODE
    before = theirs.before if theirs else None
    if after is None or after.mode not in _FILE_MODES or (before and before.mode != ours.mode):
        return ours.mode
    return after.mode
