"""The GitHub connector: a memory in a repository on GitHub, without a clone.

Readers see the current commit of the branch, which is asked for conditionally, once in a view.
Trees and blobs have ids, so each is fetched once and kept (`cache`). A write is one commit, made on
the commit it was decided on or not at all.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import httpx

from pack.catalog.row import is_catalogued
from pack.connector import Capability
from pack.errors import (
    ConnectorError,
    InvalidRequest,
    LimitExceeded,
    NotFound,
    PreconditionFailed,
    RepositoryBusy,
    StaleBase,
)
from pack.limits import MAX_FILE_BYTES
from pack.log import CommitFacts, Lineage, LogQuery
from pack.model import (
    BlobId,
    Change,
    Commit,
    CommitId,
    Contents,
    Delete,
    Entry,
    Expectation,
    Identity,
    LastChange,
    MemoryPath,
    Put,
    blob_id,
)
from pack.rules.exclusion import CommittedRules, Exclusion
from pack_connectors.github.address import GITHUB_API, RepositoryPlace, check_branch, parse_place
from pack_connectors.github.aside import GithubSideRefs
from pack_connectors.github.blobs import GithubBlobs
from pack_connectors.github.cache import MAX_BYTES, GithubCache
from pack_connectors.github.commit.draft import CommitDraft, LookBack
from pack_connectors.github.commit.first_commit import FirstCommit
from pack_connectors.github.commit.git_data import GitDataWriter
from pack_connectors.github.commit.graphql import GraphqlWriter, is_expressible
from pack_connectors.github.commit.method import GithubMethod, WriteMethod
from pack_connectors.github.head import GithubHead
from pack_connectors.github.log import GithubLog
from pack_connectors.github.repository import CommitRecord, GithubRepository
from pack_connectors.github.session import TIMEOUT_SECONDS, WAIT_SECONDS, GithubSession
from pack_connectors.github.snapshots import GithubSnapshots
from pack_connectors.github.trees import EMPTY, Tree
from pack_connectors.github.writer_lock import WriterLock
from pack_connectors.preconditions import check_aside, check_path, check_side_ref, check_write
from pack_connectors.system.retry import Announce, announce_nothing

_LOCK_SECONDS: Final = 60.0
_STALE_RETRIES: Final = 20


class GitHub:
    """A memory on one branch of a repository on GitHub.

    Args:
        owner: User or organisation.
        repo: Name of the repository.
        token: Returns the token; called for each request, so that it is kept nowhere.
        clock: Tells the time.
        api_url: Base of the REST API: github.com's, or `https://HOST/api/v3`.
        branch: Its name; `None` for the default branch.
        cache_dir: Folder for what is kept between two runs, for any number of repositories; `None`
            to keep it in this process only.
        cache_bytes: How much space the contents kept there may take.
        method: How commits are made; `None` to find out what the server supports.
        waiting: Called before each wait for a rate limit.
        most_wait: Seconds that one request may wait for limits in total.
        sleep: Waits; `None` for a wait that `close` ends.
        transport: Carries the requests; `None` for the network.
        timeout: Seconds that a connection, or one piece of an answer, may take.
        lock_seconds: How long a writer waits for another PACK process.

    Raises:
        InvalidConfig: A name or the address cannot be used.
    """

    def __init__(
        self,
        owner: str,
        repo: str,
        token: Callable[[], str],
        clock: Callable[[], datetime],
        *,
        api_url: str = GITHUB_API,
        branch: str | None = None,
        cache_dir: Path | None = None,
        cache_bytes: int = MAX_BYTES,
        method: WriteMethod | None = None,
        waiting: Announce = announce_nothing,
        most_wait: float = WAIT_SECONDS,
        sleep: Callable[[float], None] | None = None,
        transport: httpx.BaseTransport | None = None,
        timeout: float = TIMEOUT_SECONDS,
        lock_seconds: float = _LOCK_SECONDS,
    ) -> None:
        self.place = parse_place(api_url, owner, repo)
        self._branch = check_branch(branch) if branch is not None else None
        # A commit made by GraphQL names the account of the token, whatever author is wanted.
        fixed = method is WriteMethod.GIT_DATA
        self.capabilities = frozenset({Capability.AUTHOR} if fixed else ())
        self._clock = clock
        file = _cache_file(cache_dir, self.place)
        self._writer_lock = WriterLock(file and file.with_suffix(".lock"), lock_seconds)
        self._session = GithubSession(
            api_url,
            token,
            clock=clock,
            waiting=waiting,
            most_wait=most_wait,
            sleep=sleep,
            transport=transport,
            timeout=timeout,
        )
        self._cache = GithubCache(file, clock, cache_bytes)
        self._repository = repository = GithubRepository(self._session, self.place)
        self._method = GithubMethod(self._session, self._cache, clock, method)
        self._head = GithubHead(repository, self._branch, self._cache)
        self._snapshots = GithubSnapshots(repository, self._cache)
        self._blobs = GithubBlobs(
            repository, self._cache, self._head, self._snapshots, self._method
        )
        self._log = GithubLog(repository, self._cache, self._snapshots)
        look_back = LookBack(repository, self._head)
        self._first = FirstCommit(repository, self._head, look_back)
        self._graphql = GraphqlWriter(repository, self._head, self._method, look_back)
        self._git_data = GitDataWriter(repository, self._head, look_back)
        self._aside = GithubSideRefs(repository, self._snapshots, self._git_data)

    @property
    def location(self) -> str:
        """The address of the repository for a browser, and the branch if one was named."""
        where = f"{self.place.host.web}/{self.place.full_name}"
        return f"{where} ({self._branch})" if self._branch else where

    @property
    def write_method(self) -> WriteMethod:
        """How commits are made on this server; one request if that is not known yet.

        Raises:
            ConnectorError: The server cannot be asked.
        """
        return self._method.find_out()

    def close(self) -> None:
        """End all waits, and close connections and files."""
        self._session.close()
        self._cache.close()
        self._writer_lock.close()

    # --- reading -------------------------------------------------------------------------------

    def head(self) -> CommitId | None:
        """See `Connector.head`; one conditional request."""
        head = self._head.current()
        return head.id if head else None

    def view(self) -> AbstractContextManager[None]:
        """See `Connector.view`; what is current is asked for at most once in it."""
        return self._head.view()

    def get_contents(self, path: MemoryPath) -> Contents:
        """See `Connector.get_contents`.

        `last_modified` is the time of the commit that brought these bytes if it is known without a
        request, else that of the current commit, which is no earlier; `last_changes` is exact.
        """
        check_path(path)
        head = self._head.current()
        tree = self._snapshots.at_head(head)
        item = tree.file(path)
        if head is None or item is None or self._rules(tree).is_managed(path):
            raise NotFound(path)
        if item.size is not None and item.size > MAX_FILE_BYTES:
            raise LimitExceeded(path, MAX_FILE_BYTES)
        sha = BlobId(item.sha)
        content = self._blobs.read(sha)
        if len(content) > MAX_FILE_BYTES:
            raise LimitExceeded(path, MAX_FILE_BYTES)
        known = self._cache.change(path, sha)
        return Contents(content, sha, known.at if known else head.at)

    def get_committed(self, path: MemoryPath, at: CommitId | None = None) -> BlobId | None:
        """See `Connector.get_committed`."""
        check_path(path)
        if at is None:
            item = self._snapshots.at_head(self._head.current()).file(path)
        else:
            item = self._snapshots.at(at).file(path)
        return BlobId(item.sha) if item else None

    def list_dir(self, dir_path: MemoryPath | None) -> list[Entry]:
        """See `Connector.list_dir`."""
        if dir_path is not None:
            check_path(dir_path)
        tree = self._snapshots.at_head(self._head.current())
        return self._rules(tree).shown(tree.list_dir(dir_path))

    def get_tree(self, at: CommitId | None = None) -> list[Entry]:
        """See `Connector.get_tree`."""
        if at is not None:
            return self._snapshots.at(at).entries()
        tree = self._snapshots.at_head(self._head.current())
        return self._rules(tree).shown(tree.entries())

    def edits(self, at: CommitId | None) -> dict[MemoryPath, BlobId | None]:
        """See `Connector.edits`: what later commits changed."""
        head = self._head.current()
        now = self._snapshots.at_head(head)
        before = self._snapshots.at(at) if at is not None else EMPTY
        is_same = head is not None and head.id == at
        different = [] if is_same else before.differences(now)
        found = {path: blob for path, blob in different if is_catalogued(path)}
        held = (MemoryPath(path) for path in before.items if is_catalogued(path))
        return self._rules(now).edits(found, held, now.items)

    def exclusion(self, path: MemoryPath) -> Exclusion | None:
        """See `Connector.exclusion`."""
        check_path(path)
        return self._rules(self._snapshots.at_head(self._head.current())).exclusion(path)

    def _rules(self, tree: Tree) -> CommittedRules:
        def find(path: MemoryPath) -> BlobId | None:
            item = tree.file(path)
            return BlobId(item.sha) if item else None

        return CommittedRules(find, self._blobs.read)

    def read_blobs(self, shas: Iterable[BlobId]) -> Iterator[tuple[BlobId, bytes]]:
        """See `Connector.read_blobs`; at most two requests for any number of the current files."""
        return self._blobs.read_many(shas)

    def changes_between(
        self, old: CommitId, new: CommitId
    ) -> list[tuple[MemoryPath, BlobId | None]] | None:
        """See `Connector.changes_between`; one request for each tree that is not known yet."""
        after = self._snapshots.at(new)
        try:
            before = self._snapshots.at(old)
        except NotFound:
            return None
        return before.differences(after)

    def last_changes(
        self, since: CommitId | None, head: CommitId, path: MemoryPath | None = None
    ) -> Iterator[LastChange]:
        """See `Connector.last_changes` and `GithubLog`."""
        return self._log.last_changes(since, head, path)

    def log(self, query: LogQuery) -> Iterator[CommitFacts]:
        """See `Connector.log`."""
        return self._log.log(query)

    def find_commits(self, beginning: str, head: CommitId) -> list[CommitId]:
        """See `Connector.find_commits`; one request for each hundred commits."""
        return self._log.find_commits(beginning, head)

    def lineage(self, since: CommitId | None, head: CommitId) -> Lineage | None:
        """See `Connector.lineage`; one request where `since` is among the last hundred commits."""
        return self._log.lineage(since, head)

    # --- writing -------------------------------------------------------------------------------

    def put_contents(
        self, path: MemoryPath, content: bytes, sha: Expectation, message: str
    ) -> Commit:
        """See `Connector.put_contents`."""
        return self._on_current([Put(path, content, sha)], message)

    def delete_file(self, path: MemoryPath, sha: BlobId) -> Commit:
        """See `Connector.delete_file`."""
        return self._on_current([Delete(path, sha)], f"{path}: delete")

    def _on_current(self, changes: Sequence[Change], message: str) -> Commit:
        check_write(changes, message)
        for _ in self._session.retry.attempts(_STALE_RETRIES, longest=1.0):
            with suppress(StaleBase), self.exclusive(), self.view():
                return self.commit(self.head(), changes, message)
        raise RepositoryBusy("the branch keeps moving while the write is being made")

    def commit(
        self,
        base: CommitId | None,
        changes: Sequence[Change],
        message: str,
        *,
        author: Identity | None = None,
    ) -> Commit:
        """See `Connector.commit`: one request by GraphQL, three by Git Data, if `base` is known.

        GraphQL names the account of the token as the author.
        """
        check_write(changes, message)
        with self.exclusive():
            try:
                plan = self._plan(base, changes, message, author)
                made = self._write(plan)
            except (PreconditionFailed, ConnectorError):
                self._head.forget_view()  # the store is not as it was assumed to be
                raise
            self._note(plan, made)
        blobs = {put.path: blob_id(put.content) for put in plan.puts}
        return Commit(made.id, made.url, blobs)

    def _plan(
        self,
        base: CommitId | None,
        changes: Sequence[Change],
        message: str,
        author: Identity | None,
    ) -> CommitDraft:
        head = self._head.current()
        if (head.id if head else None) != base:
            raise StaleBase(base, head.id if head else None)
        before = self._snapshots.at_head(head)
        before.check(changes)
        return CommitDraft(head, changes, message, author, before, before.changed(changes))

    def _write(self, plan: CommitDraft) -> CommitRecord:
        if plan.base is None:
            return self._first.write(plan, self._clock().astimezone(UTC))
        if self._method.has_graphql and is_expressible(plan):
            made = self._graphql.write(plan)
            if made is not None:
                return made
        return self._git_data.write(plan)

    def _note(self, plan: CommitDraft, made: CommitRecord) -> None:
        """Remember what was just made, so that nobody needs to ask for it."""
        self._snapshots.keep(made.id, plan.after)
        self._cache.keep_blobs(put.content for put in plan.puts)
        brought = [
            (LastChange(put.path, made.id, made.at), blob_id(put.content)) for put in plan.puts
        ]
        self._cache.keep_changes(brought)
        self._head.moved(plan.base, made)

    # --- commits beside the branch -------------------------------------------------------------

    def side_refs(self, folder: str) -> dict[str, CommitId]:
        """See `Connector.side_refs`; they are branches below `pack/`."""
        return self._aside.list(folder)

    def commit_aside(
        self,
        ref: str,
        expected: CommitId | None,
        base: CommitId | None,
        changes: Sequence[Change],
        message: str,
        *,
        author: Identity | None = None,
    ) -> CommitId:
        """See `Connector.commit_aside`."""
        check_aside(ref, changes, message)
        with self.exclusive():
            return self._aside.commit(ref, expected, base, changes, message, author)

    def move_aside(self, ref: str, new_ref: str | None, expected: CommitId) -> None:
        """See `Connector.move_aside`."""
        if new_ref is not None:
            check_side_ref(new_ref)
        with self.exclusive():
            self._aside.move(ref, new_ref, expected)

    # --- notes of commits ----------------------------------------------------------------------

    def notes_head(self) -> None:
        """See `Connector.notes_head`; they are not read over the API."""

    def read_notes(self, at: CommitId) -> Mapping[CommitId, str]:
        """See `Connector.read_notes`."""
        raise NotFound(f"notes {at[:60]}")

    def write_notes(
        self, base: CommitId | None, notes: Mapping[CommitId, str | None], message: str
    ) -> CommitId:
        """See `Connector.write_notes`."""
        del base, notes, message
        raise InvalidRequest("commits on GitHub get no notes over its API; use a clone of it")

    def exclusive(self) -> AbstractContextManager[None]:
        """See `Connector.exclusive`."""
        return self._writer_lock.taken()


def _cache_file(folder: Path | None, place: RepositoryPlace) -> Path | None:
    """The cache of a repository; the same name on two servers is two files."""
    if folder is None:
        return None
    whole = f"{place.host.rest} {place.full_name}".lower().encode()
    digest = hashlib.sha256(whole).hexdigest()[:16]
    return folder / f"{place.name.lower()}-{digest}.sqlite"
