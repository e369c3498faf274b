"""Text that comes back: an undo, a redo, a restore, and what `git revert` does.

It is what it was before it went, so that nobody gains or loses a line by taking back a change. Only
what the change took away comes back so. And who takes back what a stronger writer did answers for
it: an AI that brings back what the person deleted has written it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from pack.core.core import Core
from pack.core.truths import STRONGEST, LineTruth
from pack.deferred import pattern
from pack.errors import NotFound
from pack.history.undoing.stack import undone_commit
from pack.log import CommitFacts, FileChange, LogQuery
from pack.model import BlobId, CommitId, MemoryPath
from pack.provenance import RESTORES, is_ours
from pack.truth.seals import is_text

_REVERTS: Final = pattern(r"^This reverts commit ([0-9a-f]{40,64})\b", re.MULTILINE)


class FormerState(NamedTuple):
    """A version that a file had.

    Attributes:
        head: A commit that has it.
        path: Where it was then.
        sha: Its blob.
        after: Its blob once the text was taken away that comes back; `None` if all of it may.
    """

    head: CommitId
    path: MemoryPath
    sha: BlobId
    after: BlobId | None = None


def former_states(
    core: Core,
    commit: CommitFacts,
    change: FileChange,
    credit: Callable[[CommitFacts], LineTruth],
) -> Iterator[FormerState]:
    """The versions from which a commit brought text back into a file.

    Args:
        core: The memory.
        commit: The commit.
        change: What it did to the file.
        credit: The truth of what a commit brought.
    """
    undone = undone_commit(commit) or _reverted(commit)
    if undone is not None:
        yield from _before(core, undone, change.path, credit, credit(commit).level)
    restored = commit.trailers.get(RESTORES) if is_ours(commit.message) else None
    if restored is not None:
        yield from _restored(core, commit, CommitId(restored), change.path, credit)


def _reverted(commit: CommitFacts) -> CommitId | None:
    """The commit that one made by git takes back; what callers of PACK say is no proof of it."""
    found = _REVERTS.search(commit.message) if not is_ours(commit.message) else None
    return CommitId(found[1]) if found else None


def _before(
    core: Core,
    undone: CommitId,
    path: MemoryPath,
    credit: Callable[[CommitFacts], LineTruth],
    level: int,
) -> Iterator[FormerState]:
    """What a file was before a commit, unless that was made by a stronger writer."""
    try:
        (facts,) = core.log.read(LogQuery(undone, first_parent=True, with_files=True, limit=1))
    except NotFound:
        return
    if credit(facts).level < level:
        return
    changes = [one for one in facts.files or () if is_text(one.path)]
    named = [one for one in changes if path in (one.path, one.old_path)]
    for change in named or (changes if len(changes) == 1 else ()):  # it may have moved since
        if change.old_sha is not None:
            yield FormerState(
                facts.parents[0], change.old_path or change.path, change.old_sha, change.sha
            )


def _restored(
    core: Core,
    commit: CommitFacts,
    state: CommitId,
    path: MemoryPath,
    credit: Callable[[CommitFacts], LineTruth],
) -> Iterator[FormerState]:
    """What a file was at a commit, unless a stronger writer has changed it since."""
    level = credit(commit).level
    try:
        sha = core.connector.get_committed(path, state)
        for parent in commit.parents[:1] if level > STRONGEST else ():
            query = LogQuery(parent, state, path, with_files=True)
            if any(credit(one).level < level for one in core.log.read(query)):
                return
    except NotFound:
        return
    if sha is not None:
        yield FormerState(state, path, sha)
