"""Merges of heads: what the commit holds and says, and whether a commit is such a merge.

The commit is a function of its parents (`pack.merge.heads`), so its message names no remote, no
request and no time of its own. Whoever gets one can compute it again instead of believing it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Final

from pack.connector import Connector
from pack.core.core import Core
from pack.core.events import MemoryEvent, MemoryEventKind
from pack.log import CommitFacts, LogQuery
from pack.merge.heads import MERGE_VERSION, HeadMerger
from pack.merge.moves import Tree
from pack.merge.tree import MergeConflict
from pack.model import (
    ABSENT,
    BlobId,
    Change,
    CommitId,
    Delete,
    EntryType,
    Identity,
    MemoryPath,
    Put,
    blob_id,
)
from pack.paths import INDEX
from pack.proposals.withheld import WithheldText, withheld_text
from pack.provenance import MERGER, commit_message
from pack.remote.merge_store import MergeCommit, MergeStore
from pack.use_cases.merged_index import index_of, without_index

IDENTITY: Final = Identity("PACK merge", "merge@pack.invalid")
MERGE_TRAILER: Final = "Pack-Merge"
_TRAILER: Final = re.compile(rf"^{MERGE_TRAILER}: (.*)$", re.MULTILINE)
_NAMED_PATHS: Final = 100
_REQUEST: Final = 32


class MergeVerdict(StrEnum):
    """What a commit is that may be a merge of PACK's."""

    NONE = "none"
    """It does not say that it is one."""
    TRUE = "true"
    """It is the merge of its parents."""
    FALSE = "false"
    """It says that it is, and is another."""
    UNKNOWN = "unknown"
    """It is of a version that this PACK does not know: a text of whoever made it."""


@dataclass(frozen=True, slots=True)
class PlannedMerge:
    """A merge of two heads.

    Attributes:
        commit: The commit, apart from its tree.
        files: All files of the merge.
        conflicts: What a person should look at.
        made: The bytes of the files that are in no commit yet, by blob.
        withheld: What waits for the person, each once.
    """

    commit: MergeCommit
    files: Tree
    conflicts: tuple[MergeConflict, ...]
    made: Mapping[BlobId, bytes]
    withheld: tuple[WithheldText, ...] = ()


class Merging:
    """Plans merges of heads of one memory.

    Args:
        core: The memory.
        store: Knows the commits.
    """

    def __init__(self, core: Core, store: MergeStore) -> None:
        self._core = core
        self._store = store
        self._last: PlannedMerge | None = None

    def plan(self, one: CommitId, other: CommitId) -> PlannedMerge:
        """The merge of two commits; the same whichever is named first.

        Raises:
            ConnectorError: The store cannot be read.
        """
        parents = (min(one, other), max(one, other))
        if self._last is None or self._last.commit.parents != parents:
            self._last = self._planned(parents)
        return self._last

    def _planned(self, parents: tuple[CommitId, CommitId]) -> PlannedMerge:
        graph, is_whole = _Graph(self._core.connector, self._store), self._store.is_whole()
        merger = HeadMerger(graph, self._read, self._core.merge_rules(), withholds=is_whole)
        merged = merger.merge(*parents)
        files = without_index(merged.files, merger.read)
        index = index_of(self._core, files, merged, merger.read)
        texts = filter(None, map(withheld_text, merged.withheld))
        withheld = tuple({text.id: text for text in texts}.values())
        first = without_index(graph.files(parents[0]), merger.read)
        paths = sorted(path for path in files | first if files.get(path) != first.get(path))
        told = [*(event.trailer() for event in _events(merged.conflicts))]
        told += [text.trailer() for text in withheld]
        message = _message(parents, paths, told, is_whole)
        at = max(self._facts(parent).at for parent in parents)
        seconds = max(0, int(at.timestamp()))
        whole = files | {path: blob_id(content) for path, content in index.items()}
        made = {blob_id(content): content for content in index.values()}
        known = {blob for parent in parents for blob in graph.files(parent).values()}
        made |= {blob: merger.read(blob) for blob in {*files.values()} - known}
        commit = MergeCommit(parents, merged.base, message, IDENTITY, seconds)
        return PlannedMerge(commit, whole, merged.conflicts, made, withheld)

    def changes(self, planned: PlannedMerge, commit: CommitId) -> list[Change]:
        """How the files of a merge differ from those of a commit; what goes, goes first.

        So a name is free where another file takes it on a file system that ignores case.
        """
        before = files_of(self._core.connector, commit)
        changes: list[Change] = []
        for path in sorted(planned.files.keys() | before.keys()):
            old, new = before.get(path), planned.files.get(path)
            if new is None and old is not None:
                changes.append(Delete(path, old))
            elif new is not None and new != old:
                made = planned.made.get(new)
                content = made if made is not None else self._read(new)
                changes.append(Put(path, content, old if old is not None else ABSENT))
        return sorted(changes, key=lambda change: isinstance(change, Put))

    def verdict(self, commit: CommitId) -> MergeVerdict:
        """Whether a commit that says so is the merge of its parents.

        Raises:
            NotFound: There is no such commit, or not all of what it was made of is here.
            ConnectorError: The store cannot be read.
        """
        facts = self._facts(commit)
        version = merge_version(facts)
        if version is None:
            return MergeVerdict.NONE
        if version != str(MERGE_VERSION):
            return MergeVerdict.UNKNOWN
        return MergeVerdict.TRUE if self.plan_of(facts) is not None else MergeVerdict.FALSE

    def plan_of(self, commit: CommitFacts) -> PlannedMerge | None:
        """What a commit is made of that is the merge of its parents; `None` for any other.

        Raises:
            NotFound: Not all of what it was made of is here.
            ConnectorError: The store cannot be read.
        """
        is_pair = len(commit.parents) == 2 and commit.parents[0] < commit.parents[1]
        if not is_pair or merge_version(commit) != str(MERGE_VERSION):
            return None
        planned = self.plan(*commit.parents)
        changes = self.changes(planned, commit.parents[0])
        return planned if self._store.is_made(commit.id, planned.commit, changes) else None

    def _facts(self, commit: CommitId) -> CommitFacts:
        (facts,) = self._core.connector.log(LogQuery(commit, limit=1))
        return facts

    def _read(self, blob: BlobId) -> bytes:
        ((_, content),) = self._core.connector.read_blobs([blob])
        return content


def merge_version(commit: CommitFacts) -> str | None:
    """Of what version a commit says that it is a merge; `None` if it does not say so."""
    found = _TRAILER.findall(commit.message.strip().rpartition("\n\n")[2])
    return found[-1].strip() if found else None


def files_of(connector: Connector, commit: CommitId) -> dict[MemoryPath, BlobId]:
    """The files of a commit."""
    entries = connector.get_tree(commit)
    return {entry.path: entry.sha for entry in entries if entry.type is EntryType.FILE}


class _Graph:
    """The commits of a memory, as `MergeGraph`; each is read once."""

    def __init__(self, connector: Connector, store: MergeStore) -> None:
        self._connector = connector
        self._store = store
        self._files: dict[CommitId, Tree] = {}

    def merge_bases(self, one: CommitId, others: Sequence[CommitId]) -> Sequence[CommitId]:
        """See `MergeGraph.merge_bases`."""
        return self._store.merge_bases(one, others)

    def height(self, commits: Sequence[CommitId]) -> int:
        """See `MergeGraph.height`."""
        return self._store.height(commits)

    def files(self, commit: CommitId) -> Tree:
        """See `MergeGraph.files`."""
        if commit not in self._files:
            self._files[commit] = files_of(self._connector, commit)
        return self._files[commit]


def _message(
    parents: Sequence[CommitId],
    paths: Sequence[str],
    told: Sequence[tuple[str, str]],
    is_whole: bool,
) -> str:
    """The message of a merge that brings these files to its first parent.

    Where part of the history is missing, another machine may come to another merge. So the commit
    does not say that anybody would come to this one.
    """
    first = paths[0] if paths else INDEX
    more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
    named = [*paths[1:_NAMED_PATHS]]
    if len(paths) > _NAMED_PATHS:
        named.append(f"… {len(paths) - _NAMED_PATHS} more")
    request = sha256(" ".join(parents).encode("ascii")).hexdigest()[:_REQUEST]
    trailers = [*told]
    if is_whole:
        trailers.append((MERGE_TRAILER, str(MERGE_VERSION)))
    subject = f"{first}: merge both sides{more}"
    return commit_message(subject, MERGER, request, paths=named, trailers=trailers)


def _events(conflicts: Sequence[MergeConflict]) -> Iterator[MemoryEvent]:
    """What the log of events tells of a merge."""
    for one in conflicts:
        if one.kind is not None:
            yield MemoryEvent(MemoryEventKind(one.kind), one.path, one.kept, one.discarded)
