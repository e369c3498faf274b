"""What a write finds at the paths it changes, and what it may not touch."""

from __future__ import annotations

import stat
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from pack.deferred import dataclass
from pack.errors import AlreadyExists, BlobChanged, RefusedForSafety, StagedChange, UncommittedEdit
from pack.model import (
    ABSENT,
    LINK,
    BlobId,
    Change,
    CommitId,
    Delete,
    EntryType,
    Identity,
    MemoryPath,
    Put,
    StoredPut,
    blob_id,
)
from pack_connectors.local_git.index import GitIndex
from pack_connectors.local_git.journal import Step
from pack_connectors.local_git.objects import (
    EXECUTABLE_MODE,
    FILE_MODE,
    ObjectStore,
    TreeEntry,
    format_entry,
    place_id,
)
from pack_connectors.local_git.rules.local import LocalRules
from pack_connectors.local_git.worktree import FileRead, Worktree

if TYPE_CHECKING:
    from pack.remote.merge_store import MergeCommit

_READABLE: Final = 0o444
_RUNNABLE: Final = 0o111


@dataclass(frozen=True, slots=True)
class ExaminedFile:
    """One file of a write (or a link, in a commit from elsewhere), as it was found.

    Attributes:
        path: The file.
        now: What the working tree holds, if it is a file.
        here: What that is, see `place_id`; `None` for nothing.
        blob: The same with git's line ends, as a commit would have it.
        committed: The entry in the current commit.
        staged: The entry in git's index.
        content: The bytes to store; `None` to delete.
        checked_out: The same with the line ends of the working tree.
        entry: The entry in the new commit; `None` for none.
    """

    path: MemoryPath
    now: FileRead | None
    here: BlobId | None
    blob: BlobId | None
    committed: TreeEntry | None
    staged: TreeEntry | None
    content: bytes | None
    checked_out: bytes | None
    entry: TreeEntry | None

    def step(self, token: str, number: int) -> Step:
        """What the journal says about this file."""
        return Step(
            self.path,
            old=self.here,
            new=self._new_place(),
            old_entry=format_entry(self.staged),
            new_entry=format_entry(self.entry),
            staged=f"{token}-{number}",
        )

    def _new_place(self) -> BlobId | None:
        if self.checked_out is None or self.checked_out == self.content:
            return place_id(self.entry)
        return blob_id(self.checked_out)

    @property
    def mode(self) -> int | None:
        """The permission bits to keep; `None` where the file is new.

        They stay as they are, unless the commit makes the file a program or makes it one no more.
        """
        bits = self.now.mode if self.now else None
        if bits is None or self.entry is None or self.committed is None:
            return bits
        if self.entry.mode == self.committed.mode:
            return bits
        if self.entry.mode == EXECUTABLE_MODE:
            return bits | (bits & _READABLE) >> 2  # for everybody who may read it, as git does
        return bits & ~_RUNNABLE

    @property
    def is_program(self) -> bool:
        """Whether the new file can be run."""
        return self.entry is not None and self.entry.mode == EXECUTABLE_MODE


class StoredFile(ExaminedFile):
    """One whose blob is stored already: its bytes are read when they go into the working tree."""

    __slots__ = ("_read",)
    _read: Callable[[], bytes]

    @classmethod
    def of(cls, found: ExaminedFile, read: Callable[[], bytes]) -> StoredFile:
        """A file as it was examined, without its bytes.

        Args:
            found: The file.
            read: Reads them, with the line ends of the working tree.
        """
        made = cls.__new__(cls)
        for name in ("path", "now", "here", "blob", "committed", "staged", "entry"):
            object.__setattr__(made, name, getattr(found, name))
        object.__setattr__(made, "_read", read)
        return made

    @property
    def content(self) -> None:
        """Nothing is left to store."""
        return None

    @property
    def checked_out(self) -> bytes:
        """See `ExaminedFile`."""
        return self._read()


@dataclass(frozen=True, slots=True)
class ExaminedWrite:
    """A write: the ref it moves, the commit and tree it is made on, and what it stores.

    Attributes:
        ref: The branch.
        head: Where it is; `None` before the first commit.
        tree: The tree of that commit.
        targets: The files it changes.
        message: The message of the commit.
        author: The author of the commit; `None` for the user.
        merge: What the commit is, for a merge of heads; `head` is one of its parents.
        ready: A commit that exists already and holds the targets; the branch only moves to it.
    """

    ref: str
    head: CommitId | None
    tree: str
    targets: Sequence[ExaminedFile]
    message: str
    author: Identity | None
    merge: MergeCommit | None = None
    ready: CommitId | None = None


class Examiner:
    """Compares changes with the working tree, the commit and git's index."""

    def __init__(
        self, worktree: Worktree, store: ObjectStore, index: GitIndex, rules: LocalRules
    ) -> None:
        self._worktree = worktree
        self._store = store
        self._index = index
        self._rules = rules

    def examine(
        self, change: Change, tree: str, staged: Mapping[MemoryPath, BlobId | None]
    ) -> ExaminedFile:
        """What a change finds, if it is allowed.

        Args:
            change: The change.
            tree: The tree of the commit it is made on.
            staged: What the user staged, by path.

        Raises:
            PackError: It is not; see `Connector.commit`.
        """
        path = change.path
        now = self._worktree.read(path)
        here = now.blob if now else None
        content_now = self._rules.to_blob(path, now.content) if now else None
        blob = now.blob_of(content_now) if now and content_now is not None else None
        kind = self._worktree.type_at(path) if now is None else None
        if kind is EntryType.SYMLINK and isinstance(change, Put) and change.expect is LINK:
            return self._in_place_of_link(change, tree, staged)
        if kind is not None and not (isinstance(change, Delete) and change.expect is ABSENT):
            raise RefusedForSafety(
                f"{path} is a {kind}, not a file", "Remove it, or choose another path."
            )
        _check_expectation(change, blob, content_now)
        committed = self._store.entry_at(tree, path)
        self._refuse_odd(path, committed, now)
        content = checked_out = None
        if isinstance(change, Put):
            content = self._rules.to_blob(path, change.content)
            checked_out = self._rules.to_folder(path, content)
        entry = _entry(path, content, committed, now) if content is not None else None
        known = (committed.id if committed else None, entry.id if entry else None)
        if blob is not None and blob not in known:
            raise UncommittedEdit(path)
        refuse_staged(path, blob, staged)
        in_index = committed
        if path in staged:
            in_index = committed and committed._replace(id=blob) if blob else None
        found = ExaminedFile(
            path, now, here, blob, committed, in_index, content, checked_out, entry
        )
        if isinstance(change, StoredPut) and entry is not None and entry.id == change.blob:
            return StoredFile.of(found, lambda: self._rules.to_folder(path, change.content))
        return found

    def _in_place_of_link(
        self, change: Put, tree: str, staged: Mapping[MemoryPath, BlobId | None]
    ) -> ExaminedFile:
        path = change.path
        if path in staged:
            raise StagedChange(path)
        committed = self._store.entry_at(tree, path)
        here = self._worktree.blob_at(path)
        content = self._rules.to_blob(path, change.content)
        checked_out = self._rules.to_folder(path, content)
        entry = TreeEntry(FILE_MODE, path.rpartition("/")[2], blob_id(content))
        return ExaminedFile(
            path, None, here, here, committed, committed, content, checked_out, entry
        )

    def _refuse_odd(
        self, path: MemoryPath, committed: TreeEntry | None, now: FileRead | None
    ) -> None:
        if committed is None:
            return
        if committed.mode not in (FILE_MODE, EXECUTABLE_MODE):
            raise RefusedForSafety(f"{path} is not a file in the repository")
        if now is None and self._index.is_left_out(path):
            raise RefusedForSafety(
                f"a sparse checkout leaves {path} out of the folder",
                "Run `git sparse-checkout disable` in the memory folder, then try again.",
            )


def refuse_staged(
    path: MemoryPath, blob: BlobId | None, staged: Mapping[MemoryPath, BlobId | None]
) -> None:
    """Do nothing, unless the user staged a version that is not in the working tree.

    Raises:
        StagedChange: They did, and a write would lose it.
    """
    if path in staged and staged[path] != blob:
        raise StagedChange(path)


def _check_expectation(change: Change, blob: BlobId | None, content: bytes | None) -> None:
    if change.expect is ABSENT:
        if blob is not None:
            raise AlreadyExists(change.path, None, blob, content)
    elif blob != change.expect:
        raise BlobChanged(change.path, BlobId(str(change.expect)), blob, content)


def _entry(
    path: MemoryPath, content: bytes, committed: TreeEntry | None, now: FileRead | None
) -> TreeEntry:
    """The entry in the new commit, with the mode it had or the user gave the file."""
    mode = committed.mode if committed else FILE_MODE
    if committed is None and now is not None and now.mode & stat.S_IXUSR:
        mode = EXECUTABLE_MODE
    return TreeEntry(mode, path.rpartition("/")[2], blob_id(content))
