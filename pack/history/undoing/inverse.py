"""The inverse of a commit: the changes that take back what it did, and nothing else.

It is a three-way merge, made as an exchange makes one (`pack.merge.tree`): the base is what the
commit made, one side is what is there now, and the other what was there before the commit. So what
was changed since is kept, and where it cannot be kept, nothing changes at all. The index is left
out and generated from the result, except for the order for sync, which is merged as well.

Only what is memory is touched. Of a commit that PACK made itself, that is all it wrote: attachments
and the record of dates too. Of any other commit, such as one made with git, other documents in the
repository stay as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from pack.catalog.imported import RECORDS
from pack.catalog.refresh import bring_up
from pack.catalog.scope import scope_of
from pack.core.core import Core
from pack.errors import CannotUndo, InvalidPath, PackError, UndoConflict
from pack.history.undoing.beginnings import before_migration, is_migration, refuse_beginning
from pack.history.undoing.present import PresentFiles
from pack.history.undoing.sides import diff_of, sides_of
from pack.index.format import IndexHead, read_own_head
from pack.log import CommitFacts
from pack.merge.kit_lock import EMPTY, KIT_LOCK
from pack.merge.moves import Tree, match_files
from pack.merge.order import merge_sync_order
from pack.merge.tree import merge_trees
from pack.model import (
    BlobId,
    Change,
    CommitId,
    ConflictingTexts,
    Delete,
    MemoryPath,
    Mode,
    Put,
    blob_id,
)
from pack.paths import INDEX, continued, fold, is_memory_file
from pack.provenance import is_ours, skips_sync
from pack.use_cases.merging import merge_version
from pack.use_cases.write import refuse_twin_folder

_V1_FILES: Final = 100


@dataclass(frozen=True, slots=True)
class Inverse:
    """What undoing a commit does.

    Attributes:
        changes: Sorted by path, index files left out.
        order: The `sync_order` to start from; `None` for the present one.
        with_index: Whether there is an index afterwards.
        left: Files that the commit changed and undoing it does not touch.
        is_empty: Whether there is nothing to do: what the commit did is gone already.
    """

    changes: tuple[Change, ...]
    order: Sequence[str] | None = None
    with_index: bool = True
    left: tuple[MemoryPath, ...] = ()
    is_empty: bool = False


@dataclass(frozen=True, slots=True)
class _Done:
    """What a commit did: the blob of each file that it changed, before and after."""

    before: Mapping[MemoryPath, BlobId | None]
    after: Mapping[MemoryPath, BlobId | None]


class Inverses:
    """Plans the inverses of commits; what each of them did is read once."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._connector = core.connector
        self._known: dict[CommitId, _Done] = {}

    def touches(self, commit: CommitFacts) -> bool:
        """Whether a commit changed anything that undoing it would touch."""
        return any(map(_Belongs(self._core, commit), self._done(commit).before))

    def plan(self, commit: CommitFacts, now: PresentFiles) -> Inverse:
        """The inverse of a commit, for the files as they are.

        Raises:
            UndoConflict: What it changed was changed again since.
            CannotUndo: It began the memory, or nothing of it is memory.
            NotFound: The store does not have what was before it.
            RefusedForSafety: A folder is where a file should come back, or the other way around.
        """
        if skips_sync(commit.message):
            raise CannotUndo(commit.id, "it only records what a sync target has done")
        if merge_version(commit) is not None:
            reason = "it joined two histories, and neither of them is the one to go back to"
            raise CannotUndo(commit.id, reason, "Undo the commits that it brought, one by one.")
        done, belongs = self._done(commit), _Belongs(self._core, commit)
        paths = {path for path in done.before if belongs(path)}
        left = tuple(sorted(done.before.keys() - paths - {INDEX}))
        if not paths and (left or INDEX not in done.before):
            what = f" ({left[0]}{' and others' if left[1:] else ''})" if left else ""
            raise CannotUndo(commit.id, f"what it changed is not memory{what}")
        changes = self._merge(commit, done, paths, now)
        if done.before.get(INDEX, INDEX) is None and done.after.get(INDEX) is not None:
            if is_migration(self._core, done.before, done.after):
                listings = before_migration(self._core, commit, changes, now)
                return Inverse((*changes, *listings), with_index=False, left=left)
            refuse_beginning(self._core, commit)
        self._refuse_taken(commit, changes, now)
        order = self._order(done, now)
        ends_v2 = done.before.get(INDEX) is not None and done.after.get(INDEX) is None
        is_v2 = self._core.reader.mode() is Mode.V2 or ends_v2
        is_empty = not changes and not self._reorders(order, now)
        return Inverse(changes, order, is_v2, left, is_empty)

    # --- what the commit did -------------------------------------------------------------------

    def _done(self, commit: CommitFacts) -> _Done:
        if not commit.parents:
            raise CannotUndo(commit.id, "it is the first one that is known here")
        if commit.id not in self._known:
            parent = commit.parents[0]
            before = diff_of(self._core, commit.id, parent)
            if commit.id == self._connector.head():
                committed = self._connector.get_committed
                after = {path: committed(path) for path in before}
            else:
                after = diff_of(self._core, parent, commit.id)
            self._known[commit.id] = _Done(before, after)
        return self._known[commit.id]

    # --- merging -------------------------------------------------------------------------------

    def _merge(
        self, commit: CommitFacts, done: _Done, paths: set[MemoryPath], now: PresentFiles
    ) -> tuple[Change, ...]:
        after = {path: done.after.get(path) for path in paths}
        before = {path: done.before[path] for path in paths}
        base, ours, theirs = sides_of(self._core, after, before, commit.id, now)
        read: Callable[[BlobId], bytes] = now.read
        if _is_lock_to_merge(base, ours, theirs):
            theirs, read = {**theirs, KIT_LOCK: blob_id(EMPTY)}, _with_empty_lock(read)
        merged = merge_trees(base, ours, theirs, read)
        if merged.conflicts:
            for path in sorted(theirs.keys() - ours.keys()):
                now.refuse_blocked(path)  # no store makes a file of a folder in one commit
            trios = {trio.path: trio for trio in match_files(base, ours, theirs)}
            found = []
            for path in dict.fromkeys(conflict.path for conflict in merged.conflicts):
                trio = trios.get(path)
                sides = (trio.ours, trio.theirs) if trio is not None else (None, None)
                texts = [read(side.blob) if side is not None else None for side in sides]
                found.append(ConflictingTexts(path, *texts))
            raise UndoConflict(commit.id, found)
        return merged.changes

    def _refuse_taken(
        self, commit: CommitFacts, changes: Iterable[Change], now: PresentFiles
    ) -> None:
        """Do nothing, unless a file that comes back has the path of something else.

        Raises:
            CannotUndo: Some file systems confuse its path with one that is in use.
            RefusedForSafety: A folder has its path, or a file has that of its folder.
        """
        gone = {change.path for change in changes if isinstance(change, Delete)}
        new = [
            change.path
            for change in changes
            if isinstance(change, Put) and now.content(change.path) is None
        ]
        if not new:
            return
        bring_up(self._core.catalog, self._connector, self._connector.head())
        for path in new:
            now.refuse_blocked(path)
            if not is_memory_file(path):
                continue
            for twin in self._core.catalog.twins(fold(path)):
                if twin != path and twin not in gone and now.content(twin) is not None:
                    raise CannotUndo(commit.id, f"some file systems confuse {path} with {twin}")
            try:
                refuse_twin_folder(self._core, path)
            except InvalidPath as error:
                raise CannotUndo(commit.id, str(error)) from error

    # --- the index -----------------------------------------------------------------------------

    def _order(self, done: _Done, now: PresentFiles) -> Sequence[str] | None:
        if INDEX not in done.before:
            return None
        after, before = (self._head(side.get(INDEX), now) for side in (done.after, done.before))
        present = read_own_head(now.content(INDEX))
        if before is None or (after is not None and after.sharded != before.sharded):
            return None
        if after is None or present is None:
            return before.sync_order if present is None else None
        return merge_sync_order(after.sync_order, present.sync_order, before.sync_order)

    def _head(self, blob: BlobId | None, now: PresentFiles) -> IndexHead | None:
        return read_own_head(now.read(blob)) if blob is not None else None

    @staticmethod
    def _reorders(order: Sequence[str] | None, now: PresentFiles) -> bool:
        """Whether an order has the same files as the present one, but not in that order."""
        present = read_own_head(now.content(INDEX))
        if order is None or present is None:
            return False
        return set(order) == set(present.sync_order) and tuple(order) != present.sync_order


def _is_lock_to_merge(base: Tree, ours: Tree, theirs: Tree) -> bool:
    """Whether the first kit that was installed is taken back, and others have come since.

    There was no lock before it, which says nothing of them: it counts as one without kits.
    """
    lock = base.get(KIT_LOCK)
    return lock is not None and KIT_LOCK not in theirs and ours.get(KIT_LOCK, lock) != lock


def _with_empty_lock(read: Callable[[BlobId], bytes]) -> Callable[[BlobId], bytes]:
    empty = blob_id(EMPTY)
    return lambda blob: EMPTY if blob == empty else read(blob)


class _Belongs:
    """Whether undoing a commit touches a file."""

    def __init__(self, core: Core, commit: CommitFacts) -> None:
        self._connector = core.connector
        self._is_all_ours = is_ours(commit.message) and len(commit.parents) == 1
        self._scope = scope_of(core.connector).require()
        is_v1 = core.reader.mode() is Mode.V1
        self._v1_files = set(islice(continued(core.reader.v1_path), _V1_FILES if is_v1 else 0))

    def __call__(self, path: MemoryPath) -> bool:
        if path == INDEX:
            return False
        is_memory = self._scope.keeps(path) or path in self._v1_files or path in RECORDS
        if not is_memory and (is_memory_file(path) or not self._is_all_ours):
            return False
        try:
            return self._connector.exclusion(path) is None
        except PackError:  # no reader could ask for such a path either
            return False
