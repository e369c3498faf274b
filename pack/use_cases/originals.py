"""Files that a migration has divided, and that still count as notes: their text is there twice.

PACK 2.0.0 left a v1 file that lies in a folder among the notes that it was divided into, and so
does whoever makes notes at the root memory later. Such a file is left out by `.pack.yaml` and stays
where it is; but only if each of its lines stands in another note or in the copy in `legacy/`, so
that no text leaves the memory.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from glob import escape
from itertools import takewhile

from pack.actions import Action
from pack.catalog.scope import PROJECT_FILE, Scope, scope_of, write_scope
from pack.core.core import Core
from pack.core.decision import Decision
from pack.errors import RefusedForSafety
from pack.files.markdown import split_lines
from pack.files.note import Note
from pack.model import ABSENT, EntryType, MemoryPath, Put
from pack.paths import INDEX, LEGACY_DIR, continued


@dataclass(frozen=True, slots=True)
class Original:
    """A file that was divided and still counts.

    Attributes:
        path: Where it is.
        own_lines: The lines, counted from 1, that stand nowhere else.
    """

    path: MemoryPath
    own_lines: tuple[int, ...] = ()


def find_originals(core: Core, scope: Scope) -> list[Original]:
    """The files that were divided and are memory by a scope, sorted by path; quick if none was."""
    kept = {
        entry.name: entry.path
        for entry in core.reader.list_dir(MemoryPath(LEGACY_DIR))
        if entry.type is EntryType.FILE and not entry.name.lower().startswith(INDEX[:-3])
    }
    if not kept:
        return []
    present = {entry.path for entry in core.reader.tree() if entry.sha and scope.holds(entry.path)}
    wanted = {path: kept[name] for path in present if (name := path.rpartition("/")[2]) in kept}
    if not wanted:
        return []
    more = {path: [*takewhile(present.__contains__, _following(path))] for path in wanted}
    candidates = {*wanted, *(each for paths in more.values() for each in paths)}
    notes = {
        _body(note) for _, note in core.reader.texts(core.rows()) if note.path not in candidates
    }
    elsewhere = {line for body in notes for line in body}
    found = []
    for path, copy in sorted(wanted.items()):
        original = _examine(core, path, elsewhere, _lines_of(core, copy))
        if original is not None:
            found.append(original)
            rest = (_examine(core, each, elsewhere, ()) for each in more[path])
            found += [each for each in rest if each is not None]
    return found


def _following(path: MemoryPath) -> Iterator[MemoryPath]:
    paths = continued(path)
    next(paths)
    return paths


def _examine(
    core: Core, path: MemoryPath, elsewhere: Collection[str], kept: Collection[str]
) -> Original | None:
    """A file that was divided; `None` if less than half of it stands in other notes."""
    note = core.reader.find(path)
    if note is None:
        return None
    lines = _numbered(note)
    shared = sum(line in elsewhere for _, line in lines)
    if not lines or shared * 2 < len(lines):
        return None
    own = [number for number, line in lines if line not in elsewhere and line not in kept]
    return Original(path, tuple(own))


def _lines_of(core: Core, path: MemoryPath) -> Collection[str]:
    note = core.reader.find(path)
    return frozenset() if note is None else _body(note)


def _body(note: Note) -> frozenset[str]:
    return frozenset(line for _, line in _numbered(note))


def _numbered(note: Note) -> list[tuple[int, str]]:
    """The lines of a body that say something, with their numbers in the file."""
    lines = enumerate(split_lines(note.head.body), note.head.body_line)
    return [(number, text) for number, line in lines if (text := line.strip())]


def patterns_for(originals: Sequence[Original]) -> list[str]:
    """What leaves out those that hold nothing of their own."""
    return [f"/{escape(original.path)}" for original in originals if not original.own_lines]


def decide_to_leave_out(core: Core) -> Decision:
    """Leave the files that were divided out of the memory; they stay where they are.

    Raises:
        RefusedForSafety: One of them has lines that stand nowhere else.
        InvalidConfig: The `.pack.yaml` that is there cannot be used.
    """
    originals = find_originals(core, scope_of(core.connector).require())
    for original in originals:
        if original.own_lines:
            raise RefusedForSafety(in_words(original), REMEDY)
    found = core.reader.find(PROJECT_FILE)
    content = write_scope(patterns_for(originals), found.content if found is not None else None)
    paths = [original.path for original in originals]
    put = Put(PROJECT_FILE, content, found.sha if found is not None else ABSENT)
    subject = f"{paths[0]}: leave out what was divided"
    return Decision(PROJECT_FILE, [put], subject, names=paths)


REMEDY = f"Move what is new into another note, then {Action.MIGRATE}."


def in_words(original: Original) -> str:
    """What is the matter with a file that was divided."""
    what = f"{original.path} was divided into notes, and still counts as one"
    number = len(original.own_lines)
    if not number:
        return f"{what}: its text is in the memory twice"
    lines = f"{number} lines" if number > 1 else "a line"
    return f"{what}; it has {lines} that no other note has, from line {original.own_lines[0]} on"
