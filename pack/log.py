"""The log: what is known of a commit, and what it changed. One read model for all who look back.

Values only; a connector reads them (`Connector.log`). The line of commits that the sync follows
(`Lineage`) is made of the same values.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from pack.model import BlobId, CommitId, Identity, MemoryPath

_TRAILER: Final = re.compile(r"([A-Za-z][A-Za-z0-9-]*):[ \t]*(.*)")


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
        path: Where the file is after the commit; for a deleted one, where it was.
        kind: What happened to it.
        old_path: Where a moved file was before; `None` for any other.
        sha: Its blob after the commit; `None` for a deleted one.
    """

    path: MemoryPath
    kind: ChangeKind
    old_path: MemoryPath | None = None
    sha: BlobId | None = None


@dataclass(frozen=True, slots=True)
class CommitFacts:
    """What the log says of one commit.

    Attributes:
        id: The commit.
        parents: What it was made on; the first is the side it was made on.
        message: As it is stored; bytes that are no UTF-8 are replaced.
        at: When it was committed, in UTC.
        url: Where a browser shows it, where the store has such a place.
        author: Who wrote it; `None` where the log does not say.
        authored_at: When it was written, in UTC; `None` where the log does not say.
        files: What it changed, sorted by path: against its parent, for a merge what differs from
            every parent. `None` where that was not asked for.
    """

    id: CommitId
    parents: tuple[CommitId, ...]
    message: str
    at: datetime
    url: str | None = None
    author: Identity | None = None
    authored_at: datetime | None = None
    files: tuple[FileChange, ...] | None = None

    @property
    def trailers(self) -> Mapping[str, str]:
        """The trailers by name; of several with one name, the last.

        Source: git-interpret-trailers(1). Only a last paragraph of nothing but trailers counts,
        as PACK writes them.
        """
        subject, _, last = self.message.strip().rpartition("\n\n")
        found = [_TRAILER.fullmatch(line) for line in last.splitlines()]
        if not subject or not all(found):
            return {}
        return {match[1]: match[2].strip() for match in found if match}


@dataclass(frozen=True, slots=True)
class LogQuery:
    """Which commits are asked for, and what of them; see `Connector.log`."""

    head: CommitId
    since: CommitId | None = None
    path: MemoryPath | None = None
    first_parent: bool = False
    with_files: bool = False
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Lineage:
    """The commits between two, as the sync reads them: a queue that is always there.

    The line follows first parents: a merge is one step, whose change is what it brought to the
    side it was made on. Whoever wrote, by whatever means, is in it (C9).

    Attributes:
        commits: Those on the line of first parents of the later one that the earlier one does not
            lead back to; the oldest first.
        is_rewritten: Whether the earlier one is none of the commits that lead to the later one, as
            the history was changed; the commits are then those after the last common one.
    """

    commits: tuple[CommitFacts, ...]
    is_rewritten: bool = False

    @property
    def is_unrelated(self) -> bool:
        """Whether no commit is in both: the line begins anew, or a shallow clone cuts it."""
        return self.is_rewritten and bool(self.commits) and not self.commits[0].parents


def compare_trees(
    before: Mapping[MemoryPath, BlobId], after: Mapping[MemoryPath, BlobId]
) -> tuple[FileChange, ...]:
    """What became of the files between two trees, sorted by path.

    A file that went and one with the same bytes that came are a move; of several, the first by
    path are matched. For stores that cannot tell moves themselves.
    """
    gone: dict[BlobId, list[MemoryPath]] = {}
    for path in sorted(before.keys() - after.keys(), reverse=True):
        gone.setdefault(before[path], []).append(path)
    changes = []
    for path in sorted(after):
        sha, old = after[path], before.get(path)
        if old is None and gone.get(sha):
            changes.append(FileChange(path, ChangeKind.MOVED, gone[sha].pop(), sha))
        elif old is None:
            changes.append(FileChange(path, ChangeKind.ADDED, None, sha))
        elif old != sha:
            changes.append(FileChange(path, ChangeKind.EDITED, None, sha))
    left = (path for paths in gone.values() for path in paths)
    changes += [FileChange(path, ChangeKind.DELETED) for path in left]
    return tuple(sorted(changes, key=lambda change: change.path))
