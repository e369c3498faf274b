"""Three-way merge of two commits of a memory: the changes that our side has to make.

It goes file by file, using the bytes of the merge base (`pack.merge.file`), and follows moved
files.

- A file that one side deleted and the other changed stays: an edit always beats a deletion.
- A file of theirs that some file system would confuse with one of ours, or that has the path of one
  of our folders, goes to the path of a conflict copy. Their folders get our spelling.
- PACK's `index.md` files are left out: they are generated from the result of the merge, except for
  the order for sync (`pack.merge.order.merge_sync_order`).
- What is already in a conflict copy on either side is not copied again.

Without conflicts, both sides of a merge get the same tree. With conflicts, they do where the
authority of both is known (`pack.merge.two_sides`); otherwise each keeps its own version in place
and the other's in a copy. The merge that is made first is a fast-forward for the other side, to
which its copies are files like any others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pack.files import frontmatter
from pack.index.format import is_generated, may_be_generated, read_head
from pack.merge.clashes import FreeNames
from pack.merge.copies import is_conflict_copy, mark_copy
from pack.merge.file import Merged, merge_file, merge_mapping_file, merge_text_file
from pack.merge.moves import SideFile, Tree, Trio, match_files
from pack.merge.two_sides import ClashKind, TwoSides, deletion_stands
from pack.model import ABSENT, BlobId, Change, Delete, MemoryPath, Put, blob_id
from pack.paths import INDEX

NOTION_PAGES: Final = MemoryPath(".notion-pages.json")
_MAPPINGS: Final = (NOTION_PAGES, MemoryPath(".pack-dates.json"))
"""These files map text to text, and are merged by key."""

_MARKDOWN: Final = (".md", ".markdown")
_PROSE: Final = (".txt", ".text")

_BOTH_CHANGED: Final = "both sides changed the same lines"
_BOTH_SET: Final = "both sides set the same key, and one value stays"
_BOTH_ADDED: Final = "both sides added it"
_DELETED_HERE: Final = "it was deleted here and changed there, so it stays"
_DELETED_THERE: Final = "it was deleted there and changed here, so it stays"
_DELETION_HERE: Final = "it was deleted here, and only a machine changed it there"
_DELETION_THERE: Final = "it was deleted there, and only a machine changed it here"
_MOVED_APART: Final = "it was moved to different places, and is at both"
_FOREIGN_INDEX: Final = "theirs was not written by PACK"


@dataclass(frozen=True, slots=True)
class MergeConflict:
    """What a person should look at after a merge.

    Attributes:
        path: The file.
        copy: Where the whole of theirs is kept; `None` if that was not necessary.
        reason: What happened, in words.
        kind: What happened, for the log of events; `None` if nothing had to give way.
        kept: The blob that stays, or what a key of the frontmatter is now; empty for a deletion.
        discarded: The blob that gave way, or the other value; empty for a deletion.
    """

    path: MemoryPath
    copy: MemoryPath | None
    reason: str
    kind: ClashKind | None = None
    kept: str = ""
    discarded: str = ""


@dataclass(frozen=True, slots=True)
class Aside:
    """A version of a file that is kept in a copy, whatever the merge makes of the file itself.

    Attributes:
        path: The file.
        content: The version; `None` for a deletion, of which only the log tells.
        name: As for `merge_trees`.
        reason: Why it is not in place, in words.
    """

    path: MemoryPath
    content: bytes | None
    name: str
    reason: str


Weigh = Callable[[Trio], TwoSides | None]
"""The authority of both sides' versions of a file; `None` if it is not known."""


@dataclass(frozen=True, slots=True)
class TreeMerge:
    """What a merge does to our commit.

    Attributes:
        changes: Sorted by path, index files left out.
        conflicts: Sorted by path.
    """

    changes: tuple[Change, ...]
    conflicts: tuple[MergeConflict, ...]


def merge_trees(
    base: Mapping[MemoryPath, BlobId],
    ours: Mapping[MemoryPath, BlobId],
    theirs: Mapping[MemoryPath, BlobId],
    read: Callable[[BlobId], bytes],
    name: str,
    weigh: Weigh = lambda _: None,
    asides: Sequence[Aside] = (),
) -> TreeMerge:
    """The changes that merge their files into ours; the same arguments give the same plan.

    Args:
        base: Files of the merge base; none if the histories are unrelated.
        ours: Files of our commit, which the changes apply to.
        theirs: Files of their commit.
        read: Returns the bytes of a blob. Called only for files that both sides changed or they
            added, and for what may be an index. Its exceptions are not caught.
        name: A word for the names of conflict copies, such as the short id of their commit.
        weigh: Asked about files that both sides changed.
        asides: More versions to keep in copies.
    """
    planner = _TreeMerger(ours, theirs, read, name, weigh)
    trees = _Indexes(base, ours, theirs, read)
    for trio in match_files(trees.base, trees.ours, trees.theirs):
        planner.merge(trio)
    if trees.foreign_root is not None:
        planner.keep(_Kept(INDEX, trees.foreign_root, _FOREIGN_INDEX, name))
    for aside in asides:
        planner.put_aside(aside)
    return planner.finish()


class _Indexes:
    """The three trees without PACK's index files."""

    def __init__(
        self, base: Tree, ours: Tree, theirs: Tree, read: Callable[[BlobId], bytes]
    ) -> None:
        self._read = read
        self._known: dict[tuple[MemoryPath, BlobId], bool] = {}
        settled = {
            path
            for path in base.keys() & ours.keys() & theirs.keys()
            if base[path] == ours[path] == theirs[path]
        }
        self.base, self.ours, self.theirs = (
            self._without(tree, settled) for tree in (base, ours, theirs)
        )
        self.foreign_root: bytes | None = None
        root = theirs.get(INDEX)
        if root is not None and root not in (base.get(INDEX), ours.get(INDEX)):
            content = read(root)
            is_ours = read_head(content.decode("utf-8", "replace")).is_ours
            self.foreign_root = None if is_ours else content

    def _without(self, tree: Tree, settled: set[MemoryPath]) -> Tree:
        return {
            path: blob
            for path, blob in tree.items()
            if path in settled or not self._is_index(path, blob)
        }

    def _is_index(self, path: MemoryPath, blob: BlobId) -> bool:
        if path == INDEX or not may_be_generated(path):
            return path == INDEX
        if (path, blob) not in self._known:
            text = self._read(blob).decode("utf-8", "replace")
            self._known[path, blob] = is_generated(path, frontmatter.read(text).fields)
        return self._known[path, blob]


@dataclass(frozen=True, slots=True)
class _Kept:
    """A version of a file that needs a conflict copy."""

    path: MemoryPath
    content: bytes
    reason: str
    name: str
    kind: ClashKind | None = None


_MACHINE: Final = ClashKind.DISCARDED


class _TreeMerger:
    def __init__(
        self, ours: Tree, theirs: Tree, read: Callable[[BlobId], bytes], name: str, weigh: Weigh
    ) -> None:
        self._ours = ours
        self._read = read
        self._name = name
        self._weigh = weigh
        self._puts: dict[MemoryPath, bytes] = {}
        self._deleted: set[MemoryPath] = set()
        self._kept: list[_Kept] = []
        self._conflicts: list[MergeConflict] = []
        self._copies = {
            blob: path
            for tree in (theirs, ours)
            for path, blob in tree.items()
            if is_conflict_copy(path)
        }

    def merge(self, trio: Trio) -> None:
        """Decide on one file."""
        if trio.moved_apart:
            self._conflicts.append(MergeConflict(trio.path, None, _MOVED_APART))
        if trio.ours is not None and trio.theirs is not None:
            self._merge_both(trio, trio.ours, trio.theirs)
        elif trio.ours is not None:
            self._delete(trio, trio.ours)
        elif trio.theirs is not None:
            self._add(trio, trio.theirs)

    def _delete(self, trio: Trio, ours: SideFile) -> None:
        if ours.blob == trio.base:
            self._deleted.add(ours.path)
        elif trio.base is not None:
            sides = self._weigh(trio)
            if sides is not None and deletion_stands(sides.theirs, sides.ours):
                self._deleted.add(ours.path)
                content, name = self._read(ours.blob), sides.ours.commit
                self.keep(_Kept(trio.path, content, _DELETION_THERE, name, _MACHINE))
            else:
                kind = sides.kind() if sides is not None else None
                self._note(MergeConflict(trio.path, None, _DELETED_THERE, kind, ours.blob))

    def _add(self, trio: Trio, theirs: SideFile) -> None:
        if theirs.blob == trio.base:
            return
        content, sides = self._read(theirs.blob), self._weigh(trio) if trio.base else None
        if sides is not None and deletion_stands(sides.ours, sides.theirs):
            self.keep(_Kept(trio.path, content, _DELETION_HERE, sides.theirs.commit, _MACHINE))
            return
        self._puts[trio.path] = content
        if trio.base is not None:
            kind = sides.kind() if sides is not None else None
            self._note(MergeConflict(trio.path, None, _DELETED_HERE, kind, theirs.blob))

    def _merge_both(self, trio: Trio, ours: SideFile, theirs: SideFile) -> None:
        if ours.path != trio.path:
            self._deleted.add(ours.path)
        if theirs.blob in (ours.blob, trio.base):
            if ours.path != trio.path:
                self._puts[trio.path] = self._read(ours.blob)
            return
        if ours.blob == trio.base:
            self._puts[trio.path] = self._read(theirs.blob)
            return
        base = self._read(trio.base) if trio.base is not None else None
        sides = self._weigh(trio)
        merged = _merge_kind(trio.path, base, self._read(ours.blob), self._read(theirs.blob), sides)
        self._puts[trio.path] = merged.content
        reason = _BOTH_ADDED if base is None else _BOTH_CHANGED
        kind = sides.kind() if sides is not None else None
        if merged.kept is not None:
            name = sides.theirs.commit if sides else self._name
            self.keep(_Kept(trio.path, merged.kept, reason, name, kind))
        if merged.kept_ours is not None and sides is not None:
            self.keep(_Kept(trio.path, merged.kept_ours, reason, sides.ours.commit, kind))
        for clash in merged.clashes:
            told = (clash.kind, clash.kept, clash.discarded)
            self._note(MergeConflict(trio.path, None, _BOTH_SET, *told))

    def keep(self, kept: _Kept) -> None:
        """Have a conflict copy made."""
        self._kept.append(kept)

    def put_aside(self, aside: Aside) -> None:
        """Have a version kept in a copy, or told if there is nothing to keep."""
        if aside.content is not None:
            self.keep(_Kept(aside.path, aside.content, aside.reason, aside.name, _MACHINE))
            return
        blob = self._blob_at(aside.path) or ""
        self._note(MergeConflict(aside.path, None, aside.reason, _MACHINE, blob))

    def _note(self, found: MergeConflict) -> None:
        self._conflicts.append(found)

    def finish(self) -> TreeMerge:
        """The plan, once all files are decided on."""
        self._settle_new_files()
        puts: list[Change] = [
            Put(path, content, self._ours.get(path, ABSENT))
            for path, content in self._puts.items()
            if blob_id(content) != self._ours.get(path)
        ]
        gone = self._deleted - self._puts.keys()
        changes = [*puts, *(Delete(path, self._ours[path]) for path in gone)]
        return TreeMerge(
            tuple(sorted(changes, key=lambda change: change.path)),
            tuple(sorted(self._conflicts, key=_place_of)),
        )

    def _settle_new_files(self) -> None:
        new = {path: self._puts.pop(path) for path in self._puts.keys() - self._ours.keys()}
        if not new and not self._kept:
            return
        places = FreeNames(self._ours, self._deleted)
        # Files that can keep their paths come first, so that no other file takes those.
        for path in sorted(new, key=lambda path: (places.respelt(path, self._name) != path, path)):
            self._settle(path, new[path], places)
        for kept in self._kept:
            self._copy(kept, places)

    def _settle(self, path: MemoryPath, content: bytes, places: FreeNames) -> None:
        """Give a new file a path that no other file has on any file system."""
        claim = places.claim(path, self._name)
        if not claim.twin:
            self._puts[claim.path] = content
        elif blob_id(content) != self._blob_at(claim.twin):
            reason = f"some file systems confuse it with {claim.twin}"
            self.keep(_Kept(path, content, reason, self._name))
        if claim.path != path and not claim.twin:
            reason = f"its folder is {claim.path.rpartition('/')[0]} here"
            self._conflicts.append(MergeConflict(path, claim.path, reason))

    def _blob_at(self, path: str) -> BlobId | None:
        found = MemoryPath(path)
        if found in self._puts:
            return blob_id(self._puts[found])
        return self._ours.get(found) if found not in self._deleted else None

    def _copy(self, kept: _Kept, places: FreeNames) -> None:
        content = mark_copy(kept.path, kept.content)
        blob = blob_id(content)
        copy = self._copies.get(blob)
        if copy is None or self._blob_at(copy) != blob:
            copy = places.claim_copy(kept.path, kept.name)
            self._puts[copy] = content
            self._copies[blob] = copy
        told = (kept.kind, self._blob_at(kept.path) or "", blob_id(kept.content))
        self._note(MergeConflict(kept.path, copy, kept.reason, *(told if kept.kind else ())))


def _place_of(found: MergeConflict) -> tuple[str, ...]:
    return found.path, found.reason, found.copy or "", found.kept, found.discarded


def _merge_kind(
    path: MemoryPath, base: bytes | None, ours: bytes, theirs: bytes, sides: TwoSides | None
) -> Merged:
    name = path.lower()
    if path in _MAPPINGS:
        return merge_mapping_file(base, ours, theirs)
    if name.endswith(_MARKDOWN):
        return merge_file(base, ours, theirs, sides)
    return merge_text_file(base, ours, theirs, sides, keep_both=name.endswith(_PROSE))
