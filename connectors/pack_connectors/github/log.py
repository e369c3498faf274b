"""The log of a repository on GitHub, and what PACK reads from it: last changes and lineages.

The price is in requests: one for each hundred commits (thirty of a single file). `Memory` asks for
the last change of single files only, and for lineages that end at a commit it knows; what a commit
changed among all files is told by trees, one request for each that is not known yet, which is why
this connector does not claim `Capability.LOG`.

The last change of a file is exact but for one case: a file that got back bytes it had before is
dated by the commit that first brought them, if that one is known without a request.

Source: GitHub REST documentation, "List commits".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import chain, islice, takewhile
from typing import Final

from pack.catalog.row import is_catalogued
from pack.errors import NotFound
from pack.log import CommitFacts, FileChange, Lineage, LogQuery, compare_trees
from pack.model import BlobId, CommitId, LastChange, MemoryPath
from pack_connectors.github.cache import GithubCache
from pack_connectors.github.repository import CommitRecord, GithubRepository, is_id
from pack_connectors.github.snapshots import GithubSnapshots
from pack_connectors.github.trees import Tree

_PAGE: Final = 100
_PAGE_OF_ONE_FILE: Final = 30


class GithubLog:
    """The log of one repository."""

    def __init__(
        self, repository: GithubRepository, cache: GithubCache, snapshots: GithubSnapshots
    ) -> None:
        self._repository = repository
        self._cache = cache
        self._snapshots = snapshots

    def commits(
        self, head: CommitId, path: MemoryPath | None = None, made_from: datetime | None = None
    ) -> Iterator[CommitRecord]:
        """The commits that lead to `head`, newest first, page by page.

        Args:
            head: Where to begin.
            path: Only those that changed this file.
            made_from: Only those made at this moment or later.

        Raises:
            NotFound: There is no such commit.
        """
        if not is_id(head):
            raise NotFound(f"commit {head[:60]!r}")
        count, page, has_more = _PAGE_OF_ONE_FILE if path else _PAGE, 1, True
        while has_more:
            answer, rows = self._repository.commits(
                start=head, count=count, path=path, page=page, made_from=made_from
            )
            if answer.status != 200:
                raise NotFound(f"commit {head}")
            yield from rows
            has_more = len(rows) == count and 'rel="next"' in answer.headers.get("link", "")
            page += 1

    def _older(self, since: CommitId | None, head: CommitId) -> set[str]:
        """`since` and the commits that lead to it; none unless it leads to `head`."""
        if since is None or all(one.id != since for one in self.commits(head)):
            return set()
        return {one.id for one in self.commits(since)}

    # --- the log -------------------------------------------------------------------------------

    def log(self, query: LogQuery) -> Iterator[CommitFacts]:
        """See `Connector.log`; of a file's log, GitHub leaves out sides that a merge did not take.

        An earliest time is GitHub's own matter, which spares requests: where clocks disagree, it
        may leave out what is in time.
        """
        for record in query.part(self._wanted(query)):
            parents = record.parents[:1] if query.first_parent else record.parents
            files = query.shown_files(self._files(record, parents)) if query.with_files else None
            yield replace(_facts(record), files=files)

    def _wanted(self, query: LogQuery) -> Iterator[CommitRecord]:
        if query.first_parent:
            wanted = self._newer(self._first_parents(query.head), query)
            if query.path is not None:
                wanted = (one for one in wanted if query.path in self._changed(one))
        else:
            wanted = self._newer(self.commits(query.head, query.path, query.made_from), query)
        return (one for one in wanted if query.is_in_time(one.at))

    def _newer(self, found: Iterator[CommitRecord], query: LogQuery) -> Iterator[CommitRecord]:
        """Those that are not in the history of `query.since`."""
        if query.since is None:
            yield from found
            return
        read, follows = [], query.head
        if query.path is None and query.made_from is None:
            # On a line without merges, `since` ends it: the log of `since` need not be read.
            for record in found:
                if record.id == query.since and record.id == follows:
                    return
                read.append(record)
                if record.id != follows or len(record.parents) != 1:
                    break
                yield read.pop()
                follows = CommitId(record.parents[0])
        older = {one.id for one in self.commits(query.since)}
        yield from (one for one in chain(read, found) if one.id not in older)

    def find_commits(self, beginning: str, head: CommitId) -> list[CommitId]:
        """See `Connector.find_commits`; a whole id is found as soon as it comes."""
        found = (one.id for one in self.commits(head) if one.id.startswith(beginning))
        return sorted(islice(found, 1) if is_id(beginning) else found)

    def _first_parents(self, head: CommitId) -> Iterator[CommitRecord]:
        """The line of first parents, newest first; only as much of the log is read as it takes."""
        # A parent may come before its child in the log, where clocks disagree.
        log, records = self.commits(head), dict[str, CommitRecord]()
        wanted: str | None = head
        while wanted is not None:
            while wanted not in records and (record := next(log, None)):
                records[record.id] = record
            if wanted not in records:
                return  # the log ends before its own parents: a shallow one
            yield records[wanted]
            wanted = next(iter(records[wanted].parents), None)

    def _files(self, commit: CommitRecord, parents: Sequence[str]) -> tuple[FileChange, ...]:
        """What a commit changed against all of these parents, with moves of unchanged bytes."""
        after = self._snapshots.at(commit.id).files()
        before = self._snapshots.at(CommitId(parents[0])).files() if parents else {}
        changes = compare_trees(before, after)
        if len(parents) < 2:
            return changes
        changed = self._changed(commit)
        others = [self._snapshots.at(CommitId(parent)) for parent in commit.parents[1:]]
        return tuple(
            replace(change, old_shas=(change.old_sha, *_blobs(others, change.path)))
            for change in changes
            if change.path in changed
        )

    # --- last changes --------------------------------------------------------------------------

    def last_changes(
        self, since: CommitId | None, head: CommitId, path: MemoryPath | None
    ) -> Iterator[LastChange]:
        """See `Connector.last_changes`."""
        if not is_id(head):
            raise NotFound(f"commit {head[:60]!r}")
        if path is None:
            return self._of_all(since, head)
        return self._of_one(since, head, path) if is_catalogued(path) else iter(())

    def _of_all(self, since: CommitId | None, head: CommitId) -> Iterator[LastChange]:
        old = self._older(since, head)
        for commit in self.commits(head):
            if commit.id not in old:
                for path in sorted(filter(is_catalogued, self._changed(commit))):
                    yield LastChange(path, commit.id, commit.at)

    def _changed(self, commit: CommitRecord) -> set[MemoryPath]:
        """The files that a commit changed against all of its parents."""
        tree = self._snapshots.at(commit.id)
        if not commit.parents:
            return set(tree.files())
        before = [self._snapshots.at(CommitId(parent)) for parent in commit.parents]
        return set.intersection(*({path for path, _ in one.differences(tree)} for one in before))

    def _of_one(
        self, since: CommitId | None, head: CommitId, path: MemoryPath
    ) -> Iterator[LastChange]:
        old = self._older(since, head)
        blob = self._known_blob(head, path)
        known = self._cache.change(path, blob) if blob and not since else None
        if known is not None:
            yield known
        for commit in self.commits(head, path):
            found = LastChange(path, commit.id, commit.at)
            if blob is not None:
                self._cache.keep_changes([(found, blob)])
                blob = None
            if found != known and commit.id not in old:
                yield found

    def _known_blob(self, commit: CommitId, path: MemoryPath) -> BlobId | None:
        """The blob of a file in a commit, if its tree is known."""
        tree = self._snapshots.known(commit)
        item = tree.file(path) if tree else None
        return BlobId(item.sha) if item else None

    # --- lineage -------------------------------------------------------------------------------

    def lineage(self, since: CommitId | None, head: CommitId) -> Lineage | None:
        """See `Connector.lineage`.

        If `since` is not on the line of first parents, both logs are read to their ends: that
        happens only after a merge or a rewritten history, and nothing else is exact.
        """
        if since == head:
            return _lineage([])
        line = []
        for record in self._first_parents(head):
            line.append(record)
            if since in record.parents[:1]:
                return _lineage(line)
        if since is None:
            return _lineage(line)
        try:
            older = {one.id for one in self.commits(since)}
        except NotFound:
            return None
        newer = list(takewhile(lambda one: one.id not in older, line))
        is_rewritten = all(one.id != since for one in self.commits(head))
        return _lineage(newer, is_rewritten=is_rewritten)


def _blobs(trees: Iterable[Tree], path: MemoryPath) -> Iterator[BlobId | None]:
    """The blob of a file in each of these trees."""
    for tree in trees:
        item = tree.file(path)
        yield BlobId(item.sha) if item else None


def _lineage(newest_first: list[CommitRecord], *, is_rewritten: bool = False) -> Lineage:
    return Lineage(tuple(map(_facts, reversed(newest_first))), is_rewritten)


def _facts(record: CommitRecord) -> CommitFacts:
    return CommitFacts(
        record.id,
        tuple(map(CommitId, record.parents)),
        record.message,
        record.at,
        record.url,
        record.author,
        record.authored_at,
    )
