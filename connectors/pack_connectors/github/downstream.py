"""A downstream on GitHub, without a clone.

A commit is made by the Git Data API with a date of its own, so that it is the one that git makes
of the same values anywhere; one that a branch has already is known by its id, and is not made
again.

Source: GitHub REST documentation, "Git database", "Commits", "Repositories".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from threading import Lock
from typing import Any, Final

from pack.distribution.ports import DownstreamCommit, DownstreamEntry, WantedCommit
from pack.errors import ConnectorError, NotFound, RefusedForSafety, StaleBase
from pack.model import (
    ABSENT,
    BlobId,
    Change,
    CommitId,
    Delete,
    MemoryPath,
    Put,
    object_id,
)
from pack_connectors.downstream_edits import DownstreamEdits, check_edits
from pack_connectors.github.address import parse_place
from pack_connectors.github.blobs import GithubBlobs
from pack_connectors.github.branches import GithubBranches
from pack_connectors.github.cache import GithubCache
from pack_connectors.github.commit.draft import CommitDraft, LookBack
from pack_connectors.github.commit.git_data import GitDataWriter
from pack_connectors.github.commit.method import GithubMethod
from pack_connectors.github.head import GithubHead
from pack_connectors.github.http import Request
from pack_connectors.github.pulls import GithubPullRequests
from pack_connectors.github.repository import CommitRecord, GithubRepository, is_id
from pack_connectors.github.session import GithubSession
from pack_connectors.github.snapshots import GithubSnapshots
from pack_connectors.github.trees import Tree

_FEW: Final = 10
"""Files that are read by a request each; of more, many come with the archive or one query."""
_PAGE: Final = 100


class GithubDownstream:
    """A repository on GitHub that gets files; see `Downstream`. May be used from any thread.

    What is asked about branches is answered as it was at the first question, and with what was done
    to them since, until one proves to be elsewhere.

    Args:
        session: Sends the requests; several downstreams may share it.
        owner: User or organisation.
        name: Name of the repository.

    Raises:
        InvalidConfig: No repository can have such a name.
    """

    def __init__(self, session: GithubSession, owner: str, name: str) -> None:
        self._place = parse_place(session.host.rest, owner, name)
        self._session = session
        self._repository = GithubRepository(session, self._place)
        self._cache = GithubCache(None, session.clock)
        self._current = head = GithubHead(self._repository, None, self._cache)
        self._snapshots = GithubSnapshots(self._repository, self._cache)
        method = GithubMethod(session, self._cache, session.clock, None)
        self._blobs = GithubBlobs(
            self._repository, self._cache, head, self._snapshots, method, by_queries=_FEW
        )
        self._writer = GitDataWriter(self._repository, head, LookBack(self._repository, head))
        self._branches = GithubBranches(self._repository)
        self._pulls = GithubPullRequests(self._repository, self._about)
        self._lock = Lock()
        self._facts: Mapping[str, Any] | None = None
        self._head: CommitId | None = None
        self._records: dict[CommitId, CommitRecord] = {}
        self._listed: dict[str, dict[str, CommitId]] = {}

    def close(self) -> None:
        """Forget what was read; the session stays open."""
        self._cache.close()

    @property
    def address(self) -> str:
        """See `Downstream.address`: `OWNER/REPO`."""
        return self._place.full_name

    @property
    def pull_requests(self) -> GithubPullRequests:
        """See `Downstream.pull_requests`."""
        return self._pulls

    # --- reading -------------------------------------------------------------------------------

    def default_branch(self) -> tuple[str, CommitId | None]:
        """See `Downstream.default_branch`; two requests, the first time."""
        name = str(self._about()["default_branch"])
        with self._lock:
            if self._head is None:
                record = self._current.current()
                if record is not None:
                    self._head, self._records[record.id] = record.id, record
            return name, self._head

    def _about(self) -> Mapping[str, Any]:
        with self._lock:
            if self._facts is None:
                answer, body = self._session.read_json(Request("GET", self._place.path))
                if answer.status == 404:
                    raise NotFound(
                        f"a repository {self.address} on GitHub that the token may see",
                        "Check the name, and that the token has access to this repository.",
                    )
                if answer.status != 200:
                    raise self._repository.refused(answer)
                if not isinstance(body, dict) or not isinstance(body.get("default_branch"), str):
                    raise ConnectorError("GitHub's answer makes no sense: it is no repository")
                self._facts = body
            return self._facts

    def branches(self, prefix: str) -> Mapping[str, CommitId]:
        """See `Downstream.branches`."""
        self._about()
        with self._lock:
            known = next((one for one in self._listed if prefix.startswith(one)), None)
            if known is None:
                known, self._listed[prefix] = prefix, self._branches.matching(prefix)
            heads = self._listed[known].items()
            return {name: head for name, head in heads if name.startswith(prefix)}

    def _note(self, name: str, head: CommitId | None) -> None:
        """Remember what became of a branch."""
        with self._lock:
            for prefix, heads in self._listed.items():
                if name.startswith(prefix):
                    heads.pop(name, None)
                    heads.update({name: head} if head else {})

    def files(self, commit: CommitId) -> Mapping[str, DownstreamEntry]:
        """See `Downstream.files`."""
        return _entries(self._snapshots.at(commit))

    def read_blobs(self, blobs: Iterable[BlobId]) -> Iterator[tuple[BlobId, bytes]]:
        """See `Downstream.read_blobs`."""
        wanted = list(blobs)
        if len(set(wanted)) > _FEW:
            yield from self._blobs.read_many(wanted)
            return
        for blob in wanted:
            yield blob, self._blobs.read(blob)

    def log(self, head: CommitId, until: CommitId | None = None) -> Iterator[DownstreamCommit]:
        """See `Downstream.log`; a request for each hundred commits."""
        if head == until:
            return
        found = self._since(head, until) if until is not None else None
        for record in found if found is not None else self._history(head):
            self._records[record.id] = record
            yield _described(record)

    def _history(self, head: CommitId) -> Iterator[CommitRecord]:
        page, has_more = 1, True
        while has_more:
            answer, rows = self._repository.commits(start=head, count=_PAGE, page=page)
            if answer.status != 200:
                raise NotFound(f"commit {head[:60]}")
            yield from rows
            has_more = 'rel="next"' in answer.headers.get("link", "")
            page += 1

    def _since(self, head: CommitId, until: CommitId) -> list[CommitRecord] | None:
        """Those that are not in the history of another one; `None` if they have none in common."""
        found: list[CommitRecord] = []
        page, has_more = 1, True
        while has_more:
            answer, rows = self._repository.compared(until, head, page)
            if answer.status != 200:
                return None
            found += rows
            has_more = 'rel="next"' in answer.headers.get("link", "")
            page += 1
        return found[::-1]

    # --- writing -------------------------------------------------------------------------------

    def commit(self, wanted: WantedCommit) -> CommitId:
        """See `Downstream.commit`: two requests, and one for each file that is not UTF-8.

        Raises:
            InvalidPath, RefusedForSafety: As `check_edits`; or the repository has no commit yet.
        """
        if wanted.parent is None:
            raise RefusedForSafety(
                f"{self.address} has no commit yet, so nothing can be offered to it",
                "Make its first commit there, such as a README.",
            )
        before = self._snapshots.at(wanted.parent)
        edits = check_edits(_entries(before), wanted)
        changes = list(_changes(before, edits))
        after = before.changed(changes)
        expected = _commit_id(wanted, after.id())
        if any(expected in heads.values() for heads in self._listed.values()):
            return expected
        base = self._record(wanted.parent)
        draft = CommitDraft(
            base, changes, wanted.message, wanted.identity, before, after, at=wanted.at
        )
        made = self._writer.make(draft)
        self._snapshots.keep(made.id, after)
        self._records[made.id] = made
        return made.id

    def _record(self, commit: CommitId) -> CommitRecord:
        if commit not in self._records:
            answer, rows = self._repository.commits(start=commit, count=1)
            if answer.status != 200 or not rows:
                raise NotFound(f"commit {commit[:60]}")
            self._records[commit] = rows[0]
        return self._records[commit]

    def move_branch(self, name: str, commit: CommitId, expected: CommitId | None) -> None:
        """See `Downstream.move_branch`."""
        if not is_id(commit):
            raise NotFound(f"commit {commit[:60]!r}")
        known = self._records.get(commit)
        is_forward = known is not None and expected in known.parents
        with self._looking_again():
            self._branches.swap(name, commit, expected, is_forward=is_forward)
        self._note(name, commit)

    def delete_branch(self, name: str, expected: CommitId) -> None:
        """See `Downstream.delete_branch`."""
        with self._looking_again():
            self._branches.delete(name, expected)
        self._note(name, None)

    @contextmanager
    def _looking_again(self) -> Iterator[None]:
        """Forget where branches are if one proves to be elsewhere."""
        try:
            yield
        except StaleBase:
            with self._lock:
                self._listed.clear()
                self._head = None
            raise


def _entries(tree: Tree) -> Mapping[str, DownstreamEntry]:
    return {path: DownstreamEntry(item.mode, BlobId(item.sha)) for path, item in tree.items.items()}


def _changes(before: Tree, edits: DownstreamEdits) -> Iterator[Change]:
    """What is different from what is there."""
    for path in edits.removes:
        yield Delete(MemoryPath(path), BlobId(before.items[path].sha))
    for path, content in edits.writes.items():
        found = before.items.get(path)
        yield Put(MemoryPath(path), content, BlobId(found.sha) if found else ABSENT)


def _commit_id(wanted: WantedCommit, tree: str) -> CommitId:
    """The id that the commit will have."""
    who = f"{wanted.identity.name} <{wanted.identity.email}> {int(wanted.at.timestamp())} +0000"
    parents = [f"parent {wanted.parent}"] if wanted.parent else []
    head = [f"tree {tree}", *parents, f"author {who}", f"committer {who}"]
    data = "\n".join([*head, "", wanted.message])
    return CommitId(object_id("commit", data.encode()))


def _described(record: CommitRecord) -> DownstreamCommit:
    if record.author is None or record.committer is None:
        raise ConnectorError("GitHub's answer makes no sense: a commit lacks a member")
    return DownstreamCommit(
        record.id,
        tuple(map(CommitId, record.parents)),
        record.tree,
        record.message,
        record.author,
        record.committer,
        record.at,
    )
