"""All commits of a simulation, as bytes, and the merge of any two of them.

Which of them a machine has is a mask of bits, so that "what leads to this" costs a few operations
on integers. A commit has a higher number than those that lead to it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pack_connectors.local_git.past.one_commit import parse_commit
from pack_connectors.peers.signed_commits import signed

from pack.history.origins import written_by
from pack.log import CommitFacts
from pack.merge.heads import HeadMerger, Point
from pack.mesh.side_commits import StoredCommit
from pack.model import BlobId, CommitId, Identity, MemoryPath, blob_id
from pack.proposals.withheld import withheld_text
from pack.provenance import MERGER, commit_message
from tests.merge_support import LevelRules

MERGE = Identity("PACK merge", "merge@pack.invalid")
LATER = MemoryPath("b/later.md")
Files = Mapping[MemoryPath, BlobId]


class World:
    """Every commit that anybody made."""

    def __init__(self) -> None:
        self.blobs: dict[BlobId, bytes] = {}
        self.content: dict[CommitId, bytes] = {}
        self.parents: dict[CommitId, tuple[CommitId, ...]] = {}
        self.trees: dict[CommitId, dict[MemoryPath, BlobId]] = {}
        self.seconds: dict[CommitId, int] = {}
        self.mask: dict[CommitId, int] = {}
        self.number: dict[CommitId, int] = {}
        self.by_number: list[CommitId] = []
        self._facts: dict[CommitId, CommitFacts] = {}
        self._merges: dict[tuple[CommitId, CommitId, int], CommitId] = {}
        self._stored: dict[tuple[CommitId, Sequence[MemoryPath]], StoredCommit] = {}
        self._levels: dict[CommitId, int] = {}
        self.proposals: dict[CommitId, dict[str, CommitId]] = {}
        self.withholding = 0

    # --- making --------------------------------------------------------------------------------

    def blob(self, content: bytes) -> BlobId:
        made = blob_id(content)
        self.blobs[made] = content
        return made

    def commit(
        self,
        parents: Sequence[CommitId],
        tree: Files,
        message: str,
        author: Identity,
        seconds: int,
        key: Ed25519PrivateKey | None = None,
    ) -> CommitId:
        """A commit as git stores it; signed if there is a key."""
        lines = [f"tree {tree_id(tree)}", *(f"parent {one}" for one in parents)]
        lines += [f"{who} {author.name} <{author.email}> {seconds} +0000" for who in WHO]
        content = ("\n".join(lines) + f"\n\n{message}\n").encode()
        return self.store(signed(content, key) if key else content, parents, tree, seconds)

    def store(
        self, content: bytes, parents: Sequence[CommitId], tree: Files, seconds: int
    ) -> CommitId:
        made = CommitId(hashlib.sha1(b"commit %d\0" % len(content) + content).hexdigest())
        if made not in self.content:
            self.content[made], self.parents[made] = content, tuple(parents)
            self.trees[made], self.seconds[made] = dict(tree), seconds
            self.number[made] = len(self.by_number)
            self.by_number.append(made)
            above = 0
            for parent in parents:
                above |= self.mask[parent]
            self.mask[made] = above | self.bit(made)
        return made

    # --- looking -------------------------------------------------------------------------------

    def bit(self, commit: CommitId) -> int:
        return 1 << self.number[commit]

    def all_of(self, mask: int) -> Iterator[CommitId]:
        """The commits of a mask, the newest first."""
        while mask:
            number = mask.bit_length() - 1
            mask ^= 1 << number
            yield self.by_number[number]

    def leads_to(self, one: CommitId, other: CommitId) -> bool:
        return bool(self.mask[other] & self.bit(one))

    def facts(self, commit: CommitId) -> CommitFacts:
        if commit not in self._facts:
            found = parse_commit(commit, self.content[commit])
            assert found is not None
            self._facts[commit] = found
        return self._facts[commit]

    def texts(self, commit: CommitId) -> dict[str, str]:
        return {path: self.blobs[blob].decode() for path, blob in self.trees[commit].items()}

    def stored(self, commit: CommitId, names: tuple[MemoryPath, ...]) -> StoredCommit:
        """A commit of a chain, with some of the files at its root."""
        found = self._stored.get((commit, names))
        if found is None:
            tree = self.trees[commit]
            files = {name: self.blobs[tree[name]] for name in names if name in tree}
            found = StoredCommit(commit, self.parents[commit], self.content[commit], files)
            self._stored[commit, names] = found
        return found

    # --- CommitGraph ---------------------------------------------------------------------------

    def merge_bases(self, one: CommitId, others: Sequence[CommitId]) -> Sequence[CommitId]:
        theirs = 0
        for other in others:
            theirs |= self.mask[other]
        common, found = self.mask[one] & theirs, []
        while common:
            best = next(self.all_of(common))
            found.append(best)
            common &= ~self.mask[best]
        return found

    def height(self, commits: Sequence[CommitId]) -> int:
        whole = 0
        for commit in commits:
            whole |= self.mask[commit]
        return whole.bit_count()

    def files(self, commit: CommitId) -> Files:
        return self.trees[commit]

    # --- merging -------------------------------------------------------------------------------

    def merge(self, one: CommitId, other: CommitId, version: int = 1) -> CommitId:
        """The commit that two heads give; each version of PACK has its own."""
        pair = (min(one, other), max(one, other))
        key = (*pair, version)
        if key not in self._merges:
            merger = HeadMerger(self, self.blobs.__getitem__, Rules(self))
            found = merger.merge(*pair)
            files = dict(found.files)
            for blob in files.values():
                self.blobs[blob] = merger.read(blob)
            if version > 1:
                files.setdefault(LATER, self.blob(f"# Merged in version {version}\n".encode()))
            seconds = max(self.seconds[parent] for parent in pair)
            request = hashlib.sha256(" ".join(pair).encode()).hexdigest()[:32]
            texts = [text for one in found.withheld if (text := withheld_text(one))]
            trailers = [*(text.trailer() for text in texts), ("Pack-Merge", str(version))]
            message = commit_message("merge", MERGER, request, trailers=trailers)
            made = self._merges[key] = self.commit(pair, files, message, MERGE, seconds)
            for text in texts:
                tree = {**files, text.path: self.blob(text.content)}
                held = self.commit([made], tree, text.message(made), MERGE, seconds)
                self.proposals.setdefault(made, {})[text.id] = held
                self.withholding |= self.bit(made)
        return self._merges[key]

    def merges(self) -> set[CommitId]:
        """The merges that anybody has made."""
        return set(self._merges.values())

    def waiting(self, head: CommitId) -> dict[str, CommitId]:
        """The proposals of all merges that lead to a commit, of each id that of the smallest."""
        found: dict[str, CommitId] = {}
        for merge in sorted(self.all_of(self.mask[head] & self.withholding), reverse=True):
            found |= self.proposals[merge]
        return found

    def level(self, commit: CommitId) -> int:
        """How far the writer of a commit is trusted."""
        if commit not in self._levels:
            self._levels[commit] = written_by(self.facts(commit)).level
        return self._levels[commit]

    def is_merge(self, facts: CommitFacts) -> bool:
        """Whether a commit is what its parents give; computed again."""
        parents = facts.parents
        return len(parents) == 2 and self.merge(*parents) == facts.id


WHO = ("author", "committer")


class Rules(LevelRules):
    """People and machines; a conflict copy that was deleted is done with."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self._world = world

    def changes(
        self, base: Sequence[CommitId], side: Point, path: MemoryPath
    ) -> list[tuple[int, CommitId]]:
        world, old, new = self._world, 0, 0
        for commit in base:
            old |= world.mask[commit]
        for commit in side.commits:
            new |= world.mask[commit]
        return sorted(
            (world.level(one), one)
            for one in world.all_of(new & ~old)
            if len(world.parents[one]) == 1
            and world.trees[world.parents[one][0]].get(path) != world.trees[one].get(path)
        )

    def is_settled(self, path: MemoryPath, blob: BlobId, side: Point, other: Point) -> bool:
        if len(side.commits) > 1 or len(other.commits) > 1:
            return False
        world = self._world
        for commit in world.all_of(world.mask[side.commits[0]] & ~world.mask[other.commits[0]]):
            parents = world.parents[commit]
            was_there = len(parents) == 1 and world.trees[parents[0]].get(path) == blob
            if was_there and path not in world.trees[commit]:
                return True
        return False


def tree_id(tree: Files) -> str:
    said = "".join(f"{path}\0{tree[path]}\0" for path in sorted(tree))
    return hashlib.sha1(said.encode("utf-8", "surrogateescape")).hexdigest()


def at(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
