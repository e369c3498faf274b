"""The three sides of a merge that carries one change over to what is there now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from pack.catalog.scope import scope_of
from pack.core.core import Core
from pack.errors import NotFound
from pack.history.undoing.present import PresentFiles
from pack.merge.moves import Tree
from pack.model import BlobId, CommitId, MemoryPath

Blobs = Mapping[MemoryPath, BlobId | None]


class Sides(NamedTuple):
    """The trees that are merged."""

    base: Tree
    ours: Tree
    theirs: Tree


def sides_of(core: Core, base: Blobs, theirs: Blobs, at: CommitId, now: PresentFiles) -> Sides:
    """Base, ours and theirs, without the files that a merge has no reason to look at.

    If a file is gone that the base has, it may have been moved since, so all files that have
    changed since are compared.

    Args:
        core: The memory.
        base: The blobs of the changed files at a commit.
        theirs: The same files as the change would leave them.
        at: That commit.
        now: The files as they are.

    Raises:
        NotFound: This clone does not have all of the history.
    """
    ours = {path: now.blob(path) for path in base}
    all_base, all_theirs = dict(base), dict(theirs)
    if any(blob is not None and ours[path] is None for path, blob in base.items()):
        since = now.changed_since(at)
        head = core.connector.head()
        was = diff_of(core, head, at) if head is not None else {}
        held = scope_of(core.connector).require().holds
        for path in since.keys() - base.keys():
            # One that only differs by an edit by hand has the same blob in both commits.
            if held(path):
                ours[path] = since[path]
                blob = was.get(path, core.connector.get_committed(path))
                all_base[path] = all_theirs[path] = blob
    return Sides(_files(all_base), _files(ours), _files(all_theirs))


def diff_of(core: Core, old: CommitId, new: CommitId) -> dict[MemoryPath, BlobId | None]:
    """The blobs of the files that differ between two commits, as the later one has them.

    Raises:
        NotFound: This clone does not have all of the history.
    """
    found = core.connector.changes_between(old, new)
    if found is None:
        raise NotFound(f"commit {old}", "This clone does not have all of the history.")
    return dict(found)


def _files(tree: Blobs) -> Tree:
    return {path: blob for path, blob in tree.items() if blob is not None}
