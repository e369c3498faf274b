"""Which files an undo has taken back that an import had brought.

What the person deletes stays away; but whoever undoes an import may import again. All of it is
read from the history, so that every clone of a memory has the same answer.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from pack.core.core import Core
from pack.imports.records import ImportKind
from pack.log import CommitFacts, LogQuery
from pack.model import CommitId, MemoryPath
from pack.provenance import IMPORTED_FROM, UNDOES, is_ours


def taken_back(core: Core, kind: ImportKind) -> Collection[MemoryPath]:
    """The paths whose last change was the undo of such an import.

    Args:
        core: The memory.
        kind: Where the import was from.

    Raises:
        ConnectorError: The store cannot be read.
    """
    head = core.connector.head()
    if head is None:
        return ()
    commits = {one.id: one for one in core.log.read(LogQuery(head))}
    found: set[MemoryPath] = set()
    for one in commits.values():
        if one.parents and _undone_import(one, commits) == kind:
            changed = core.connector.changes_between(one.parents[0], one.id) or ()
            found |= {path for path, _ in changed} - _changed_since(core, one.id, head)
    return found


def _undone_import(undo: CommitFacts, commits: Mapping[CommitId, CommitFacts]) -> str | None:
    """What was imported by the commit that an undo takes back; `None` for any other commit."""
    steps, commit = 0, undo
    while is_ours(commit.message) and (named := commit.trailers.get(UNDOES)) is not None:
        target = commits.get(CommitId(named))
        if target is None:
            return None
        steps, commit = steps + 1, target
    is_undone = steps % 2 == 1  # the undo of an undo brings it back
    return commit.trailers.get(IMPORTED_FROM) if is_undone else None


def _changed_since(core: Core, since: CommitId, head: CommitId) -> set[MemoryPath]:
    later = core.log.read(LogQuery(head, since=since, with_files=True))
    changes = [change for one in later for change in one.files or ()]
    return {path for one in changes for path in (one.path, one.old_path) if path is not None}
