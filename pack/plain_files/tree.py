"""The files and folders that a caller of plain files sees."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from pack.catalog.questions import Filter
from pack.catalog.row import Row
from pack.catalog.scope import Scope
from pack.core.core import Core
from pack.core.spellings import find_twin, spellings, with_folders
from pack.deferred import dataclass
from pack.errors import InvalidPath, LimitExceeded, MigrationNeeded
from pack.files.note import Note
from pack.index.format import is_generated, is_page_path
from pack.limits import MAX_COMPONENT_BYTES
from pack.model import EntryType, MemoryPath, Mode
from pack.paths import parse_memory_path, parse_stored_path
from pack.plain_files.names import find_name, stored_folder, stored_path
from pack.plain_files.refusals import FileInTheWay, NotAFile, NothingThere, ThroughLink
from pack.use_cases.write import find_twin_file, refuse_outside, refuse_twin_folder


@dataclass(frozen=True, slots=True)
class PlainTree:
    """The memory by plain names; asked inside a view of it.

    Attributes:
        core: The memory.
        scope: Which of its files are memory.
        made: Folders that are there although no file is in them.
    """

    core: Core
    scope: Scope
    made: Collection[str]

    # --- what is there -------------------------------------------------------------------------

    def find(self, name: str) -> Note | None:
        """The file of that name; `None` if there is none.

        Raises:
            LimitExceeded: It is larger than a memory file may be.
        """
        path = stored_path(name, root_notes=self._root_notes)
        may_be_there = _is_possible(path) and self.scope.holds(path)
        found = self.core.reader.find(path) if may_be_there else None
        return found if found and not is_generated(path, found.head.fields) else None

    def file(self, name: str) -> Note:
        """The file of that name.

        Raises:
            NotAFile: It is a folder.
            NothingThere, ThroughLink: It is nothing that can be read.
        """
        if not name:
            raise NotAFile(name)
        if (found := self.find(name)) is not None:
            return found
        raise NotAFile(name) if self.is_folder(name) else self.missing(name)

    def below(self, folder: str) -> list[tuple[str, Row]]:
        """The files in a folder, at any depth, with their names; sorted by name."""
        which = Filter(folder=stored_folder(folder) or None)
        rows = self.core.ask(lambda catalog: catalog.list_rows(which)).rows
        start = f"{folder}/" if folder else ""
        named = ((find_name(row.path, root_notes=self._root_notes), row) for row in rows)
        found = [(name, row) for name, row in named if name is not None and name.startswith(start)]
        return sorted(found, key=lambda one: one[0])

    def is_folder(self, name: str) -> bool:
        """Whether there is a folder of that name."""
        return not name or name in self.made or bool(self.below(name))

    def is_taken(self, name: str) -> bool:
        """Whether there is a file or a folder of that name."""
        return not name or self.find(name) is not None or self.is_folder(name)

    def missing(self, name: str) -> NothingThere | ThroughLink:
        """Why there is nothing of that name."""
        return ThroughLink(name) if self._leads_through_link(name) else NothingThere(name)

    # --- room for more -------------------------------------------------------------------------

    def refuse_below_file(self, name: str) -> None:
        """Do nothing, unless a name is below that of a file.

        Raises:
            FileInTheWay: It is.
        """
        if (file := self._file_above(name)) is not None:
            raise FileInTheWay(name, file)

    def has_room(self, name: str) -> bool:
        """Whether a name is neither below that of a file, nor leads through a link."""
        return self._file_above(name) is None and not self._leads_through_link(name)

    def new_path(self, name: str, leaving: MemoryPath | None = None) -> MemoryPath:
        """The path for a new file of that name.

        Args:
            name: What it shall be called.
            leaving: A path that is free as soon as the new file is there.

        Raises:
            InvalidPath, LimitExceeded: No memory file can have such a path, or some file systems
                confuse it with another; the message says why in plain names.
            MigrationNeeded: The memory is a single v1 file.
            IgnoredPath, ManagedPath: The rules of git say that it is not memory.
        """
        path = self._possible_path(name)
        if (twin := find_twin_file(self.core, path, leaving)) is not None:
            raise self._confusing(name, twin)
        try:
            refuse_twin_folder(self.core, path)
        except InvalidPath as error:
            raise InvalidPath(name, error.reason) from error
        return path

    def new_paths(self, names: Sequence[str], leaving: Collection[MemoryPath]) -> list[MemoryPath]:
        """The paths for new files of these names, which take the place of others.

        Raises:
            As `new_path`.
        """
        paths = list(map(self._possible_path, names))
        gone = set(leaving)
        staying = [row.path for row in self.core.rows() if row.path not in gone]
        used = {**spellings(paths), **spellings(staying)}
        for name, path in zip(names, paths, strict=True):
            if (twin := find_twin(path, used)) is not None:
                raise self._confusing(name, twin)
        return paths

    def _possible_path(self, name: str) -> MemoryPath:
        if self.core.require_mode() is Mode.V1:
            raise MigrationNeeded(self.core.reader.v1_path, "a file of another name")
        path = stored_path(name, root_notes=self._root_notes)
        try:
            path = parse_memory_path(path, at_root=self._root_notes)
            if is_page_path(path):
                raise InvalidPath(path, "this name is reserved for pages of the index")
            refuse_outside(self.core, path)
        except InvalidPath as error:
            raise InvalidPath(name, error.reason) from error
        if self._leads_through_link(name):
            raise ThroughLink(name)
        return path

    def _confusing(self, name: str, twin: str) -> InvalidPath:
        called = find_name(MemoryPath(twin), root_notes=self._root_notes) or twin
        return InvalidPath(name, f"some file systems confuse it with {called}")

    # --- how -----------------------------------------------------------------------------------

    @property
    def _root_notes(self) -> bool:
        return self.scope.root_notes is True

    def _file_above(self, name: str) -> str | None:
        return next((one for one in folders_of(name) if self.find(one) is not None), None)

    def _leads_through_link(self, name: str) -> bool:
        """Whether the first part of a path that is no folder is a link."""
        stored = stored_path(name, root_notes=self._root_notes)
        return any(map(self._is_through_link, (stored, MemoryPath(name))))

    def _is_through_link(self, path: MemoryPath) -> bool:
        if not _is_possible(path):
            return False
        above: MemoryPath | None = None
        for part in map(MemoryPath, with_folders(path)):
            found = (entry for entry in self.core.reader.list_dir(above) if entry.path == part)
            kind = next((entry.type for entry in found), None)
            if kind is not EntryType.DIR:
                return kind is EntryType.SYMLINK
            above = part
        return False


def _is_possible(path: str) -> bool:
    """Whether a file can be at a path, by whomever it was made."""
    try:
        parse_stored_path(path)
    except (InvalidPath, LimitExceeded):
        return False
    return all(len(part.encode("utf-8")) <= MAX_COMPONENT_BYTES for part in path.split("/"))


def folders_of(name: str) -> list[str]:
    """The folders that a file or folder is in, the outermost first; the root is left out."""
    return with_folders(name)[:-1]
