"""What truth levels do for a file: the setting, and what `.pack.yaml` says of its folder.

A folder may only weaken, or undo that for a part of it, and only in the person's own words: what a
machine has made of the file does not count, whoever brought its commit here. Nothing in a memory
turns levels on where the setting has them off or only recorded. Of the file itself, only the
setting decides.
"""

from __future__ import annotations

from typing import NamedTuple

from pack.catalog.scope import EVERYTHING, PROJECT_FILE, Scope, read_scope
from pack.core.core import Core
from pack.core.truths import STRONGEST, LineState, TruthMode, Truths
from pack.files.note import Note
from pack.history.assigned import assigned_in, writer_of
from pack.history.follow import follow
from pack.log import CommitFacts
from pack.model import BlobId, CommitId, MemoryPath
from pack.provenance import is_ours


class _Rules(NamedTuple):
    """The file with the rules at a commit, and what was said of its history."""

    head: CommitId
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
    if default is not TruthMode.ENFORCE or path == PROJECT_FILE:
        return default
    said = believed(core, truths).truth_at(path)
    return TruthMode(said) if said is not None else default


def believed(core: Core, truths: Truths) -> Scope:
    """What `.pack.yaml` says of levels and of other copies, if it is wholly the person's.

    Otherwise it says nothing. Which files are memory is not decided by who wrote it.

    Raises:
        ConnectorError: The store cannot be read.
    """
    head, blob = core.connector.head(), core.connector.get_committed(PROJECT_FILE)
    if head is None or blob is None:
        return EVERYTHING
    key = _Rules(head, core.connector.notes_head(), blob)
    return core.memo.once(key, lambda: _believed(core, truths, head, blob))


def _believed(core: Core, truths: Truths, head: CommitId, blob: BlobId) -> Scope:
    ((_, content),) = core.connector.read_blobs([blob])
    scope = read_scope(content)
    says_something = scope.truth or scope.vault_mode != EVERYTHING.vault_mode
    if not says_something or scope.problem is not None:
        return EVERYTHING
    lines = truths.of(Note.stored(PROJECT_FILE, blob, content)).lines
    are_theirs = all(
        line.level == STRONGEST and line.state is not LineState.UNATTRIBUTED for line in lines
    )
    return scope if are_theirs and _is_made_by_the_person(core, head, blob) else EVERYTHING


def _is_made_by_the_person(core: Core, head: CommitId, blob: BlobId) -> bool:
    """Whether the person made the file what it is.

    Lines alone do not tell: where a machine takes some away, or puts them in another place, all
    that is left is the person's.
    """
    steps = follow(core.log, head, PROJECT_FILE, at_once=1, with_others=True)
    made = next((commit for commit, change in steps if change.sha == blob), None)
    return made is not None and (_is_merge_of_ours(made) or _is_by_the_person(core, made))


def _is_merge_of_ours(commit: CommitFacts) -> bool:
    """Whether PACK merged two versions, which takes nothing from the person's side."""
    return len(commit.parents) > 1 and is_ours(commit.message)


def _is_by_the_person(core: Core, commit: CommitFacts) -> bool:
    writer = writer_of(commit, assigned_in(core).levels)
    return writer.level == STRONGEST and writer.is_attributed
