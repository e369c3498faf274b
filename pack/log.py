"""The log: what is known about a commit and its changes, for everything that reads history.

Values only; a connector reads them (`Connector.log`). The line of commits that the sync follows
(`Lineage`) consists of the same values.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from datetime import datetime
from enum import StrEnum
from itertools import islice
from typing import Final, TypeVar

from pack.deferred import dataclass, pattern
from pack.model import BlobId, CommitId, Identity, MemoryPath

_T = TypeVar("_T")
_TRAILER: Final = pattern(r"([A-Za-z][A-Za-z0-9-]*):[ \t]*(.*)")


class ChangeKind(StrEnum):
    """What a commit did to a file."""

    ADDED = "added"
    EDITED = "edited"
    MOVED = "moved"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class FileChange:
    """A file that a commit changed.

    Attributes:
        path: Where the file is after the commit; for a deleted file, where it was.
        kind: What happened to it.
        old_path: Where a moved file was before; `None` for any other file.
        sha: Its blob after the commit; `None` for a deleted file.
        old_shas: Its blob in each parent that the commit was compared with, in their order; `None`
            for a parent that does not have it.
    """

    path: MemoryPath
    kind: ChangeKind
    old_path: MemoryPath | None = None
    sha: BlobId | None = None
    old_shas: tuple[BlobId | None, ...] = field(default=(), compare=False)

    @property
    def old_sha(self) -> BlobId | None:
        """Its blob in the first parent; `None` if it was not there."""
        return self.old_shas[0] if self.old_shas else None


@dataclass(frozen=True, slots=True)
class CommitFacts:
    """What the log says about one commit.

    Attributes:
        id: The commit.
        parents: The commits it was made on. A merge made with git names first the side that it was
            made on, a merge of PACK's the smaller id.
        message: As stored; bytes that are not UTF-8 are replaced.
        at: When it was committed, in UTC.
        url: Where a browser shows it, if the store has such a place.
        author: Who wrote it; `None` if the log does not say.
        authored_at: When it was written, in UTC; `None` if the log does not say.
        files: What it changed compared with its parent, sorted by path; for a merge, what differs
            from every parent. `None` if not requested.
        is_cut: Whether its parents are missing, because the clone is shallow: it has none here, and
            its files are all that was there.
    """

    id: CommitId
    parents: tuple[CommitId, ...]
    message: str
    at: datetime
    url: str | None = None
    author: Identity | None = None
    authored_at: datetime | None = None
    files: tuple[FileChange, ...] | None = None
    is_cut: bool = False

    @property
    def trailers(self) -> Mapping[str, str]:
        """As `trailers_of` its message."""
        return trailers_of(self.message)


def trailers_of(message: str) -> Mapping[str, str]:
    """The trailers of a message by name; if several have the same name, the last one.

    Source: git-interpret-trailers(1). Trailers count only in a last paragraph that holds nothing
    else, which is how PACK writes them.
    """
    subject, _, last = message.strip().rpartition("\n\n")
    found = [_TRAILER.fullmatch(line) for line in last.splitlines()]
    if not subject or not all(found):
        return {}
    return {match[1]: match[2].strip() for match in found if match}


@dataclass(frozen=True, slots=True)
class LogQuery:
    """Which commits are wanted, and in what detail; see `Connector.log`.

    Attributes:
        head: The newest commit.
        since: Leaves out this commit and its history; `None` leaves out nothing.
        path: Only commits that changed this file, on all sides of merges; `None` for all. The log
            of a moved file continues under its old path (`FileChange.old_path`).
        first_parent: Follow the first parent of each commit; a merge is one step.
        with_files: Whether to say what each commit changed.
        only_path: Whether that is only what happened to `path`: to be there, or to leave.
        made_from: Only commits made at this moment or later, wherever they are.
        made_until: Only commits made at this moment or earlier, wherever they are.
        skip: How many of these commits to leave out first.
        limit: How many commits at most.
    """

    head: CommitId
    since: CommitId | None = None
    path: MemoryPath | None = None
    first_parent: bool = False
    with_files: bool = False
    only_path: bool = False
    made_from: datetime | None = None
    made_until: datetime | None = None
    skip: int = 0
    limit: int | None = None

    def is_in_time(self, at: datetime) -> bool:
        """Whether a commit made at a moment is among those wanted."""
        is_late = self.made_from is None or at >= self.made_from
        return is_late and (self.made_until is None or at <= self.made_until)

    def part(self, found: Iterable[_T]) -> Iterator[_T]:
        """Of all that fits, what is wanted: without those to skip, up to the limit."""
        end = None if self.limit is None else self.skip + self.limit
        return islice(found, self.skip, end)

    def shown_files(self, files: Iterable[FileChange]) -> tuple[FileChange, ...]:
        """Of what a commit changed, what is wanted."""
        if not self.only_path or self.path is None:
            return tuple(files)
        return tuple(one for one in files if self.path in (one.path, one.old_path))


@dataclass(frozen=True, slots=True)
class Lineage:
    """The commits between an earlier and a later one. The sync uses them as its queue.

    The line follows first parents: a merge is one step, whose change is what it brought to the
    first one. If that is not the side that the earlier commit is on, the line tells what is new
    there and then, with the merge, what was known before: too much, but never too little. All
    commits are included, whoever wrote them and with whatever tool (C9).

    Attributes:
        commits: The later commit and its first parents, oldest first, without the history of the
            earlier commit.
        is_rewritten: Whether the earlier commit does not lead to the later one, because the history
            was rewritten; `commits` are then those after the last common commit.
    """

    commits: tuple[CommitFacts, ...]
    is_rewritten: bool = False

    @property
    def is_unrelated(self) -> bool:
        """Whether the two share no commit: a new history, or one that a shallow clone cuts."""
        return self.is_rewritten and bool(self.commits) and not self.commits[0].parents


def compare_trees(
    before: Mapping[MemoryPath, BlobId], after: Mapping[MemoryPath, BlobId]
) -> tuple[FileChange, ...]:
    """What happened to the files between two trees, sorted by path.

    A file that disappeared and one with the same bytes that appeared are a move; if there are
    several, they are matched in the order of their paths. For stores that cannot detect moves
    themselves.
    """
    gone: dict[BlobId, list[MemoryPath]] = {}
    for path in sorted(before.keys() - after.keys(), reverse=True):
        gone.setdefault(before[path], []).append(path)
    changes = []
    for path in sorted(after):
        sha, old = after[path], before.get(path)
        if old is None and gone.get(sha):
            changes.append(FileChange(path, ChangeKind.MOVED, gone[sha].pop(), sha, (sha,)))
        elif old is None:
            changes.append(FileChange(path, ChangeKind.ADDED, None, sha, (None,)))
        elif old != sha:
            changes.append(FileChange(path, ChangeKind.EDITED, None, sha, (old,)))
    left = (path for paths in gone.values() for path in paths)
    changes += [FileChange(path, ChangeKind.DELETED, None, None, (before[path],)) for path in left]
    return tuple(sorted(changes, key=lambda change: change.path))
