"""Three-way merge of two versions of a memory: the changes that the first side has to make.

It goes file by file, using the bytes of the merge base (`pack.merge.file`), and follows moved
files.

- A file that one side deleted and the other changed stays: an edit always beats a deletion.
- Of two files that some file system would confuse, one goes to the path of a conflict copy; names
  of files and folders are spelt as ours are. Where a file has the path of a folder of the other
  side, the file goes to a copy and the folder gets another name (`pack.merge.clashes`).
- PACK's `index.md` files are left out: they are generated from the result of the merge, except for
  the order for sync (`pack.merge.order.merge_sync_order`).
- A machine's version that gives way to the person's text is withheld: the files say nothing of it,
  and whoever makes the merge keeps it as a proposal.
- Any other version is kept in one copy, whoever made it. A copy that a merge would bring is left
  out where it says what the original or another copy says, or where a person has settled it.

"Ours" is the first side and "theirs" the second. Whoever merges two heads puts them in one order on
every machine (`pack.merge.heads`), and then this gives one tree on every machine. An undo and a
proposal have an order by nature: what is there now comes first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

from pack.files import frontmatter
from pack.index.format import is_generated, may_be_generated, read_head
from pack.merge.clashes import FreeNames, MixedNames
from pack.merge.copies import essence, is_conflict_copy, mark_copy, original_path_of
from pack.merge.file import Merged, merge_mapping_file, merge_named
from pack.merge.kit_lock import KIT_LOCK, merge_kit_lock
from pack.merge.moves import SideFile, Tree, Trio, match_files
from pack.merge.two_sides import (
    Authority,
    ClashKind,
    TwoSides,
    deletion_stands,
    is_for_the_person,
)
from pack.model import ABSENT, BlobId, Change, CommitId, Delete, MemoryPath, Put, blob_id
from pack.paths import DATES, INDEX, MORE_DATES, fold

NOTION_PAGES: Final = MemoryPath(".notion-pages.json")
KIT_INDEXES: Final = MemoryPath(".pack/kits.indexes.json")
_MAPPINGS: Final = (NOTION_PAGES, DATES, *MORE_DATES.values(), KIT_INDEXES)
"""These files map text to text, and are merged by key."""

_BOTH_CHANGED: Final = "both sides changed the same lines"
_BOTH_SET: Final = "both sides set the same key, and one value stays"
_BOTH_ADDED: Final = "both sides added it"
_DELETED: Final = "one side deleted it and the other changed it, so it stays"
_DELETION: Final = "one side deleted it, and only a machine changed it on the other"
_MOVED_APART: Final = "it was moved to different places, and is at both"
_IS_FOLDER: Final = "a folder has the same path on the other side"
_FOREIGN_INDEX: Final = "PACK did not write it, and needs its place"


@dataclass(frozen=True, slots=True)
class MergeConflict:
    """What a person should look at after a merge.

    Attributes:
        path: The file.
        copy: Where the version that gave way is kept; `None` if that was not necessary.
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
class MachineWriter:
    """A machine that made a version of a file.

    Attributes:
        origin: Who, as in `ai-cloud:name`.
        commit: The last commit in which it did.
    """

    origin: str
    commit: CommitId


@dataclass(frozen=True, slots=True)
class Withheld:
    """What a machine made of a file that holds the person's text; it is for them to decide on.

    Attributes:
        path: The file.
        blob: The machine's version, whole.
        said: What that says, as the blob without what PACK writes into it by itself.
        content: The merged file with what the machine changed.
        writer: Who made that version.
    """

    path: MemoryPath
    blob: BlobId
    said: BlobId
    content: bytes = field(repr=False)
    writer: MachineWriter


@dataclass(frozen=True, slots=True)
class Aside:
    """A version of a file that does not get into the file, whatever the merge makes of that.

    Attributes:
        path: The file.
        content: The version; `None` for a deletion, of which only the log tells.
        reason: Why it is not in place, in words.
        writer: Who made it, if the person decides on it; `None` if it is kept in a copy.
        before: The file without it; `None` for none.
    """

    path: MemoryPath
    content: bytes | None
    reason: str
    writer: MachineWriter | None = None
    before: bytes | None = None


Weigh = Callable[[Trio], TwoSides | None]
"""The authority of both sides' versions of a file; `None` if it is not known."""
FindWriter = Callable[[Trio, bool], MachineWriter | None]
"""Who of the machines made our (true) or their version of a file, if it may be withheld."""
Settled = Callable[[MemoryPath, BlobId, bool], bool]
"""Whether, on our side (true) or on theirs, a person deleted a conflict copy that is not there."""


@dataclass(frozen=True, slots=True)
class TreeMerge:
    """What a merge does to our commit.

    Attributes:
        changes: Sorted by path, index files left out.
        conflicts: Sorted by path.
        withheld: What is in none of the files, and waits for the person; sorted by path.
    """

    changes: tuple[Change, ...]
    conflicts: tuple[MergeConflict, ...]
    withheld: tuple[Withheld, ...] = ()


def merge_trees(
    base: Mapping[MemoryPath, BlobId],
    ours: Mapping[MemoryPath, BlobId],
    theirs: Mapping[MemoryPath, BlobId],
    read: Callable[[BlobId], bytes],
    weigh: Weigh = lambda _: None,
    asides: Sequence[Aside] = (),
    is_settled: Settled | None = None,
    *,
    find_writer: FindWriter = lambda *_: None,
) -> TreeMerge:
    """The changes that merge their files into ours; the same arguments give the same plan.

    Args:
        base: Files of the merge base; none if the histories are unrelated.
        ours: Files of our commit, which the changes apply to.
        theirs: Files of their commit.
        read: Returns the bytes of a blob. Called only for files that both sides changed or they
            added, and for what may be an index. Its exceptions are not caught.
        weigh: Asked about files that both sides changed.
        asides: More versions to keep.
        is_settled: Asked about conflict copies that only one side has; `None` where they are files
            like any others.
        find_writer: Asked about a machine's version that gives way to the person's text; what it
            knows no writer of is kept in a copy.
    """
    # Where only one side changed anything, and in an undo, what that side has is taken as it is.
    is_of_two = is_settled is not None and base not in (ours, theirs)
    mixed = MixedNames(*((ours, theirs) if is_of_two else ((), ())))
    trees, asked = _Trees(base, ours, theirs), _Asked(read, weigh, find_writer)
    if not mixed:
        return _merge_trees(trees, asked, asides, is_settled, mixed)
    renamed = _Trees(*(_renamed(tree, mixed) for tree in trees))
    found = _merge_trees(renamed, asked, asides, is_settled, mixed)
    return _as_of(found, renamed.ours, ours, read)


class _Trees(NamedTuple):
    base: Tree
    ours: Tree
    theirs: Tree


class _Asked(NamedTuple):
    """What a merge asks; see `merge_trees`."""

    read: Callable[[BlobId], bytes]
    weigh: Weigh
    find_writer: FindWriter


def _renamed(tree: Tree, mixed: MixedNames) -> Tree:
    return {mixed.renamed(path): blob for path, blob in tree.items()}


def _as_of(
    found: TreeMerge, renamed: Tree, ours: Tree, read: Callable[[BlobId], bytes]
) -> TreeMerge:
    """A plan for our files as they are, made from one for the same files under other names."""
    contents = {one.path: one.content for one in found.changes if isinstance(one, Put)}
    gone = {one.path for one in found.changes if isinstance(one, Delete)}
    files = {path: blob for path, blob in renamed.items() if path not in gone}
    files |= {path: blob_id(content) for path, content in contents.items()}
    changes: list[Change] = [Delete(path, blob) for path, blob in ours.items() if path not in files]
    changes += [
        Put(path, contents[path] if path in contents else read(blob), ours.get(path, ABSENT))
        for path, blob in files.items()
        if ours.get(path) != blob
    ]
    return replace(found, changes=tuple(sorted(changes, key=lambda change: change.path)))


def _merge_trees(
    sides: _Trees,
    asked: _Asked,
    asides: Sequence[Aside],
    is_settled: Settled | None,
    mixed: MixedNames,
) -> TreeMerge:
    """The plan for trees in which no folder has the path of a file."""
    trees = _Indexes(*sides, asked.read)
    planner = _TreeMerger(*sides, asked)
    left_out = _settled(trees.base, trees.ours, trees.theirs, is_settled) if is_settled else ()
    for trio in match_files(trees.base, trees.ours, trees.theirs):
        if trio.path not in left_out:
            planner.merge(trio)
        elif trio.ours is not None:
            planner.remove(trio.path)
    for root in trees.foreign_roots:
        planner.keep(_Kept(INDEX, root, _FOREIGN_INDEX))
    for aside in asides:
        planner.put_aside(aside)
    return planner.finish(mixed, drops_repeated=is_settled is not None)


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
        self.foreign_roots = [*self._foreign(base, ours, theirs)]

    def _foreign(self, base: Tree, ours: Tree, theirs: Tree) -> Iterator[bytes]:
        """What a side put where the index belongs, of which PACK would leave nothing."""
        roots = dict.fromkeys(side.get(INDEX) for side in (ours, theirs))
        for root in roots if len(roots) > 1 else ():
            if root is not None and root != base.get(INDEX):
                content = self._read(root)
                if not read_head(content.decode("utf-8", "replace")).is_ours:
                    yield content

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
    kind: ClashKind | None = None


@dataclass(frozen=True, slots=True)
class _Held:
    """A version of a file that is withheld."""

    version: _Kept
    writer: MachineWriter
    before: bytes | None


_MACHINE: Final = ClashKind.DISCARDED
_MACHINE_FIRST: Final = TwoSides(Authority(level=2), Authority(level=1))
"""Theirs stays in place, whatever both sides changed."""


class _TreeMerger:
    def __init__(self, base: Tree, ours: Tree, theirs: Tree, asked: _Asked) -> None:
        self._base = base
        self._ours = ours
        self._theirs = theirs
        self._read = asked.read
        self._weigh = asked.weigh
        self._find_writer = asked.find_writer
        self._held: list[_Held] = []
        self._withheld: list[Withheld] = []
        self._puts: dict[MemoryPath, bytes] = {}
        self._deleted: set[MemoryPath] = set()
        self._kept: list[_Kept] = []
        self._conflicts: list[MergeConflict] = []
        self._copies = {
            blob: path
            for tree in (theirs, ours)
            for path, blob in sorted(filter(_is_copy, tree.items()), reverse=True)
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
                kept = _Kept(trio.path, self._read(ours.blob), _DELETION, _MACHINE)
                self._give_way(kept, trio, sides, None, is_ours=True)
            else:
                kind = sides.kind() if sides is not None else None
                self._note(MergeConflict(trio.path, None, _DELETED, kind, ours.blob))

    def _add(self, trio: Trio, theirs: SideFile) -> None:
        if theirs.blob == trio.base:
            return
        content, sides = self._read(theirs.blob), self._weigh(trio) if trio.base else None
        if sides is not None and deletion_stands(sides.ours, sides.theirs):
            kept = _Kept(trio.path, content, _DELETION, _MACHINE)
            self._give_way(kept, trio, sides, None, is_ours=False)
            return
        self._puts[trio.path] = content
        if trio.base is not None:
            kind = sides.kind() if sides is not None else None
            self._note(MergeConflict(trio.path, None, _DELETED, kind, theirs.blob))

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
            kept = _Kept(trio.path, merged.kept, reason, kind)
            self._give_way(kept, trio, sides, base, is_ours=False)
        if merged.kept_ours is not None:
            kept = _Kept(trio.path, merged.kept_ours, reason, kind)
            self._give_way(kept, trio, sides, base, is_ours=True)
        for clash in merged.clashes:
            told = (clash.kind, clash.kept, clash.discarded)
            self._note(MergeConflict(trio.path, None, _BOTH_SET, *told))

    def _give_way(
        self, kept: _Kept, trio: Trio, sides: TwoSides | None, base: bytes | None, *, is_ours: bool
    ) -> None:
        """Have a version kept that is not in place: withheld, or in a copy."""
        writer = None
        if sides is not None:
            gone, stays = (sides.ours, sides.theirs) if is_ours else (sides.theirs, sides.ours)
            if is_for_the_person(gone, stays):
                writer = self._find_writer(trio, is_ours)
        self._keep_for(writer, kept, base)

    def _keep_for(self, writer: MachineWriter | None, kept: _Kept, before: bytes | None) -> None:
        if writer is not None:
            self._held.append(_Held(kept, writer, before))
        else:
            self.keep(kept)

    def keep(self, kept: _Kept) -> None:
        """Have a conflict copy made."""
        self._kept.append(kept)

    def remove(self, path: MemoryPath) -> None:
        """Have a file of ours removed."""
        self._deleted.add(path)

    def put_aside(self, aside: Aside) -> None:
        """Have a version kept, or told if there is nothing to keep."""
        if aside.content is not None:
            kept = _Kept(aside.path, aside.content, aside.reason, _MACHINE)
            self._keep_for(aside.writer, kept, aside.before)
            return
        blob = self._blob_at(aside.path) or ""
        self._note(MergeConflict(aside.path, None, aside.reason, _MACHINE, blob))

    def _note(self, found: MergeConflict) -> None:
        self._conflicts.append(found)

    def finish(self, mixed: MixedNames, *, drops_repeated: bool) -> TreeMerge:
        """The plan, once all files are decided on.

        Args:
            mixed: The paths at which no file may stay.
            drops_repeated: Whether copies go that say nothing of their own.
        """
        if mixed:
            self._evict([path for path in (*self._ours, *self._puts) if path in mixed])
        self._settle_new_files()
        if drops_repeated:
            self._drop_repeated()
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
            tuple(sorted(self._withheld, key=lambda one: (one.path, one.blob, one.writer.commit))),
        )

    def _evict(self, paths: Iterable[MemoryPath]) -> None:
        for path in sorted(set(paths)):
            if self._blob_at(path) is not None:
                self.keep(_Kept(path, self._content_at(path), _IS_FOLDER))
                self._puts.pop(path, None)
            if path in self._ours:
                self._deleted.add(path)

    def _settle_new_files(self) -> None:
        new = {path: self._puts.pop(path) for path in self._puts.keys() - self._ours.keys()}
        if not new and not self._kept and not self._held:
            return
        places = FreeNames(self._ours, self._deleted)
        # Files that can keep their paths come first, so that no other file takes those.
        for path in sorted(new, key=lambda path: (places.respelt(path) != path, path)):
            self._settle(path, new[path], places)
        for held in self._held:
            self._withhold(held)
        for kept in self._kept:
            self._copy(kept, places)

    def _withhold(self, held: _Held) -> None:
        """Have a version for the person to decide on; in a copy if no file can be in its place."""
        kept, path = held.version, held.version.path
        blob = self._blob_at(path)
        if blob is None and self._is_taken(path):
            self.keep(kept)
            return
        content = kept.content
        if blob is not None:
            now = self._content_at(path)
            merged = _merge_kind(path, held.before, now, content, _MACHINE_FIRST)
            content = merged.kept or merged.content
            if essence(content) == essence(now):
                return  # in other words, all of it is there
        version, said = blob_id(kept.content), blob_id(essence(kept.content))
        self._withheld.append(Withheld(path, version, said, content, held.writer))
        told = (_MACHINE, blob or "", version)
        self._note(MergeConflict(path, None, kept.reason, *told))

    def _is_taken(self, path: MemoryPath) -> bool:
        """Whether a file is in the way of another one: in a folder of that name, or above it."""
        files = ({*self._ours} - self._deleted) | self._puts.keys()
        return any(
            folded.startswith(f"{fold(path)}/") or fold(path).startswith(f"{folded}/")
            for folded in map(fold, files)
        )

    def _settle(self, path: MemoryPath, content: bytes, places: FreeNames) -> None:
        """Give a new file a path that no other file has on any file system."""
        claim = places.claim(path)
        if not claim.twin:
            self._puts[claim.path] = content
        elif blob_id(content) != self._blob_at(claim.twin):
            reason = f"some file systems confuse it with {claim.twin}"
            twin = MemoryPath(claim.twin)
            if self._is_stronger(path, content, twin):
                path, content, self._puts[twin] = twin, self._content_at(twin), content
            self.keep(_Kept(path, content, reason))
        if claim.path != path and not claim.twin:
            reason = f"its folder is {claim.path.rpartition('/')[0]} on the other side"
            self._conflicts.append(MergeConflict(path, claim.path, reason))

    def _is_stronger(self, path: MemoryPath, content: bytes, twin: MemoryPath) -> bool:
        """Whether a file of theirs has more authority than one of ours with a like name."""
        mine, other = self._ours.get(twin), blob_id(content)
        if mine is None or mine != self._blob_at(twin) or self._theirs.get(path) != other:
            return False
        sides = self._weigh(Trio(path, None, SideFile(twin, mine), SideFile(path, other)))
        return sides is not None and sides.their_whole_stays()

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
            copy = places.claim_copy(kept.path, blob_id(kept.content))
            self._puts[copy] = content
            self._copies[blob] = copy
        told = (kept.kind, self._blob_at(kept.path) or "", blob_id(kept.content))
        self._note(MergeConflict(kept.path, copy, kept.reason, *(told if kept.kind else ())))

    # --- copies that say nothing of their own ----------------------------------------------------

    def _drop_repeated(self) -> None:
        """Leave out copies that this merge would bring and that say what another file says."""
        by_text: dict[tuple[str, bytes], list[MemoryPath]] = defaultdict(list)
        for path in sorted(self._present_copies()):
            content = self._content_at(path)
            original = original_path_of(path, content)
            key = (original, essence(content))
            by_text[key].append(path)
        for (original, text), copies in by_text.items():
            place = MemoryPath(original)
            is_in_place = self._blob_at(place) and essence(self._content_at(place)) == text
            old = [path for path in copies if not self._is_brought(path)]
            stays = None if is_in_place else (old or copies)[0]
            for path in copies:
                if path != stays and self._is_brought(path):
                    self._drop(path, stays)

    def _present_copies(self) -> set[MemoryPath]:
        """All conflict copies, if this merge brings one."""
        copies = {
            path
            for path in (*self._ours, *self._puts)
            if is_conflict_copy(path) and self._blob_at(path) is not None
        }
        return copies if any(map(self._is_brought, copies)) else set()

    def _is_brought(self, path: MemoryPath) -> bool:
        """Whether not all three versions have a copy already."""
        blob = self._blob_at(path)
        return any(side.get(path) != blob for side in (self._base, self._ours, self._theirs))

    def _drop(self, path: MemoryPath, instead: MemoryPath | None) -> None:
        self._puts.pop(path, None)
        if path in self._ours:
            self._deleted.add(path)
        self._conflicts = [
            replace(one, copy=instead) if one.copy == path else one for one in self._conflicts
        ]

    def _content_at(self, path: MemoryPath) -> bytes:
        made = self._puts.get(path)
        return made if made is not None else self._read(self._ours[path])


def _is_copy(file: tuple[MemoryPath, BlobId]) -> bool:
    return is_conflict_copy(file[0])


def _settled(base: Tree, ours: Tree, theirs: Tree, is_settled: Settled) -> Collection[MemoryPath]:
    """The conflict copies that one side would bring and a person on the other has settled."""
    sides = ((ours, theirs, False), (theirs, ours, True))
    return frozenset(
        path
        for side, other, is_ours in sides
        for path in side.keys() - other.keys() - base.keys()
        if is_conflict_copy(path) and is_settled(path, side[path], is_ours)
    )


def _place_of(found: MergeConflict) -> tuple[str, ...]:
    """The order in which a commit tells them; words for people come last."""
    return found.path, found.copy or "", found.kind or "", found.kept, found.discarded, found.reason


def _merge_kind(
    path: MemoryPath, base: bytes | None, ours: bytes, theirs: bytes, sides: TwoSides | None
) -> Merged:
    if path in _MAPPINGS:
        return merge_mapping_file(base, ours, theirs)
    if path == KIT_LOCK:
        return merge_kit_lock(base, ours, theirs)
    return merge_named(path, base, ours, theirs, sides)
