"""What a write decides: which file it changes, whether the caller has read it, what is stored."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from pack.catalog.refresh import bring_up
from pack.catalog.scope import scope_of
from pack.core.core import Core
from pack.core.decision import Decision
from pack.core.lookup import asked_path, nothing_there
from pack.core.requests import check_text
from pack.errors import InvalidContent, InvalidPath, MigrationNeeded, PartlyRead
from pack.files import schema
from pack.files.frontmatter import Frontmatter
from pack.files.losses import Span, loses_unseen, loss
from pack.files.note import Note, title_from_path
from pack.index.format import is_generated, is_page_path, may_be_generated
from pack.model import ABSENT, BlobId, MemoryPath, Mode, Put
from pack.paths import as_path, fold, is_memory_file, parse_memory_path


def find_target(core: Core, path: str) -> tuple[MemoryPath, Note | None]:
    """The path that a write is about, and the note there now.

    Raises:
        NotInitialised: There is no memory.
        MigrationNeeded: The memory is a single v1 file, and the path is a different one.
        InvalidPath: No memory file can have this path.
        IgnoredPath, ManagedPath: The rules of git say that it is not memory.
    """
    mode = core.require_mode()
    target = asked_path(core, path)
    if mode is Mode.V1:
        if target != core.reader.v1_path:
            raise MigrationNeeded(core.reader.v1_path, path)
        core.reader.refuse_excluded(target)
        return target, core.reader.find(target)
    refuse_outside(core, target)
    current = core.reader.find(target) if is_memory_file(target) else None
    if current is None:
        target = new_path(target)
        refuse_twin(core, target)
    elif _is_generated(current):
        raise InvalidPath(path, "this index is generated")
    return target, current


def new_path(text: str) -> MemoryPath:
    """A path that a new memory file can have.

    Raises:
        InvalidPath, LimitExceeded: No new memory file can have it.
    """
    path = parse_memory_path(as_path(text), at_root=True)  # `refuse_outside` knows if it may
    if is_page_path(path):
        raise InvalidPath(text, "this name is reserved for pages of the index")
    return path


def refuse_outside(core: Core, path: MemoryPath) -> None:
    """Refuse a path that is not memory by git's rules or `.pack.yaml`: a note there would vanish.

    Raises:
        IgnoredPath, ManagedPath: By git's; the message names the rule.
        InvalidPath: By `.pack.yaml`; so does this one.
        InvalidConfig: It is not certain, because that file cannot be used.
    """
    core.reader.refuse_excluded(path)
    scope_of(core.connector).require().refuse_left_out(path)


def refuse_twin(core: Core, path: MemoryPath, leaving: MemoryPath | None = None) -> None:
    """Refuse a path that some file systems confuse with another path in use.

    Raises:
        InvalidPath: There is such a path; the message names it.
    """
    if (twin := find_twin_file(core, path, leaving)) is not None:
        raise InvalidPath(path, f"some file systems confuse it with {twin}")
    refuse_twin_folder(core, path)


def find_twin_file(
    core: Core, path: MemoryPath, leaving: MemoryPath | None = None
) -> MemoryPath | None:
    """Another memory file that some file systems take for the one at a path; `None` without one."""
    bring_up(core.catalog, core.connector, core.connector.head())
    twins = core.catalog.twins(fold(path))
    return next((twin for twin in twins if twin not in (path, leaving)), None)


def refuse_twin_folder(core: Core, path: MemoryPath) -> None:
    """Refuse a path in a folder that some file systems confuse with one in the catalog.

    Raises:
        InvalidPath: There is such a folder; the message names it.
    """
    used = {fold(part): part for f in core.catalog.folders() for part in _ancestors(f.folder)}
    for folder in _ancestors(path.rpartition("/")[0]):
        other = used.get(fold(folder), folder)
        if other != folder:
            raise InvalidPath(path, f"some file systems confuse {folder}/ with {other}/")


def _ancestors(folder: str) -> list[str]:
    parts = folder.split("/")
    return ["/".join(parts[:end]) for end in range(1, len(parts) + 1)]


def find_existing(core: Core, path: str) -> tuple[MemoryPath, Note]:
    """The path and the note that a write is about; the file must exist.

    Raises:
        NotFound: It does not exist.
        PackError: As `find_target`.
    """
    target, current = find_target(core, path)
    if current is None:
        raise nothing_there(core, path)
    return target, current


def is_v1_file(core: Core, path: MemoryPath) -> bool:
    """Whether a path is the file of a v1 memory; in a v2 memory, it is a file like any other."""
    return core.reader.mode() is Mode.V1 and path == core.reader.v1_path


def _is_generated(note: Note) -> bool:
    return may_be_generated(note.path) and is_generated(note.path, note.head.fields)


LinesShown = Callable[[MemoryPath, BlobId], Sequence[Span] | None]
"""Which lines of a version of a file a writer was shown; `None` for all, or if that is unknown."""


@dataclass(frozen=True, slots=True)
class Wording:
    """How a write is described in the log: a verb, and the caller's own words."""

    verb: str
    said: str | None


def store(
    core: Core, target: MemoryPath, current: Note | None, given: Frontmatter, wording: Wording
) -> Decision:
    """The decision to store a text in place of what is there.

    Args:
        core: The memory.
        target: The path to store it at.
        current: What is there; `None` if nothing is.
        given: The text.
        wording: How the log describes it.

    Raises:
        InvalidContent, LimitExceeded: It cannot be stored.
    """
    expected = current.sha if current else ABSENT
    subject = f"{target}: {wording.verb}"
    if is_v1_file(core, target):
        # A v1 file belongs entirely to the user, so nothing is added to it.
        change = Put(target, check_text(given), expected)
        return Decision(target, [change], subject, wording.said, with_index=False)
    previous = current.head if current else None
    if scope_of(core.connector).keeper(target) is not None:
        stamped = schema.Stamped(schema.carry_over(given, previous), None)
    else:
        stamped = schema.stamp(given, previous, core.clock(), title_from_path(target))
    note = Note.planned(target, check_text(stamped.head), stamped.head)
    if _is_generated(note):
        # The file would be hidden, and the next write would replace it.
        raise InvalidContent("`pack_index` in the frontmatter marks an index that PACK generates")
    return Decision(
        target,
        [Put(target, note.content, expected)],
        subject,
        wording.said,
        warnings=tuple(filter(None, (stamped.warning, note.unusual_form()))),
        notes=[note],
    )


def warned_of_loss(
    decision: Decision,
    current: Note,
    given: Frontmatter,
    lines_shown: LinesShown | None,
) -> Decision:
    """The decision, with a warning if the new text leaves out most of a long note.

    A writer who was shown only a part of it must not leave out anything else.

    Args:
        decision: To store the text.
        current: What is there.
        given: The text.
        lines_shown: What the caller was shown; `None` if that is unknown.

    Raises:
        PartlyRead: The caller was shown only a part of a long note, and the new text leaves out
            most of the note, or some of the other part.
    """
    head = current.head
    found = loss(head.body, given.body)
    shown = lines_shown(current.path, current.sha) if lines_shown is not None else None
    if shown is not None and (
        found.is_large or loses_unseen(head.body, given.body, head.body_line, shown)
    ):
        raise PartlyRead(current.path, found.lost, found.total)
    if not found.is_large:
        return decision
    warning = (
        f"{found.lost} of the {found.total} lines that {current.path} had are not in the new text. "
        f"If that was not meant, put them back: git keeps the version before as {current.sha}."
    )
    return replace(decision, warnings=(*decision.warnings, warning))
