"""Repairs links once a v1 file was divided: in the new files, and in notes that led into it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from pack.catalog.scope import scope_of
from pack.core.core import Core
from pack.core.decision import Decision
from pack.errors import InvalidContent, LimitExceeded
from pack.files.note import Note
from pack.index.format import is_generated
from pack.model import MemoryPath, Put
from pack.paths import LEGACY_DIR
from pack.use_cases.beside import find_beside, markdown_there
from pack.v1.links import OtherFile, Repair, repair_links
from pack.v1.plan import MigrationPlan


class NothingToRepair(Exception):
    """No link needs repair."""


def repair_beforehand(
    core: Core,
    plan: MigrationPlan,
    original: Note,
    files: Sequence[tuple[MemoryPath, bytes]],
    *,
    with_others: bool,
) -> Repair:
    """What repairing would come to after a migration that has not been made yet.

    Args:
        core: The memory, which is the v1 file still.
        plan: Which line goes where.
        original: The v1 file.
        files: The new files.
        with_others: See `Lifecycle.beside_v1`.
    """
    beside = find_beside(core, with_others=with_others)
    joining = {path for path, _ in beside.joining}
    return _repair(core, plan, original, files, joining.__contains__)


def decide_repair(core: Core, plan: MigrationPlan, original: Note) -> Decision:
    """Repair the links of the files that a migration has just made, and of notes beside them.

    Raises:
        NothingToRepair: There is none.
    """
    made = [core.reader.find(MemoryPath(file.path)) for file in plan.files]
    files = [(note.path, note.content) for note in made if note is not None]
    repair = _repair(core, plan, original, files, scope_of(core.connector).require().holds)
    changes = []
    for path, text in repair.texts.items():
        note = core.reader.find(path)
        if note is not None:
            changes.append(Put(path, text.encode(), note.sha))
    if not changes:
        raise NothingToRepair
    names = [change.path for change in changes]
    subject = f"{names[0]}: repair links after the migration"
    return Decision(names[0], changes, subject, names=names[1:])


def _repair(
    core: Core,
    plan: MigrationPlan,
    original: Note,
    files: Sequence[tuple[MemoryPath, bytes]],
    is_note: Callable[[MemoryPath], bool],
) -> Repair:
    texts = [(path, content.decode("utf-8", "replace")) for path, content in files]
    present = [entry.path for entry in core.reader.tree()]
    apart = {plan.source, *(path for path, _ in files), *(n.path for n in core.reader.v1_files())}
    others = (
        OtherFile(note.path, note.text, is_note(note.path))
        for note in _readable(core)
        if note.path not in apart
    )
    return repair_links(plan.source, original.text, texts, present, others)


def _readable(core: Core) -> Iterator[Note]:
    """The markdown files that people wrote, as far as they can be read."""
    for entry in markdown_there(core):
        if entry.path.startswith(f"{LEGACY_DIR}/"):
            continue
        try:
            note = core.reader.find(entry.path)
            if note is not None and not is_generated(note.path, note.head.fields):
                note.exact_text()
                yield note
        except (InvalidContent, LimitExceeded):
            continue  # nothing is repaired in it; `validate` reports it
