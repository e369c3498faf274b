"""The authority of one side's version of a file: who changed it, and how far to trust it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from pack.core.core import Core
from pack.core.truths import NoteTruth
from pack.errors import InvalidContent
from pack.files.markdown import split_lines
from pack.files.note import Note
from pack.history.assigned import assigned_in, writer_of
from pack.history.snapshot import PastStore
from pack.log import CommitFacts, LogQuery
from pack.merge.two_sides import PERSON, Authority, Rank
from pack.model import BlobId, CommitId, MemoryPath

_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)
Read = Callable[[BlobId], bytes]


def truth_at(core: Core, commit: CommitId, note: Note) -> NoteTruth | None:
    """The truth of a note in a commit that holds it; `None` if it is not text or nobody knows."""
    if core.truths is None:
        return None
    past = replace(core, connector=PastStore(core.connector, commit, _LONG_AGO))
    try:
        return core.truths.over(past).of(note)
    except InvalidContent:
        return None


def later(at: datetime, blob: BlobId | None) -> Rank:
    """The rank of a version of which the later has the place; equally old ones differ in bytes."""
    return (at - _LONG_AGO).total_seconds(), blob or ""


def authority_by_time(
    core: Core, base: CommitId | None, side: CommitId, path: MemoryPath, blob: BlobId | None
) -> Authority:
    """The authority of the version here, against what somebody sends: the later ranks higher.

    Args:
        core: The memory.
        base: What the sender had.
        side: The commit here.
        path: Where the file is here, or was.
        blob: Its bytes here; `None` if it is gone.
    """
    bases = [base] if base is not None else []
    changes = changes_since(core, bases, [side], path)
    at = max((one.at for one in changes), default=_LONG_AGO)
    read = _reader(core)
    return _authority(core, changes, [side], path, blob, read, later(at, blob))


def authority_of(
    core: Core,
    bases: Sequence[CommitId],
    side: Sequence[CommitId],
    path: MemoryPath,
    blob: BlobId | None,
    read: Read,
    rank: Rank,
) -> Authority:
    """The authority of a side's version of a file.

    Args:
        core: The memory.
        bases: What both sides started from.
        side: The side's commit, or several that are merged in memory.
        path: Where the file is on that side, or was.
        blob: Its bytes there; `None` if it is gone.
        read: Returns the bytes of a blob.
        rank: The side's rank.
    """
    changes = changes_since(core, bases, side, path)
    return _authority(core, changes, side, path, blob, read, rank)


def _authority(
    core: Core,
    changes: Sequence[CommitFacts],
    side: Sequence[CommitId],
    path: MemoryPath,
    blob: BlobId | None,
    read: Read,
    rank: Rank,
) -> Authority:
    said = assigned_in(core).levels
    gone = [one for one in changes if _deletes(one, path)] if blob is None else changes
    level = min((writer_of(one, said).level for one in gone), default=PERSON)
    found = Authority(level, rank)
    if blob is None or len(side) > 1:
        return found
    note = Note(path, read(blob))
    truth = truth_at(core, side[0], note)
    if truth is None or len(split_lines(note.exact_text())) != len(truth.lines):
        return found
    keys = {name: one.level for name, one in truth.keys.items()}
    return replace(found, lines=tuple(one.level for one in truth.lines), keys=keys)


def _deletes(commit: CommitFacts, path: MemoryPath) -> bool:
    return any(
        path == (file.path if file.sha is None else file.old_path) for file in commit.files or ()
    )


def _reader(core: Core) -> Read:
    def read(blob: BlobId) -> bytes:
        ((_, content),) = core.connector.read_blobs([blob])
        return content

    return read


def changes_since(
    core: Core, bases: Sequence[CommitId], side: Sequence[CommitId], path: MemoryPath
) -> list[CommitFacts]:
    """The commits that changed the file on this side, newest first; merges only joined others."""
    found: dict[CommitId, CommitFacts] = {}
    for head in side:
        lists = [
            {one.id: one for one in core.connector.log(LogQuery(head, base, path, with_files=True))}
            for base in bases or (None,)
        ]
        found |= {name: one for name, one in lists[0].items() if all(name in o for o in lists[1:])}
    return [one for one in found.values() if len(one.parents) <= 1]
