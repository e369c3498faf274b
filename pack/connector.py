"""The storage connector: all that the core knows about where a memory is kept.

Every connector passes `pack.testing.ConnectorContract`; the in-memory one is the reference.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from enum import StrEnum
from typing import Protocol

from pack.log import CommitFacts, Lineage, LogQuery
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
from pack.rules.exclusion import Exclusion


class Capability(StrEnum):
    """What a connector can do beyond the protocol's promises. Data, so never `isinstance`."""

    WORKING_TREE = "working_tree"
    """People can edit files without PACK; `get_committed` may differ from what readers get.

    A write that would replace an uncommitted edit is refused (`UncommittedEdit`), and so is one
    that would replace a staged version (`StagedChange`). Committing a `Put` of exactly the bytes
    that are there records the edit. Our commits never include edits of other files.
    """

    AUTHOR = "author"
    """A commit names the author that its writer names.

    Without it, the store may name the account that PACK uses; the trailers always say who wrote.
    """

    LOG = "log"
    """Walking the whole log is cheap, so the dates of all files are kept up to date.

    Without it, only the logs of single files are read, and only when a date is needed.
    """

    NOTES = "notes"
    """Commits can have notes beside them, as of `git notes`.

    Without it, none has one, and `write_notes` refuses.
    """


class Connector(Protocol):
    """A store of files with history, in which a write is one commit made by compare-and-swap.

    `pack.paths.parse_path` validates paths before they get here. A connector checks once more that
    a path stays inside the memory and outside git's own folder, and raises `InvalidPath` or
    `LimitExceeded` otherwise. Contents are bytes and are stored unchanged. All methods may be
    called from any thread.
    """

    capabilities: frozenset[Capability]

    @property
    def location(self) -> str:
        """Where the memory is, in words for a person. Never contains a secret."""
        ...

    def head(self) -> CommitId | None:
        """The current commit; `None` if the store has none.

        Raises:
            ConnectorError: The store cannot be read.
        """
        ...

    def get_contents(self, path: MemoryPath) -> Contents:
        """The file as a reader gets it now, uncommitted edits included.

        Raises:
            NotFound: There is no file at the path (a folder or a link is not a file).
            LimitExceeded: The file is larger than a memory file may be.
            ConnectorError: The store cannot be read.
        """
        ...

    def get_committed(self, path: MemoryPath, at: CommitId | None = None) -> BlobId | None:
        """The blob of a file in a commit; `None` if the commit does not have the file.

        That of the current commit differs from what `get_contents` returns if a person has edited
        the file since.

        Args:
            path: The file.
            at: Which commit; `None` for the current one.

        Raises:
            NotFound: There is no such commit.
            ConnectorError: The store cannot be read.
        """
        ...

    def exclusion(self, path: MemoryPath) -> Exclusion | None:
        """Why a path is not memory, by the rules of the person's git; `None` if it is.

        `get_contents`, `list_dir`, `get_tree` and `edits` do not show an ignored file. A managed
        one is in a listing, but never read: `get_contents` does not find it, its blob is empty, and
        `edits` has no version of it. What is asked about a commit is answered with all that it has.

        Where people can edit files without PACK, all rule files count that git would read; else
        those of the current commit do.

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
        """What a folder holds now, sorted by name; `None` is the root. A missing folder is empty.

        As in git, a folder disappears with its last file.
        """
        ...

    def get_tree(self, at: CommitId | None = None) -> list[Entry]:
        """All files, links and submodules, sorted by path.

        Args:
            at: Which commit; `None` for what a reader gets now, uncommitted edits included.

        Raises:
            NotFound: There is no such commit.
        """
        ...

    def edits(self, at: CommitId | None) -> Mapping[MemoryPath, BlobId | None]:
        """The memory files whose current version differs from a commit's; cheap if there are few.

        A memory file is here what can be one (`pack.catalog.row.is_catalogued`), at the root too:
        the core knows which of them are (`pack.catalog.scope`).

        Args:
            at: Which commit; `None` for no commit, so that every memory file differs.

        Returns:
            By path, the blob that a reader gets: empty for a file that is too large to read, `None`
            if the file is gone.

        Raises:
            NotFound: There is no such commit.
        """
        ...

    def read_blobs(self, shas: Iterable[BlobId]) -> Iterator[tuple[BlobId, bytes]]:
        """Committed contents by id, in the order requested.

        Raises:
            NotFound: One of them is not stored.
        """
        ...

    def changes_between(
        self, old: CommitId, new: CommitId
    ) -> list[tuple[MemoryPath, BlobId | None]] | None:
        """The files that differ between two commits: path and blob in `new`, sorted by path.

        The blob is `None` if `new` does not have the file. The answer is `None` if `old` is
        unknown.

        Raises:
            NotFound: The commit `new` does not exist.
        """
        ...

    def last_changes(
        self, since: CommitId | None, head: CommitId, path: MemoryPath | None = None
    ) -> Iterator[LastChange]:
        """The memory files that commits changed, each with its commit; the newest commit first.

        Args:
            since: Leaves out this commit and those before it. `None` leaves out nothing, and so
                does a commit that does not lead to `head` because the history was rewritten.
            head: The newest commit.
            path: The only file of interest; `None` for all. Without a path, a store that lacks
                `Capability.LOG` makes a request for each commit that it does not know.

        Raises:
            NotFound: The commit `head` does not exist.
        """
        ...

    def log(self, query: LogQuery) -> Iterator[CommitFacts]:
        """The history of a commit, newest first and including the commit itself, whoever wrote it.

        Without `Capability.LOG`, the files of each commit may cost a request.

        Raises:
            NotFound: The commit `query.head` or `query.since` does not exist.
            ConnectorError: The store cannot be read.
        """
        ...

    def find_commits(self, beginning: str, head: CommitId) -> list[CommitId]:
        """The commits in the history of `head` whose ids begin like this, sorted.

        Args:
            beginning: Four hex digits in lower case, or more.
            head: The newest commit; it counts too.

        Raises:
            NotFound: The commit `head` does not exist.
        """
        ...

    def lineage(self, since: CommitId | None, head: CommitId) -> Lineage | None:
        """The commits that lead from one to another along first parents, whoever wrote them.

        Args:
            since: Leaves out this commit and its history; `None` leaves out nothing.
            head: The newest commit.

        Returns:
            `None` if `since` is unknown.

        Raises:
            NotFound: The commit `head` does not exist.
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

        A commit is made even if nothing differs, because the log is the audit trail. Every commit
        that was acknowledged stays reachable from every later `head()`. Bytes that a `Put` replaces
        or a `Delete` removes stay readable at `base`.

        Args:
            base: The commit that the changes are based on; `None` only for a store without commits.
            changes: At least one. The paths are distinct, and none is the folder of another.
            message: Subject, blank line, body, trailers; not blank, without NUL.
            author: The author that the commit names; `None` for the user whom the store belongs to.

        Raises:
            InvalidRequest: There is no change, a path occurs twice, or the message is unusable.
            LimitExceeded: A file is larger than `get_contents` would serve.
            StaleBase: The branch is no longer at `base`. Nothing was written.
            BlobChanged: A path does not hold what its change expects. Nothing was written.
            AlreadyExists: There is a file at a path that was expected to be free. Nothing was
                written.
            UncommittedEdit, StagedChange: See `Capability.WORKING_TREE`. Nothing was written.
            RefusedForSafety: A path is a folder or leads through a file or a link, or a write could
                lose something in the store's present state. Nothing was written.
            ConnectorError: The store failed; `OutcomeUnknown` if the commit may have been written.
        """
        ...

    # --- commits beside the branch -------------------------------------------------------------

    def side_refs(self, folder: str) -> Mapping[str, CommitId]:
        """The refs of a folder beside the branch: the commit of each, by the name in the folder.

        A store keeps them for ever, gives them to whoever clones it, and never takes one for a
        branch that somebody works on.

        Args:
            folder: `proposals`, `rejected`, `kits` or `imports`.

        Raises:
            ConnectorError: The store cannot be read.
        """
        ...

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
        """Record changes as one commit on `base`, and have a ref beside the branch lead to it.

        The branch, and what readers get, stay as they are.

        Args:
            ref: Its folder and name, as in `proposals/ab12`.
            expected: Where the ref must be; `None` for a new one.
            base: The parent of the commit; `None` for one without a parent.
            changes: What differs from `base`; their expectations are not looked at. There may be
                none.
            message: As for `commit`.
            author: As for `commit`.

        Raises:
            InvalidRequest, LimitExceeded: As `commit`.
            NotFound: There is no commit `base`.
            StaleBase: The ref is not at `expected`. It stays where it is.
            RefusedForSafety: A path leads through a file or a link.
            ConnectorError: The store failed.
        """
        ...

    def move_aside(self, ref: str, new_ref: str | None, expected: CommitId) -> None:
        """Give a ref beside the branch another name, or remove it.

        Args:
            ref: Which one.
            new_ref: Its new name; `None` to remove it.
            expected: Where it must be.

        Raises:
            StaleBase: It is not at `expected`. It stays where it is.
            ConnectorError: The store failed.
        """
        ...

    # --- notes of commits ----------------------------------------------------------------------

    def notes_head(self) -> CommitId | None:
        """The newest commit of the notes, which stands for their state; `None` if there are none.

        Cheap enough to be asked before each answer that depends on them.

        Raises:
            ConnectorError: The store cannot be read.
        """
        ...

    def read_notes(self, at: CommitId) -> Mapping[CommitId, str]:
        """The notes that PACK has written beside commits, by commit.

        Args:
            at: Their state, from `notes_head`.

        Raises:
            NotFound: There is no such state.
            ConnectorError: The store cannot be read.
        """
        ...

    def write_notes(
        self, base: CommitId | None, notes: Mapping[CommitId, str | None], message: str
    ) -> CommitId:
        """Write notes beside commits. No commit changes, and the branch stays where it is.

        Args:
            base: The state of the notes that this is based on; `None` where there are none.
            notes: The whole note of each commit; `None` to take it away.
            message: Says why, in the history of the notes.

        Returns:
            The new state.

        Raises:
            InvalidRequest: The store has no notes (see `Capability.NOTES`).
            InvalidContent: The message is unusable.
            NotFound: A commit does not exist.
            StaleBase: The notes are no longer at `base`. Nothing was written.
            ConnectorError: The store failed.
        """
        ...

    def view(self) -> AbstractContextManager[None]:
        """Let all reads of this thread inside the context see one state, fetched at most once.

        Saves a remote store from being asked for its current commit before each read; correctness
        never depends on it. A write inside moves the view on. After a write that was refused
        because the store has changed, the next read asks again. A view inside another is the same
        view. Local stores read files as they are at each moment, and their current commit, too:
        only inside of `exclusive` that is looked for once.
        """
        ...

    def exclusive(self) -> AbstractContextManager[None]:
        """Keep out other writers to this store on this machine while a write is planned and made.

        Saves them the retry after `StaleBase`; correctness never depends on it. Stores without such
        a lock return at once. Re-entrant for the thread that holds it.

        Raises:
            RepositoryBusy: Another writer held it for too long.
        """
        ...
