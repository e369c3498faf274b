"""The truth of what a commit brought: that of its writer, as far as its message can be believed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from pack.core.truths import STRONGEST, LineState, LineTruth
from pack.history.origins import UNATTRIBUTED, WrittenBy, written_by
from pack.log import CommitFacts
from pack.model import BlobId
from pack.truth.seals import holds, is_sealed

ReadBlob = Callable[[BlobId | None], bytes]


def credit_of(commit: CommitFacts, read: ReadBlob, *, is_joined: bool = False) -> LineTruth:
    """The truth of the lines that a commit brought.

    Args:
        commit: With its files.
        read: The bytes of a blob; none for `None`.
        is_joined: Whether it is of a history that began elsewhere; see `pack.history.joined`.
    """
    writer = _believed(commit, read)
    if is_joined and not writer.is_ours and writer.level == STRONGEST:
        writer = _unattributed(writer)
    state = LineState.WRITTEN
    if not writer.is_attributed:
        state = LineState.UNATTRIBUTED
    elif writer.is_accepted:
        state = LineState.ACCEPTED
    return LineTruth(writer.level, writer.origin, state, commit.id)


def _believed(commit: CommitFacts, read: ReadBlob) -> WrittenBy:
    """The writer; one made again is believed if it brought what PACK wrote, others less."""
    if len(commit.parents) > 1 or not is_sealed(commit):
        return written_by(commit)
    writer = written_by(replace(commit, authored_at=None))
    if not writer.is_ours:
        return written_by(commit)
    if not writer.is_attributed or holds(commit, read):
        return writer
    return _unattributed(writer)


def _unattributed(writer: WrittenBy) -> WrittenBy:
    name = writer.origin.partition(":")[2]
    return writer._replace(origin=f"{UNATTRIBUTED}:{name}", level=STRONGEST, is_attributed=False)
