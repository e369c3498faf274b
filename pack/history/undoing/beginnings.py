"""Undoing what made a memory: a migration is one step, and the commit that began it stays."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pack.catalog.scope import scope_of
from pack.core.core import Core
from pack.errors import CannotUndo
from pack.history.undoing.present import PresentFiles
from pack.index.format import is_generated, may_be_generated
from pack.log import CommitFacts, LogQuery
from pack.model import BlobId, Change, Delete, EntryType, MemoryPath
from pack.paths import INDEX, original_path

Blobs = Mapping[MemoryPath, BlobId | None]
"""The blob of each file that a commit changed, before or after it."""


def refuse_beginning(core: Core, commit: CommitFacts) -> None:
    """Do nothing, unless a commit made the first index there ever was.

    Raises:
        CannotUndo: It did.
    """
    query = LogQuery(commit.parents[0], path=INDEX, limit=1)
    if not any(True for _ in core.connector.log(query)):
        raise CannotUndo(commit.id, "it began this memory")


def is_migration(core: Core, before: Blobs, after: Blobs) -> bool:
    """Whether a commit split a v1 file, of which it kept the original."""
    original = original_path(core.reader.v1_path)
    return before.get(original, original) is None and bool(after.get(original))


def before_migration(
    core: Core, commit: CommitFacts, changes: Iterable[Change], now: PresentFiles
) -> list[Change]:
    """What has to go, beside the inverse of a migration, so that the v1 file is the memory.

    Args:
        core: The memory.
        commit: The migration.
        changes: Its inverse.
        now: The files as they are.

    Raises:
        CannotUndo: That file is gone, or there is a note that it does not hold.
    """
    v1_path = core.reader.v1_path
    if now.content(v1_path) is None:
        raise CannotUndo(commit.id, f"{v1_path}, which it split, is gone")
    gone = {change.path for change in changes if isinstance(change, Delete)}
    before = {entry.path for entry in core.connector.get_tree(commit.parents[0])}
    holds = scope_of(core.connector).require().holds
    listings: list[Change] = []
    for entry in core.reader.tree():
        path = entry.path
        if entry.type is not EntryType.FILE or path in gone:
            continue
        if path == INDEX or _is_listing(core, path):
            listings.append(Delete(path, entry.sha))
        elif holds(path) and path not in before:
            reason = f"{path} was written since, and {v1_path} does not hold it"
            raise CannotUndo(commit.id, reason)
    return listings


def _is_listing(core: Core, path: MemoryPath) -> bool:
    if not may_be_generated(path):
        return False
    found = core.reader.find(path)
    return found is not None and is_generated(path, found.head.fields)
