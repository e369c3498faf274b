"""Which commits changed a file, or all files, as GitHub tells it. The price is in requests.

It is exact but for one case: a file that was changed back to bytes it had before is dated by the
commit that first brought them, where that one is known without a request.

One request for each 30 commits of a single file. For all files one for each 100 commits, and one
for each of them whose tree and whose parent's tree are not known: PACK asks that of no memory on
GitHub (no `Capability.LOG`).

Source: GitHub REST documentation, "List commits", "Get a commit".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pack.catalog.row import is_catalogued
from pack.errors import NotFound
from pack.model import BlobId, CommitId, LastChange, MemoryPath
from pack_connectors.github.cache import GithubCache
from pack_connectors.github.repository import CommitRecord, GithubRepository, is_id
from pack_connectors.github.snapshots import GithubSnapshots

_OF_ONE_FILE: Final = 30
_OF_ALL: Final = 100


class GithubHistory:
    """The log of one repository."""

    def __init__(
        self, repository: GithubRepository, cache: GithubCache, snapshots: GithubSnapshots
    ) -> None:
        self._repository = repository
        self._cache = cache
        self._snapshots = snapshots

    def last_changes(
        self, since: CommitId | None, head: CommitId, path: MemoryPath | None
    ) -> Iterator[LastChange]:
        """See `Connector.last_changes`."""
        if not is_id(head):
            raise NotFound(f"commit {head[:60]!r}")
        if path is None:
            return self._of_all(since, head)
        return self._of_one(since, head, path) if is_catalogued(path) else iter(())

    # --- one file ------------------------------------------------------------------------------

    def _of_one(
        self, since: CommitId | None, head: CommitId, path: MemoryPath
    ) -> Iterator[LastChange]:
        after = {one.id for one in self._log(head, since)} if since else None
        known = self._known(head, path) if after is None else None
        if known is not None:
            yield known
        blob = self._blob(head, path)
        for commit in self._commits(head, path=path, count=_OF_ONE_FILE):
            found = LastChange(path, commit.id, commit.at)
            if blob is not None:
                self._cache.keep_changes([(found, blob)])
                blob = None
            if found != known and (after is None or commit.id in after):
                yield found

    def _blob(self, commit: CommitId, path: MemoryPath) -> BlobId | None:
        """The blob of a file in a commit, if its tree is at hand."""
        tree = self._snapshots.known(commit)
        item = tree.file(path) if tree else None
        return BlobId(item.sha) if item else None

    def _known(self, head: CommitId, path: MemoryPath) -> LastChange | None:
        """The last change of a file, if its bytes are those that a known commit brought."""
        blob = self._blob(head, path)
        return self._cache.change(path, blob) if blob else None

    # --- all files -----------------------------------------------------------------------------

    def _of_all(self, since: CommitId | None, head: CommitId) -> Iterator[LastChange]:
        for commit in self._log(head, since):
            for path in sorted(self._paths(commit)):
                if is_catalogued(path):
                    yield LastChange(MemoryPath(path), commit.id, commit.at)

    def _log(self, head: CommitId, since: CommitId | None) -> Iterator[CommitRecord]:
        """The commits that lead to `head`, without those that lead to `since`; newest first."""
        found = self._commits(head, count=_OF_ALL)
        if since is None or not is_id(since):
            return found
        old: set[str] = set()
        newer, is_met = [], False
        for commit in found:
            if commit.id == since:
                is_met = True
                old.update(commit.parents)
            elif commit.id in old:
                old.update(commit.parents)
            else:
                newer.append(commit)
            if is_met and not _is_open(newer, since, old):
                break
        return iter(newer)

    def _paths(self, commit: CommitRecord) -> set[str]:
        """The files that a commit changed against all of its parents."""
        known = self._snapshots.known(commit.id)
        before = [self._snapshots.known(CommitId(parent)) for parent in commit.parents]
        if len(before) == 1 and (known is None or before[0] is None):
            return set(self._repository.commit_files(commit.id))
        tree = known or self._snapshots.at(commit.id)
        if not before:
            return {path for path, _ in _files(tree.files())}
        changed = [
            {str(path) for path, _ in self._snapshots.at(CommitId(parent)).differences(tree)}
            for parent in commit.parents
        ]
        return set.intersection(*changed)

    def _commits(
        self, head: CommitId, *, count: int, path: MemoryPath | None = None
    ) -> Iterator[CommitRecord]:
        page = 1
        while True:
            answer, rows = self._repository.commits(start=head, count=count, path=path, page=page)
            if answer.status != 200:
                raise NotFound(f"commit {head}")
            yield from rows
            if len(rows) < count or 'rel="next"' not in answer.headers.get("link", ""):
                return
            page += 1


def _is_open(newer: list[CommitRecord], since: CommitId, old: set[str]) -> bool:
    """Whether a newer commit has a parent that is neither newer itself nor old."""
    ids = {one.id for one in newer}
    return any(p != since and p not in ids and p not in old for one in newer for p in one.parents)


def _files(found: dict[MemoryPath, BlobId]) -> list[tuple[str, BlobId]]:
    return [(str(path), blob) for path, blob in found.items()]
