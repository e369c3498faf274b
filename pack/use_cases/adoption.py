"""What `init` would make part of a memory, for a person to agree to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from pack.catalog.refresh import bring_up
from pack.core.core import Core
from pack.errors import LimitExceeded
from pack.model import Entry, MemoryPath

Sized = tuple[MemoryPath, int]
"""A file, and its size in bytes."""

FILES_WITHOUT_ASKING: Final = 20


@dataclass(frozen=True, slots=True)
class FolderOfNotes:
    """A top folder with notes that become memory; its name is empty for the root."""

    name: str
    files: int
    size: int


@dataclass(frozen=True, slots=True)
class Adoption:
    """What `init` would do with what is there already.

    Attributes:
        folders: Each top folder with files that become memory.
        replaces_index: Whether an `index.md` of the person's makes room for PACK's; it is kept in
            `legacy/`.
        outside: Markdown files at the root that do not become memory.
    """

    folders: tuple[FolderOfNotes, ...] = ()
    replaces_index: bool = False
    outside: tuple[MemoryPath, ...] = ()

    @property
    def files(self) -> int:
        """How many files become memory."""
        return sum(folder.files for folder in self.folders)

    @property
    def size(self) -> int:
        """How many bytes they have."""
        return sum(folder.size for folder in self.folders)

    @property
    def is_asked_about(self) -> bool:
        """Whether a person has to agree."""
        return self.replaces_index or self.files > FILES_WITHOUT_ASKING


NOTHING_JOINS: Final = Adoption()

Agree = Callable[[Adoption], None]
"""Returns if the person agrees, and raises otherwise."""


def agreed(adoption: Adoption) -> None:
    """For callers who have asked already, or for whom nobody can be asked."""


def counted(notes: Iterable[Sized]) -> tuple[FolderOfNotes, ...]:
    """The top folders of some notes, sorted."""
    found: dict[str, list[int]] = {}
    for path, size in notes:
        found.setdefault(path.partition("/")[0] if "/" in path else "", []).append(size)
    return tuple(FolderOfNotes(name, len(all_), sum(all_)) for name, all_ in sorted(found.items()))


def sized(core: Core, entries: Iterable[Entry]) -> Iterator[Sized]:
    """The size of each of these files, as a reader gets it."""
    bring_up(core.catalog, core.connector, core.connector.head())
    known = {(row.path, row.blob): row.size for row in core.catalog.rows()}
    for entry in entries:
        size = known.get((entry.path, entry.sha))
        yield entry.path, _size(core, entry) if size is None else size


def _size(core: Core, entry: Entry) -> int:
    try:
        return len(core.connector.get_contents(entry.path).content)
    except LimitExceeded:  # a store that does not hide such a file has its bytes
        ((_, content),) = core.connector.read_blobs([entry.sha])
        return len(content)
