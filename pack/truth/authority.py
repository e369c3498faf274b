"""The authority of one side's version of a file: who changed it, when, and how far to trust it."""

from __future__ import annotations

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
from pack.merge.two_sides import PERSON, Authority
from pack.model import BlobId, CommitId, MemoryPath

_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)


def truth_at(core: Core, commit: CommitId, note: Note) -> NoteTruth | None:
    """The truth of a note in a commit that holds it; `None` if it is not text or nobody knows."""
    if core.truths is None:
        return None
    past = replace(core, connector=PastStore(core.connector, commit, _LONG_AGO))
    try:
        return core.truths.over(past).of(note)
    except InvalidContent:
        return None


def authority_of(
    core: Core, base: CommitId | None, side: CommitId, path: MemoryPath, blob: BlobId | None
) -> Authority:
    """The authority of a side's version of a file.

    Args:
        core: The memory.
        base: What both sides started from.
        side: The side's commit.
        path: Where the file is on that side, or was.
        blob: Its bytes there; `None` if it is gone.
    """
    changes = _changes(core, base, side, path)
    said = assigned_in(core).levels
    levels = [writer_of(one, said).level for one in (changes if blob else changes[:1])]
    at = max((one.at for one in changes), default=_LONG_AGO)
    level = min(levels, default=PERSON)
    found = Authority(level, at, side[:7], blob or "")
    if blob is None:
        return found
    ((_, content),) = core.connector.read_blobs([blob])
    note = Note(path, content)
    truth = truth_at(core, side, note)
    if truth is None or len(split_lines(note.exact_text())) != len(truth.lines):
        return found
    keys = {name: one.level for name, one in truth.keys.items()}
    return replace(found, lines=tuple(one.level for one in truth.lines), keys=keys)


def _changes(
    core: Core, base: CommitId | None, side: CommitId, path: MemoryPath
) -> list[CommitFacts]:
    """The commits that changed the file on this side, newest first; merges only joined others."""
    found = core.connector.log(LogQuery(side, base, path))
    return [one for one in found if len(one.parents) <= 1]
