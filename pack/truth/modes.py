"""What truth levels do for a file: the setting, and what `.pack.yaml` says of its folder.

A folder may only weaken, or undo that for a part of it, and only in the person's own words: what a
machine has written there does not count, whoever brought its commit here. Nothing in a memory turns
levels on where the setting has them off or only recorded.
"""

from __future__ import annotations

from typing import NamedTuple

from pack.catalog.scope import EVERYTHING, PROJECT_FILE, Scope, read_scope
from pack.core.core import Core
from pack.core.truths import STRONGEST, TruthMode, Truths
from pack.files.note import Note
from pack.model import BlobId, CommitId, MemoryPath


class _Rules(NamedTuple):
    """The file with the rules at a commit, and what was said of its history."""

    head: CommitId | None
    notes: CommitId | None
    blob: BlobId


def mode_of(core: Core, truths: Truths, default: TruthMode, path: MemoryPath) -> TruthMode:
    """What levels do for a file.

    Args:
        core: The memory.
        truths: Says who wrote the rules.
        default: The setting.
        path: The file.

    Raises:
        ConnectorError: The store cannot be read.
    """
    blob = core.connector.get_committed(PROJECT_FILE) if default is TruthMode.ENFORCE else None
    if blob is None:
        return default
    key = _Rules(core.connector.head(), core.connector.notes_head(), blob)
    scope = core.memo.once(key, lambda: _believed(core, truths, blob))
    said = scope.truth_at(path)
    return TruthMode(said) if said is not None else default


def _believed(core: Core, truths: Truths, blob: BlobId) -> Scope:
    """The rules, if all of the file is the person's."""
    ((_, content),) = core.connector.read_blobs([blob])
    scope = read_scope(content)
    if not scope.truth or scope.problem is not None:
        return EVERYTHING
    found = truths.of(Note.stored(PROJECT_FILE, blob, content))
    return scope if all(line.level == STRONGEST for line in found.lines) else EVERYTHING
