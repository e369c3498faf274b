"""Restoring one file: byte for byte as it was, in one commit that can be undone like any other.

Without a moment, a file that is gone comes back as it was before it was deleted, and one that is
there as it was before its last change; an edit by hand that is in no commit counts as one. Moves
are followed. What is there now is replaced and stays in the history.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pack.actions import Action
from pack.core.core import Core
from pack.core.decision import Decision
from pack.core.lookup import asked_path
from pack.core.session import Session
from pack.errors import AskThePerson, CannotRestore, InvalidPath
from pack.files.note import Note
from pack.history.undoing.file_versions import FileVersions, FormerVersion
from pack.history.undoing.present import PresentFiles
from pack.index.format import is_generated, may_be_generated, read_own_head
from pack.log import CommitFacts
from pack.merge.order import merge_sync_order
from pack.model import ABSENT, CommitId, MemoryPath, Mode, Put
from pack.paths import INDEX, is_memory_file
from pack.provenance import RESTORES
from pack.results import Written
from pack.use_cases.write import is_v1_file, refuse_outside, refuse_twin

RefuseChange = Callable[[CommitFacts, Action, Sequence[str]], None]
"""Returns if the writer may take back what a commit did; otherwise says what the person can do."""


@dataclass(frozen=True, slots=True)
class Restored:
    """The outcome of a restore.

    Attributes:
        written: The write.
        source: The commit whose version of the file it is.
    """

    written: Written
    source: CommitId


def restore(
    session: Session,
    path: str,
    as_of: str | None = None,
    refuse: RefuseChange | None = None,
    *,
    dry_run: bool = False,
) -> Restored:
    """Bring back a file as it was, in one commit with the index.

    Args:
        session: The writer.
        path: The file; it may be gone.
        as_of: A commit or a moment; `None` for the version before the last change.
        refuse: Asked about each commit whose change is lost from view; `None` to ask nobody.
        dry_run: Only say what would change.

    Raises:
        NotInitialised: There is no memory.
        InvalidPath: It is no memory file, or some file systems confuse its path with another.
        InvalidRequest: The memory has no commit yet, or `as_of` names no moment.
        NotFound: There was no such file, or no such commit.
        CannotRestore: There is no version before, or the file is like that already.
        RefusedForSafety: A folder has its path, or a file has that of its folder.
        PackError: The store refused; nothing was written.
    """
    core = session.core
    core.require_mode()
    sources: list[CommitId] = []  # one for each time that it is decided

    def decide() -> Decision:
        target = _target(core, path)
        current = core.reader.find(target)
        versions = FileVersions(core)
        found = versions.find(target, current, as_of, path)
        if refuse is not None:
            _refuse_changes(versions, target, current, found, refuse)
        if current is not None and current.sha == found.blob:
            raise CannotRestore(target, "it is like that already")
        sources.append(found.commit)
        return _decision(core, target, current, found)

    written = session.write(decide, dry_run=dry_run)
    return Restored(written, sources[-1])


def _target(core: Core, text: str) -> MemoryPath:
    path = asked_path(core, text)
    if is_v1_file(core, path):
        return path
    if not path.lower().endswith(".md"):
        path = MemoryPath(f"{path}.md")
    if not is_memory_file(path):
        reason = "this index is generated" if path == INDEX else "it is not that of a memory file"
        raise InvalidPath(text, reason)
    refuse_outside(core, path)
    return path


def _refuse_changes(
    versions: FileVersions,
    target: MemoryPath,
    current: Note | None,
    found: FormerVersion,
    refuse: RefuseChange,
) -> None:
    """Do nothing, unless the writer may not take back all that was done to a file since.

    Raises:
        AskThePerson: So it is.
    """
    words = [target, found.commit[:12]]
    if versions.is_edited(target, current):
        raise AskThePerson(f"{target} was changed by hand", Action.RESTORE, words)
    for commit in versions.since(found):
        refuse(commit, Action.RESTORE, words)


def _decision(
    core: Core, target: MemoryPath, current: Note | None, found: FormerVersion
) -> Decision:
    ((_, content),) = core.connector.read_blobs([found.blob])
    note = Note.stored(target, found.blob, content)
    if may_be_generated(target) and is_generated(target, note.head.fields):
        raise InvalidPath(target, "this index is generated")
    order = None
    if current is None:
        PresentFiles(core).refuse_blocked(target)
        refuse_twin(core, target)
        order = _order(core, target, found.commit)
    return Decision(
        target,
        [Put(target, content, current.sha if current else ABSENT)],
        f"{target}: restore from {found.commit[:12]}",
        order=order,
        with_index=core.reader.mode() is Mode.V2,
        trailers=((RESTORES, found.commit),),
    )


def _order(core: Core, target: MemoryPath, commit: CommitId) -> Sequence[str] | None:
    """The order for sync with a file that comes back where it was."""
    before = FileVersions(core).order_at(commit)
    present = core.reader.find(INDEX)
    if before is None or present is None or target not in before:
        return None
    without = [path for path in before if path != target]
    now = read_own_head(present.content)
    return merge_sync_order(without, now.sync_order, before) if now is not None else None
