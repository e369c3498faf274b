"""The history of upstream, each part of it read once in a run: many downstreams need the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Final

from pack.distribution.content.selection import select
from pack.distribution.ports import UpstreamHistory
from pack.distribution.values import Release, Rule
from pack.errors import NotFound
from pack.model import BlobId, CommitId, MemoryPath

_REMEMBERED_ENTRIES: Final = 2_000_000


class RememberedUpstream:
    """An `UpstreamHistory` that remembers its answers."""

    def __init__(self, upstream: UpstreamHistory) -> None:
        self._upstream = upstream
        self._named: dict[str, Release] = {}
        self._files: dict[CommitId, Mapping[MemoryPath, BlobId]] = {}
        self._contents: dict[BlobId, bytes] = {}
        self._changes: dict[tuple[CommitId, str], Sequence[CommitId]] = {}
        self._entries = 0

    @cached_property
    def _releases(self) -> Sequence[Release]:
        return self._upstream.releases()

    def releases(self) -> Sequence[Release]:
        """See `UpstreamHistory.releases`."""
        return self._releases

    @property
    def versions(self) -> list[str]:
        """The versions of all releases, the newest first."""
        return [one.version for one in self._releases]

    def at(self, ref: str) -> Release:
        """See `UpstreamHistory.at`."""
        if ref not in self._named:
            self._named[ref] = self._upstream.at(ref)
        return self._named[ref]

    def files(self, commit: CommitId) -> Mapping[MemoryPath, BlobId]:
        """See `UpstreamHistory.files`."""
        if commit in self._files:
            return self._files[commit]
        found = self._upstream.files(commit)
        self._entries += len(found)
        if self._entries <= _REMEMBERED_ENTRIES:
            self._files[commit] = found
        return found

    def changes(self, commit: CommitId, folder: str) -> Iterator[CommitId]:
        """See `UpstreamHistory.changes`."""
        key = (commit, folder)
        if key not in self._changes:
            self._changes[key] = [*self._upstream.changes(commit, folder)]
        return iter(self._changes[key])

    def read_blobs(self, blobs: Iterable[BlobId]) -> Iterator[tuple[BlobId, bytes]]:
        """See `UpstreamHistory.read_blobs`."""
        wanted = list(blobs)
        lacking = [blob for blob in dict.fromkeys(wanted) if blob not in self._contents]
        if lacking:
            self._contents.update(self._upstream.read_blobs(lacking))
        return iter([(blob, self._contents[blob]) for blob in wanted])

    def permalink(self, release: Release, path: MemoryPath) -> str:
        """See `UpstreamHistory.permalink`."""
        return self._upstream.permalink(release, path)

    def has(self, commit: CommitId) -> bool:
        """Whether a commit is one of this memory, which others' and rewritten ones are not."""
        try:
            return self.at(commit).commit == commit
        except NotFound:
            return False

    def read(self, commit: CommitId, path: MemoryPath) -> bytes | None:
        """The bytes of a file in a commit; `None` where there is none."""
        blob = self.files(commit).get(path)
        return dict(self.read_blobs([blob]))[blob] if blob is not None else None

    def sources(self, rule: Rule, commit: CommitId) -> Mapping[MemoryPath, BlobId]:
        """The files that a rule names in a commit, with their blobs."""
        files = self.files(commit)
        return {path: files[path] for path in select(rule, files).paths}
