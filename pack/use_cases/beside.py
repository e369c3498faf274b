"""What lies beside a v1 file that is migrated, and whether it becomes part of the memory.

A v1 memory is one file, so everything else in its repository was no memory. A migration leaves it
so, apart from what is in the usual folders: else clients that read the whole memory would get all
of a project's documents. The original itself counts once, wherever it lies.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from glob import escape

from pack.catalog.scope import PROJECT_FILE, Scope, read_scope, write_scope
from pack.core.core import Core
from pack.errors import InvalidPlan, RefusedForSafety
from pack.model import ABSENT, Entry, EntryType, MemoryPath, Put
from pack.paths import INDEX
from pack.use_cases.adoption import Sized, sized
from pack.v1.taxonomy import FOLDERS


@dataclass(frozen=True, slots=True)
class Beside:
    """The notes beside a v1 file.

    Attributes:
        joining: Those that become part of the memory.
        outside: Those that do not, the ones at the root included.
    """

    joining: tuple[Sized, ...]
    outside: tuple[Sized, ...]


def find_beside(core: Core, *, with_others: bool) -> Beside:
    """See `Lifecycle.beside_v1`."""
    scope = _present(core)
    originals = {note.path for note in core.reader.v1_files()}
    joining: list[Sized] = []
    outside: list[Sized] = []
    beside = (entry for entry in markdown_there(core) if entry.path not in originals)
    for path, size in sized(core, beside):
        joins = scope.holds(path) and (with_others or _is_chosen(core) or _top(path) in FOLDERS)
        (joining if joins else outside).append((path, size))
    return Beside(tuple(joining), tuple(outside))


def markdown_there(core: Core) -> Iterator[Entry]:
    """The markdown files that are there, apart from hidden ones and `index.md`."""
    for entry in core.reader.tree():
        is_hidden = any(part.startswith(".") for part in entry.path.split("/"))
        is_note = entry.type is EntryType.FILE and entry.sha and entry.path != INDEX
        if is_note and not is_hidden and entry.path.lower().endswith(".md"):
            yield entry


def _top(path: str) -> str:
    return path.partition("/")[0] if "/" in path else ""


def _present(core: Core) -> Scope:
    found = core.reader.find(PROJECT_FILE)
    return Scope() if found is None else read_scope(found.content).require()


def _is_chosen(core: Core) -> bool:
    """Whether somebody has already said what is memory."""
    return core.reader.find(PROJECT_FILE) is not None


def scope_changes(core: Core, made: Sequence[MemoryPath], beside: Beside) -> list[Put]:
    """The `.pack.yaml` that keeps out what a migration does not make part of the memory.

    Args:
        core: The memory.
        made: The files that the migration makes.
        beside: What lies beside the v1 file.

    Raises:
        InvalidPlan: The file that is there leaves one of the new files out.
        InvalidConfig: It cannot be used.
    """
    found = core.reader.find(PROJECT_FILE)
    scope = _present(core)
    for path in made:
        if (rule := scope.left_out_by(path)) is not None:
            raise InvalidPlan(f"{PROJECT_FILE} leaves {path} out ({rule})")
    apart = [note.path for note in core.reader.v1_files() if scope.holds(note.path)]
    apart += [path for path, _ in beside.outside if scope.holds(path)]
    patterns = _patterns(apart, made)
    if not patterns:
        return []
    content = write_scope(patterns, found.content if found is not None else None)
    return [Put(PROJECT_FILE, content, found.sha if found is not None else ABSENT)]


def _patterns(paths: Sequence[MemoryPath], made: Sequence[MemoryPath]) -> list[str]:
    """Patterns for files: their outermost folder, unless the memory uses it too."""
    used = {*FOLDERS, *map(_top, made), ""}
    texts = (f"/{escape(p)}" if (top := _top(p)) in used else f"/{escape(top)}/" for p in paths)
    return list(dict.fromkeys(texts))


def refuse_link(core: Core, path: MemoryPath) -> None:
    """Refuse a path at which there is a link.

    Raises:
        RefusedForSafety: There is one.
    """
    folder = path.rpartition("/")[0]
    for entry in core.reader.list_dir(MemoryPath(folder) if folder else None):
        if entry.path == path and entry.type is EntryType.SYMLINK:
            raise RefusedForSafety(
                f"{path} is a symbolic link, which PACK does not follow",
                "Put the file itself in its place.",
            )
