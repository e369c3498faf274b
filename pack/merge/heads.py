"""The merge of two heads of a memory: one tree, whoever computes it and wherever.

Version 1. It follows from the commits that the heads lead back to and from nothing else: no clock,
no setting, no name of a remote, and not which head is "ours". So machines that merge the same heads
make the same commit, and are done.

- The heads are put in one order: the one that more commits lead to comes first, then the one with
  the smaller id. Where two texts have the same truth level, that of the first stays in place.
- Several merge bases are merged themselves, in memory, by the same function. Those may have several
  in turn; that far down, the first of them stands for all.
- More than two heads are merged one after the other, sorted by id (`fold`).

The same heads must give the same tree for ever, in every version of PACK that says it makes merges
of version 1. The vectors in `tests/golden/merge_v1` hold it fast; a change needs a new version.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha1
from typing import Final, Protocol, TypeVar

from pack.log import CommitFacts
from pack.merge.moves import Tree, Trio
from pack.merge.tree import Aside, MachineWriter, MergeConflict, Weigh, Withheld, merge_trees
from pack.model import BlobId, CommitId, MemoryPath, Put, blob_id

MERGE_VERSION: Final = 1
"""What `Pack-Merge` says of the merges that this PACK makes."""

_DEEPEST: Final = 12
"""How many times bases of bases are merged. Peers that never come to rest may go on for ever."""
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Point:
    """A head, or what several commits give that are merged in memory.

    Attributes:
        commits: The commits, sorted.
        files: What it holds.
        height: How many commits lead to it.
        id: Tells it from others of the same height.
    """

    commits: tuple[CommitId, ...]
    files: Tree = field(repr=False)
    height: int
    id: str

    @property
    def order(self) -> tuple[int, str]:
        """The smaller comes first."""
        return -self.height, self.id


class MergeGraph(Protocol):
    """The commits of a memory."""

    def merge_bases(self, one: CommitId, others: Sequence[CommitId]) -> Sequence[CommitId]:
        """The best common ancestors of a commit and of what the others would be merged."""
        ...

    def height(self, commits: Sequence[CommitId]) -> int:
        """How many commits there are that are one of these or lead to one."""
        ...

    def files(self, commit: CommitId) -> Tree:
        """The files of a commit."""
        ...


@dataclass(frozen=True, slots=True)
class Lawful:
    """What one side may bring.

    Attributes:
        files: Its files, with nothing that a machine may not do.
        asides: What the machine did instead.
        made: The bytes of blobs that are in no commit.
    """

    files: Tree
    asides: Sequence[Aside] = ()
    made: Mapping[BlobId, bytes] = field(default_factory=dict)


class MergeRules(Protocol):
    """What history says of the sides of a merge; see `Unruled` for a memory of equals."""

    def lawful(self, base: Sequence[CommitId], side: Point) -> Lawful:
        """What a side may bring, judged by the commits since the base."""
        ...

    def weigh(self, base: Sequence[CommitId], first: Point, second: Point, read: Read) -> Weigh:
        """The authority of both versions of a file; the first ranks higher."""
        ...

    def is_settled(self, path: MemoryPath, blob: BlobId, side: Point, other: Point) -> bool:
        """Whether a person deleted a conflict copy on a side, in a commit that the other lacks."""
        ...

    def writer(
        self, base: Sequence[CommitId], side: Point, path: MemoryPath
    ) -> MachineWriter | None:
        """The machine that made a side's version of a file; `None` if it cannot be proposed."""
        ...

    def accepted(self, commits: Iterable[CommitFacts]) -> Collection[str]:
        """The ids of the proposals that the person decided on by accepting, in some commits."""
        ...


Read = Callable[[BlobId], bytes]


@dataclass(frozen=True, slots=True)
class HeadMerge:
    """What the merge of two points gives.

    Attributes:
        files: All files; the generated indexes are those of the first side.
        conflicts: What was told, sorted by path.
        sides: The points, the first one first.
        base: The merge bases, sorted.
        base_files: What they hold, merged.
        withheld: What waits for the person instead of being in a file, sorted by path.
    """

    files: Tree
    conflicts: tuple[MergeConflict, ...]
    sides: tuple[Point, Point]
    base: tuple[CommitId, ...]
    base_files: Tree
    withheld: tuple[Withheld, ...] = ()


class Unruled:
    """Rules for commits of which nobody asks who made them."""

    def lawful(self, base: Sequence[CommitId], side: Point) -> Lawful:
        """See `MergeRules.lawful`: everything."""
        del base
        return Lawful(side.files)

    def weigh(self, base: Sequence[CommitId], first: Point, second: Point, read: Read) -> Weigh:
        """See `MergeRules.weigh`: nothing is known, and the first ranks higher."""
        del base, first, second, read
        return lambda _: None

    def is_settled(self, path: MemoryPath, blob: BlobId, side: Point, other: Point) -> bool:
        """See `MergeRules.is_settled`: nobody has."""
        del path, blob, side, other
        return False

    def writer(
        self, base: Sequence[CommitId], side: Point, path: MemoryPath
    ) -> MachineWriter | None:
        """See `MergeRules.writer`: nobody is known."""
        del base, side, path
        return None

    def accepted(self, commits: Iterable[CommitFacts]) -> Collection[str]:
        """See `MergeRules.accepted`: none."""
        del commits
        return ()


class HeadMerger:
    """Merges heads; what it makes is in memory.

    Args:
        graph: The commits.
        read: Returns the bytes of a blob of theirs.
        rules: What history says of the sides.
        withholds: Whether what waits for the person is left out of the files. Without all of the
            history nobody could find it again, so it is in copies then.
    """

    def __init__(
        self, graph: MergeGraph, read: Read, rules: MergeRules, *, withholds: bool = True
    ) -> None:
        self._withholds = withholds
        self._graph = graph
        self._read = read
        self._rules = rules
        self._made: dict[BlobId, bytes] = {}
        self._points: dict[tuple[CommitId, ...], Point] = {}
        self._depth = 0

    def read(self, blob: BlobId) -> bytes:
        """The bytes of a blob of a commit or of a merge made here."""
        made = self._made.get(blob)
        return made if made is not None else self._read(blob)

    def merge(self, one: CommitId, other: CommitId) -> HeadMerge:
        """The merge of two commits; the same whichever is named first."""
        return self._join(self.point([one]), self.point([other]))

    def point(self, commits: Iterable[CommitId]) -> Point:
        """A commit, or the merge of several in memory."""
        key = tuple(sorted(set(commits)))
        if key not in self._points:
            self._points[key] = self._single(key) if len(key) == 1 else self._folded(key)
        return self._points[key]

    def _single(self, key: tuple[CommitId, ...]) -> Point:
        return Point(key, self._graph.files(key[0]), self._graph.height(key), key[0])

    def _folded(self, key: tuple[CommitId, ...]) -> Point:
        if self._depth == _DEEPEST:
            first = min((self.point([one]) for one in key), key=lambda point: point.order)
            return replace(first, commits=key)
        self._depth += 1
        merged = self._join(self.point(key[:-1]), self.point(key[-1:]))
        self._depth -= 1
        digest = sha1("\n".join(key).encode("ascii"), usedforsecurity=False).hexdigest()
        return Point(key, merged.files, self._graph.height(key) + len(key) - 1, digest)

    def _join(self, one: Point, other: Point) -> HeadMerge:
        first, second = sorted((one, other), key=lambda point: point.order)
        base = tuple(sorted(self._bases(one, other)))
        before: Tree = self.point(base).files if base else {}
        sides = [self._rules.lawful(base, side) for side in (first, second)]

        def find_writer(trio: Trio, is_first: bool) -> MachineWriter | None:
            point, file = (first, trio.ours) if is_first else (second, trio.theirs)
            is_asked = file is not None and self._withholds
            return self._rules.writer(base, point, file.path) if file and is_asked else None

        asides = [aside for side in sides for aside in side.asides]
        if not self._withholds:
            asides = [replace(aside, writer=None) for aside in asides]
        for side in sides:
            self._made.update(side.made)
        plan = merge_trees(
            before,
            sides[0].files,
            sides[1].files,
            self.read,
            self._rules.weigh(base, first, second, self.read),
            asides,
            lambda path, blob, is_first: self._rules.is_settled(
                path, blob, *((first, second) if is_first else (second, first))
            ),
            find_writer=find_writer,
        )
        files = dict(sides[0].files)
        for change in plan.changes:
            files.pop(change.path, None)
            if isinstance(change, Put):
                files[change.path] = blob_id(change.content)
                self._made[files[change.path]] = change.content
        return HeadMerge(files, plan.conflicts, (first, second), base, before, plan.withheld)

    def _bases(self, one: Point, other: Point) -> Sequence[CommitId]:
        single, several = sorted((one, other), key=lambda point: len(point.commits))
        return self._graph.merge_bases(single.commits[0], several.commits)


def maximal(heads: Iterable[_T], leads_to: Callable[[_T, _T], bool]) -> list[_T]:
    """The heads that lead to no other one, each once, in their order.

    Args:
        heads: The heads.
        leads_to: Whether one comes before another.
    """
    found = list(dict.fromkeys(heads))
    return [
        one for one in found if not any(leads_to(one, other) for other in found if other != one)
    ]


def fold(
    heads: Iterable[CommitId],
    leads_to: Callable[[CommitId, CommitId], bool],
    make: Callable[[CommitId, CommitId], CommitId],
) -> CommitId:
    """The one commit that any number of heads give; each step makes one.

    Args:
        heads: At least one.
        leads_to: Whether one commit comes before another.
        make: Makes the merge of two, and returns it.
    """
    first, *rest = sorted(maximal(heads, leads_to))
    for head in rest:
        first = make(first, head)
    return first
