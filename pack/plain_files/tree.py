"""The files and folders that a caller of plain files sees."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from pack.catalog.row import Row
from pack.catalog.scope import scope_of
from pack.core.core import Core
from pack.core.spellings import find_twin, spellings, with_folders
from pack.deferred import dataclass
from pack.errors import InvalidPath, MigrationNeeded
from pack.index.format import is_page_path
from pack.model import EntryType, MemoryPath, Mode
from pack.paths import parse_memory_path
from pack.plain_files.names import find_name, stored_path
from pack.plain_files.refusals import FileInTheWay, NotAFile, NothingThere, ThroughLink
from pack.use_cases.write import refuse_outside


@dataclass(frozen=True, slots=True)
class PlainTree:
    """The memory at one moment, by plain names.

    Attributes:
        core: The memory.
        files: The row of each file, by its name.
        folders: All folders, those without files too. The root, `""`, is one.
        root_notes: Whether notes at the root are memory.
    """

    core: Core
    files: Mapping[str, Row]
    folders: Collection[str]
    root_notes: bool

    @classmethod
    def of(cls, core: Core, made: Collection[str]) -> PlainTree:
        """The tree of a memory as it is now.

        Args:
            core: The memory; this is called inside a view of it.
            made: Folders that are there although no file is in them.
        """
        root_notes = scope_of(core.connector).root_notes is True
        named = ((find_name(row.path, root_notes=root_notes), row) for row in core.rows())
        files = {name: row for name, row in named if name is not None}
        folders = {"", *made}
        for name in files:
            folders.update(folders_of(name))
        return cls(core, files, folders, root_notes)

    def is_taken(self, name: str) -> bool:
        """Whether there is a file or a folder of that name."""
        return name in self.files or name in self.folders

    def file(self, name: str) -> Row:
        """The row of a file.

        Raises:
            NotAFile: It is a folder.
            NothingThere, ThroughLink: It is nothing that can be read.
        """
        if name in self.folders:
            raise NotAFile(name)
        found = self.files.get(name)
        if found is None:
            raise self.missing(name)
        return found

    def missing(self, name: str) -> NothingThere | ThroughLink:
        """Why there is nothing of that name."""
        return ThroughLink(name) if self._leads_through_link(name) else NothingThere(name)

    def below(self, folder: str) -> Iterator[tuple[str, Row]]:
        """The files in a folder, at any depth, with their names; sorted by name."""
        start = f"{folder}/" if folder else ""
        return ((name, row) for name, row in sorted(self.files.items()) if name.startswith(start))

    def refuse_below_file(self, name: str) -> None:
        """Do nothing, unless a name is below that of a file.

        Raises:
            FileInTheWay: It is.
        """
        if (file := self._file_above(name)) is not None:
            raise FileInTheWay(name, file)

    def has_no_room(self, name: str) -> bool:
        """Whether a name is below that of a file, or leads through a link."""
        return self._file_above(name) is not None or self._leads_through_link(name)

    def _file_above(self, name: str) -> str | None:
        return next((folder for folder in folders_of(name) if folder in self.files), None)

    def new_paths(
        self, names: Collection[str], leaving: Collection[MemoryPath] = ()
    ) -> list[MemoryPath]:
        """The paths for new files of these names.

        Args:
            names: What they shall be called.
            leaving: Paths that are free as soon as the new ones are there.

        Raises:
            InvalidPath, LimitExceeded: No memory file can have such a path, or some file systems
                confuse it with another; the message says why in plain names.
            MigrationNeeded: The memory is a single v1 file.
            IgnoredPath, ManagedPath: The rules of git say that it is not memory.
        """
        if self.core.require_mode() is Mode.V1:
            raise MigrationNeeded(self.core.reader.v1_path, "a file of another name")
        paths = [self._new_path(name) for name in names]
        there = {entry.path for entry in self.core.reader.tree()} - set(leaving)
        used = {**spellings(paths), **spellings(there)}
        inner = {part for path in there for part in with_folders(path)[:-1]}
        links = self._links()
        for name, path in zip(names, paths, strict=True):
            if not links.isdisjoint(with_folders(path)):
                raise ThroughLink(name)
            if path in inner or not there.isdisjoint(with_folders(path)):
                raise InvalidPath(name, "something that is no memory is in the way")
            if (twin := find_twin(path, used)) is not None:
                raise InvalidPath(name, f"some file systems confuse it with {self._called(twin)}")
        return paths

    def _new_path(self, name: str) -> MemoryPath:
        path = stored_path(name, root_notes=self.root_notes)
        try:
            path = parse_memory_path(path, at_root=self.root_notes)
            if is_page_path(path):
                raise InvalidPath(path, "this name is reserved for pages of the index")
            refuse_outside(self.core, path)
        except InvalidPath as error:
            raise InvalidPath(name, error.reason) from error
        return path

    def _called(self, path: str) -> str:
        """What a path in use is called here: the name of a file; a folder keeps its own."""
        names = {row.path: name for name, row in self.files.items()}
        return names.get(MemoryPath(path), path)

    def _leads_through_link(self, name: str) -> bool:
        path = stored_path(name, root_notes=self.root_notes)
        return not self._links().isdisjoint([*with_folders(path), *with_folders(name)])

    def _links(self) -> set[str]:
        entries = self.core.reader.tree()
        return {entry.path for entry in entries if entry.type is EntryType.SYMLINK}


def folders_of(name: str) -> list[str]:
    """The folders that a file or folder is in, the outermost first; the root is left out."""
    return with_folders(name)[:-1]
