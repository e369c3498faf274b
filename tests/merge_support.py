"""A history in memory, and peers that write to it and merge it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from random import Random

from pack.merge.copies import essence
from pack.merge.heads import HeadMerger, MergeRules, Point, Read, Unruled, fold
from pack.merge.tree import MachineWriter, Weigh
from pack.merge.two_sides import Authority, TwoSides
from pack.model import BlobId, CommitId, MemoryPath, blob_id

Files = Mapping[str, str]
Kept = tuple[MemoryPath, BlobId, CommitId]
"""What a merge withheld: the file, what a version of it says, and the commit that made it."""


class LevelRules(Unruled):
    """Commits of the person and of machines, of which each side's own are weighed."""

    def __init__(self, levels: dict[CommitId, int] | None = None) -> None:
        self.graph: MemoryGraph
        self.levels = levels if levels is not None else {}

    def changes(
        self, base: Sequence[CommitId], side: Point, path: MemoryPath
    ) -> list[tuple[int, CommitId]]:
        """The levels of the commits that changed a file on a side, with them."""
        graph = self.graph
        old = frozenset[CommitId]().union(*(graph.ancestors[one] for one in base))
        new = frozenset[CommitId]().union(*(graph.ancestors[one] for one in side.commits)) - old
        return sorted(
            (self.levels.get(one, 1), one)
            for one in new
            if len(graph.parents[one]) == 1
            and graph.trees[graph.parents[one][0]].get(path) != graph.trees[one].get(path)
        )

    def weigh(self, base: Sequence[CommitId], first: Point, second: Point, read: Read) -> Weigh:
        del read

        def authority(side: Point, path: MemoryPath, rank: float) -> Authority:
            return Authority(
                min((n for n, _ in self.changes(base, side, path)), default=1), (rank, "")
            )

        return lambda trio: TwoSides(
            authority(first, trio.ours.path if trio.ours else trio.path, 1),
            authority(second, trio.theirs.path if trio.theirs else trio.path, 0),
        )

    def writer(
        self, base: Sequence[CommitId], side: Point, path: MemoryPath
    ) -> MachineWriter | None:
        level, commit = (self.changes(base, side, path) or [(1, CommitId(""))])[-1]
        return MachineWriter("ai-cloud:x", commit) if level > 1 else None


class MemoryGraph:
    """Commits that differ only in their parents and files, so that equal ones are one."""

    def __init__(self, rules: MergeRules | None = None) -> None:
        self.blobs: dict[BlobId, bytes] = {}
        self.trees: dict[CommitId, dict[MemoryPath, BlobId]] = {}
        self.parents: dict[CommitId, tuple[CommitId, ...]] = {}
        self.ancestors: dict[CommitId, frozenset[CommitId]] = {}
        self.merges: dict[tuple[CommitId, CommitId], CommitId] = {}
        self.withheld: dict[CommitId, list[Kept]] = {}
        self.rules = rules or Unruled()
        if isinstance(self.rules, LevelRules):
            self.rules.graph = self

    def commit(self, parents: Iterable[CommitId], tree: Mapping[MemoryPath, BlobId]) -> CommitId:
        above = tuple(parents)
        said = repr((above, sorted(tree.items())))
        made = CommitId(hashlib.sha1(said.encode("utf-8", "surrogateescape")).hexdigest())
        self.add(made, above, tree)
        return made

    def add(
        self, made: CommitId, parents: Iterable[CommitId], tree: Mapping[MemoryPath, BlobId]
    ) -> None:
        """A commit whose id is known; its parents are there already."""
        self.parents[made] = tuple(parents)
        self.trees[made] = dict(tree)
        above = (self.ancestors[one] for one in self.parents[made])
        self.ancestors[made] = frozenset({made}.union(*above))

    def write(self, parent: CommitId | None, files: Files, *, whole: bool = False) -> CommitId:
        """A commit that changes some files; an empty text deletes one."""
        tree = dict(self.trees[parent]) if parent is not None and not whole else {}
        for path, text in files.items():
            content = text.encode()
            self.blobs[blob_id(content)] = content
            tree[MemoryPath(path)] = blob_id(content)
            if not text:
                del tree[MemoryPath(path)]
        return self.commit([parent] if parent is not None else [], tree)

    def text(self, commit: CommitId, path: str) -> str:
        return self.blobs[self.trees[commit][MemoryPath(path)]].decode()

    def texts(self, commit: CommitId) -> dict[str, str]:
        return {path: self.blobs[blob].decode() for path, blob in self.trees[commit].items()}

    def leads_to(self, one: CommitId, other: CommitId) -> bool:
        return one in self.ancestors[other]

    # --- MergeGraph -----------------------------------------------------------------------------

    def merge_bases(self, one: CommitId, others: Sequence[CommitId]) -> Sequence[CommitId]:
        common = self.ancestors[one] & frozenset().union(*(self.ancestors[o] for o in others))
        below = {parent for each in common for parent in self.parents[each]}
        return list(common - below)

    def height(self, commits: Sequence[CommitId]) -> int:
        return len(frozenset().union(*(self.ancestors[one] for one in commits)))

    def files(self, commit: CommitId) -> Mapping[MemoryPath, BlobId]:
        return self.trees[commit]

    # --- merging ---------------------------------------------------------------------------------

    def merge(self, one: CommitId, other: CommitId) -> CommitId:
        """The merge of two commits, or the one that the other leads to."""
        if self.leads_to(other, one):
            return one
        if self.leads_to(one, other):
            return other
        pair = (one, other) if one < other else (other, one)
        if pair not in self.merges:
            merger = HeadMerger(self, self.blobs.__getitem__, self.rules)
            found, swapped = merger.merge(one, other), merger.merge(other, one)
            assert found == swapped
            for blob in found.files.values():
                self.blobs[blob] = merger.read(blob)
            made = self.merges[pair] = self.commit(pair, found.files)
            self.withheld[made] = [
                (one.path, one.said, one.writer.commit) for one in found.withheld
            ]
            for one in found.withheld:
                self.blobs[one.said] = essence(merger.read(one.blob))
        return self.merges[pair]

    def waiting(self, head: CommitId) -> set[Kept]:
        """What the merges that lead to a commit withheld."""
        return {one for above in self.ancestors[head] for one in self.withheld.get(above, ())}

    def fold(self, heads: Iterable[CommitId]) -> CommitId:
        return fold(heads, self.leads_to, self.merge)


def pull(graph: MemoryGraph, heads: list[CommitId], random: Random, *, at_once: bool) -> None:
    """Each peer pulls from one other: all at once, or one after the other in any order."""
    order = random.sample(range(len(heads)), len(heads))
    before = list(heads)
    for peer in order:
        other = random.choice([each for each in range(len(heads)) if each != peer])
        heads[peer] = graph.merge(heads[peer], (before if at_once else heads)[other])


def rounds_until_equal(
    graph: MemoryGraph, heads: list[CommitId], random: Random, most: int, *, at_once: bool
) -> int:
    """How many rounds it takes until all peers have the same commit."""
    for done in range(most):
        if len(set(heads)) == 1:
            return done
        pull(graph, heads, random, at_once=at_once)
    raise AssertionError(f"{len(set(heads))} heads after {most} rounds")
