"""The storage connector: the only thing the core knows about where a memory is kept.

Every connector passes `pack.testing.ConnectorContract`; the in-memory one is the reference.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from enum import StrEnum
from typing import Protocol

from pack.log import CommitFacts, Lineage
from pack.model import (
    BlobId,
    Change,
    Commit,
    CommitId,
    Contents,
    Entry,
    Expectation,
    Identity,
    LastChange,
    MemoryPath,
)


class Capability(StrEnum):
    """What a connector can do beyond the protocol's promises. Data, never an `isinstance`."""

    WORKING_TREE = "working_tree"
    """People can edit files beside PACK; `get_committed` may differ from what readers get.

    A write that would replace an edit that is in no commit is refused (`UncommittedEdit`), as is
    one that would replace a version somebody staged (`StagedChange`). Committing a `Put` of the
    very bytes that are there records the edit. Edits of other files are in no commit of ours.
    """

    AUTHOR = "author"
    """A commit names whom its writer names.

    Without it the store may name the account it is used by; the trailers say who wrote in any case.
    """

    LOG = "log"
    """Walking the whole log costs little, so that the dates of all files are kept up to date.

    Without it only the log of single files is asked for, and only where a date is wanted.
    """


class Connector(Protocol):
    """A store of files with history, in which a write is one commit made by compare-and-swap.

    Paths are validated by `pack.paths.parse_path` before they come here; a connector checks again
    that a path stays in the memory and out of git's own folder, and raises `InvalidPath` or
    `LimitExceeded` otherwise. Contents are bytes and are stored unchanged. All methods may be
    called from any thread.
    """

    capabilities: frozenset[Capability]

    @property
    def location(self) -> str:
        """Where the memory is, in words for a person. Never holds a secret."""
        ...

    def head(self) -> CommitId | None:
        """The current commit; `None` for a store without any.

        Raises:
            ConnectorError: The store cannot be read.
        """
        ...

    def get_contents(self, path: MemoryPath) -> Contents:
        """The file as a reader gets it now, uncommitted edits included.

        Raises:
            NotFound: No file is there (a folder or a link is not a file).
            LimitExceeded: The file is larger than a memory file may be.
            ConnectorError: The store cannot be read.
        """
        ...

    def get_committed(self, path: MemoryPath) -> BlobId | None:
        """The blob of a file in the current commit; `None` where it has none.

        It differs from what `get_contents` answers where a person has edited the file since.

        Raises:
            ConnectorError: The store cannot be read.
        """
        ...

    def put_contents(
        self, path: MemoryPath, content: bytes, sha: Expectation, message: str
    ) -> Commit:
        """Store one file as one commit; `commit` with a single `Put`.

        Raises:
            As `commit`, without `StaleBase`.
        """
        ...

    def delete_file(self, path: MemoryPath, sha: BlobId) -> Commit:
        """Remove one file as one commit whose message names it; `commit` with a single `Delete`.

        Raises:
            As `commit`, without `StaleBase`.
        """
        ...

    def list_dir(self, dir_path: MemoryPath | None) -> list[Entry]:
        """What a folder holds now, sorted by name; `None` is the root, a missing one empty.

        A folder left empty is gone, as in git.
        """
        ...

    def get_tree(self, at: CommitId | None = None) -> list[Entry]:
        """All files, links and submodules, sorted by path.

        Args:
            at: A commit; `None` for what a reader gets now, uncommitted edits included.

        Raises:
            NotFound: There is no such commit.
        """
        ...

    def edits(self, at: CommitId | None) -> Mapping[MemoryPath, BlobId | None]:
        """Memory files that a reader gets differently than a commit holds them, cheap when few are.

        Args:
            at: The commit; `None` for none, so that every memory file differs.

        Returns:
            The blob a reader gets by path, empty for a file too large to be read; `None` where
            there is no file any more.

        Raises:
            NotFound: There is no such commit.
        """
        ...

    def read_blobs(self, shas: Iterable[BlobId]) -> Iterator[tuple[BlobId, bytes]]:
        """Committed contents by id, in the order asked for.

        Raises:
            NotFound: One of them is not stored.
        """
        ...

    def changes_between(
        self, old: CommitId, new: CommitId
    ) -> list[tuple[MemoryPath, BlobId | None]] | None:
        """What differs between two commits: path and blob in `new`, sorted by path.

        The blob is `None` where `new` has no file. The answer is `None` when `old` is unknown.

        Raises:
            NotFound: There is no commit `new`.
        """
        ...

    def last_changes(
        self, since: CommitId | None, head: CommitId, path: MemoryPath | None = None
    ) -> Iterator[LastChange]:
        """The memory files that commits changed, with the commit; the newest commit first.

        Args:
            since: Commits before it, and itself, are left out. `None` for none; likewise where it
                is not among those that lead to `head`, as the history was changed then.
            head: The newest commit.
            path: The only file to tell of; `None` for all. A store without `Capability.LOG` has to
                ask for each commit it does not know where no file is named.

        Raises:
            NotFound: There is no commit `head`.
        """
        ...

    def log(
        self,
        head: CommitId,
        *,
        since: CommitId | None = None,
        path: MemoryPath | None = None,
        first_parent: bool = False,
        with_files: bool = False,
        limit: int | None = None,
    ) -> Iterator[CommitFacts]:
        """The commits that lead to one, itself included, by whomever; the newest first.

        Args:
            head: The newest commit.
            since: Commits that lead to it, and itself, are left out; `None` for none.
            path: Only commits that changed this file; `None` for all. A file that was moved has
                another log under its old path (`FileChange.old_path`).
            first_parent: Follow the side that each commit was made on; a merge is one step.
            with_files: Whether to say what each commit changed. Where `Capability.LOG` is missing,
                that may cost a request for each commit.
            limit: How many at most.

        Raises:
            NotFound: There is no commit `head`, or no commit `since`.
            ConnectorError: The store cannot be read.
        """
        ...

    def lineage(self, since: CommitId | None, head: CommitId) -> Lineage | None:
        """The commits that led from one to another, by whomever, along first parents.

        Args:
            since: Commits that lead to it, and itself, are left out. `None` for none.
            head: The newest commit.

        Returns:
            `None` where `since` is unknown.

        Raises:
            NotFound: There is no commit `head`.
        """
        ...

    def commit(
        self,
        base: CommitId | None,
        changes: Sequence[Change],
        message: str,
        *,
        author: Identity | None = None,
    ) -> Commit:
        """Record all changes as one commit and move the branch to it: all of them, or none.

        A commit without any difference is made too: the log is the audit trail. What `commit`
        acknowledged stays reachable from every later `head()`. Bytes that a `Put` replaces or a
        `Delete` removes stay readable at `base`.

        Args:
            base: Commit the changes were made on; `None` only for a store without commits.
            changes: At least one, paths distinct; none of them the folder of another.
            message: Subject, blank line, body, trailers; not blank, without NUL.
            author: Whom the commit names; `None` for the user the store belongs to.

        Raises:
            InvalidRequest: There is no change, a path occurs twice, or the message is unusable.
            LimitExceeded: A content is larger than `get_contents` would serve.
            StaleBase: The branch is not at `base` any more. Nothing was written.
            BlobChanged: A path does not hold what its change expects. Nothing was written.
            AlreadyExists: A path expected to be absent is not. Nothing was written.
            UncommittedEdit, StagedChange: See `Capability.WORKING_TREE`. Nothing was written.
            RefusedForSafety: A path is a folder or leads through a file or a link, or the store
                is in a state in which a write could lose something. Nothing was written.
            ConnectorError: The store failed; `OutcomeUnknown` where it may have been written.
        """
        ...

    def view(self) -> AbstractContextManager[None]:
        """Let the reads that this thread makes inside see one state, fetched at most once.

        Spares a store that is far away the question what is current before each read; nothing is
        correct only because of it. A write inside moves the view on, and after one that was
        refused because the store has changed the next read asks anew. A view inside another is the
        same one. Stores that are near return at once: each read sees what is there.
        """
        ...

    def exclusive(self) -> AbstractContextManager[None]:
        """Hold off other writers to this store on this machine while a write is planned and made.

        Spares them the retry after `StaleBase`; nothing is correct only because of it. Stores
        without such a lock return at once. Re-entrant for the thread that holds it.

        Raises:
            RepositoryBusy: Another writer kept it for too long.
        """
        ...
