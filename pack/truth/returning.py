"""Text that comes back: an undo, a redo, a restore, and what `git revert` does.

It is what it was before it went, so that nobody gains or loses a line by taking back a change. Only
what the change took away comes back so. And who takes back what a stronger writer did answers for
it: an AI that brings back what the person deleted has written it.

The file may have had another path then. Where it is not found, nobody knows whose its text is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final, NamedTuple

from pack.core.core import Core
from pack.core.truths import STRONGEST, LineState, LineTruth
from pack.deferred import pattern
from pack.errors import NotFound
from pack.history.origins import UNATTRIBUTED
from pack.history.undoing.stack import undone_commit
from pack.log import CommitFacts, FileChange, LogQuery
from pack.model import BlobId, CommitId, MemoryPath
from pack.provenance import RESTORES, is_ours
from pack.truth.seals import is_text

_MOST_MOVES: Final = 100
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
) -> Iterator[FormerState | None]:
    """The versions from which a commit brought text back into a file; `None` for one not found.

    Args:
        core: The memory.
        commit: The commit.
        change: What it did to the file.
        credit: The truth of what a commit brought.
    """
    undone = undone_commit(commit) or _reverted(commit)
    if undone is not None:
        yield from _before(core, commit, undone, change.path, credit)
    restored = commit.trailers.get(RESTORES) if is_ours(commit.message) else None
    if restored is not None:
        yield from _restored(core, commit, CommitId(restored), change.path, credit)


def may_bring_back(commit: CommitFacts) -> bool:
    """Whether a commit may have brought text back; `former_states` says from where."""
    if undone_commit(commit) is not None or _reverted(commit) is not None:
        return True
    return is_ours(commit.message) and RESTORES in commit.trailers


def of_nobody(truth: LineTruth) -> LineTruth:
    """The truth of text that the person brought back, but nobody knows from where."""
    if truth.level > STRONGEST:
        return truth
    name = truth.origin.partition(":")[2]
    return replace(truth, origin=f"{UNATTRIBUTED}:{name}", state=LineState.UNATTRIBUTED)


def _reverted(commit: CommitFacts) -> CommitId | None:
    """The commit that one made by git takes back; what callers of PACK say is no proof of it."""
    found = _REVERTS.search(commit.message) if not is_ours(commit.message) else None
    return CommitId(found[1]) if found else None


def _before(
    core: Core,
    commit: CommitFacts,
    undone: CommitId,
    path: MemoryPath,
    credit: Callable[[CommitFacts], LineTruth],
) -> Iterator[FormerState | None]:
    """What a file was before a commit, unless that was made by a stronger writer."""
    try:
        (facts,) = core.log.read(LogQuery(undone, first_parent=True, with_files=True, limit=1))
    except NotFound:
        if is_ours(commit.message):
            yield None
        return
    if credit(facts).level < credit(commit).level:
        return
    changes = [one for one in facts.files or () if is_text(one.path)]
    paths = {*_paths_since(core, commit, undone, path)}
    named = [one for one in changes if not paths.isdisjoint((one.path, one.old_path))]
    if not named and changes:  # text of any of them may have come back
        yield None
    for change in named or changes:
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
) -> Iterator[FormerState | None]:
    """What a file was at a commit, unless a stronger writer has changed it since."""
    level = credit(commit).level
    try:
        for name in _paths_since(core, commit, state, path):
            for parent in commit.parents[:1] if level > STRONGEST else ():
                query = LogQuery(parent, state, name, with_files=True)
                if any(credit(one).level < level for one in core.log.read(query)):
                    return
            sha = core.connector.get_committed(name, state)
            if sha is not None:
                yield FormerState(state, name, sha)
                return
    except NotFound:
        pass
    yield None


def _paths_since(
    core: Core, commit: CommitFacts, since: CommitId, path: MemoryPath
) -> Iterator[MemoryPath]:
    """The paths that a file has had since a commit until another one, the last one first."""
    yield path
    for parent in commit.parents[:1]:
        for _ in range(_MOST_MOVES):
            query = LogQuery(parent, since, path, with_files=True, only_path=True)
            changes = (one for facts in core.log.read(query) for one in facts.files or ())
            came = [one.old_path for one in changes if one.path == path and one.old_path]
            if not came:
                return
            path = came[-1]
            yield path
