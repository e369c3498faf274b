"""Finds paths for the files of a merge, if some file systems confuse their names with others.

The files of the first side keep their names. A folder that the second side spells differently gets
the first one's spelling, and a file that cannot keep its path gets that of a conflict copy.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Set
from dataclasses import dataclass
from typing import Final

from pack.merge.copies import conflict_copy_path
from pack.model import BlobId, MemoryPath
from pack.paths import fold

_FOLDER: Final = "folder"
"""What a folder is called besides, if a file has its name."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The answer to a request for a path.

    Attributes:
        path: The path to use.
        twin: The file (under whatever spelling) or folder that is in the way; empty if there is
            none.
    """

    path: MemoryPath
    twin: str


class FreeNames:
    """The paths in use, grouped by what file systems treat as the same path."""

    def __init__(self, paths: Iterable[MemoryPath], gone: Iterable[MemoryPath]) -> None:
        """`paths` are all files before the change, `gone` those that it removes.

        A removed file cannot become a folder in the same commit, nor its folder a file.
        """
        removed = set(gone)
        self._files: dict[str, MemoryPath] = {}
        self._folders: dict[str, str] = {}
        self._former_files: set[str] = set()
        self._former_folders: set[str] = set()
        for path in sorted(paths):  # the first spelling of a folder counts
            if path in removed:
                self._former_files.add(fold(path))
                self._former_folders.update(map(fold, _folders(path)))
            else:
                self._use(path)

    def __contains__(self, folded: object) -> bool:
        """Whether a file or folder has this path, folded."""
        used = (self._files, self._folders, self._former_files, self._former_folders)
        return any(folded in paths for paths in used)

    def _use(self, path: MemoryPath) -> None:
        self._files.setdefault(fold(path), path)
        for folder in _folders(path):
            self._folders.setdefault(fold(folder), folder)

    def claim(self, path: MemoryPath) -> Claim:
        """Take a path for a new file, or say which file or folder is in the way.

        Args:
            path: Where the file should be.
        """
        wanted = self.respelt(path)
        folded = fold(wanted)
        twin = self._files.get(folded) or self._folders.get(folded, "")
        if not twin and folded in self._former_folders:
            twin = wanted
        if not twin:
            self._use(wanted)
        return Claim(wanted, twin)

    def claim_copy(self, path: MemoryPath, blob: BlobId) -> MemoryPath:
        """Take a path for the conflict copy of a version of a file."""
        copy = conflict_copy_path(self.respelt(path), blob, self)
        self._use(copy)
        return copy

    def respelt(self, path: MemoryPath) -> MemoryPath:
        """The path with its folders spelt as they are, and renamed if a file has that path."""
        *folders, last = path.split("/")
        spelt = ""
        for part in folders:
            wanted = f"{spelt}/{part}" if spelt else part
            while (folded := fold(wanted)) in self._files or folded in self._former_files:
                wanted = f"{wanted}-{_FOLDER}"
            spelt = self._folders.get(fold(wanted), wanted)
        return MemoryPath(f"{spelt}/{last}" if spelt else last)


class MixedNames:
    """The paths that are a file on one side and a folder on the other.

    No machine can make one of the other in one commit. So both give way, on every machine: the
    folder gets another name, and the file goes to a conflict copy.
    """

    def __init__(self, one: Collection[MemoryPath], other: Collection[MemoryPath]) -> None:
        self._mixed: Set[str] = frozenset()
        self._taken: Set[str] = frozenset()
        if _may_mix(one, other):
            self._compare(_names(one), _names(other))

    def _compare(self, one: _Names, other: _Names) -> None:
        (files, folders), (other_files, other_folders) = one, other
        alone = (files & folders) | (other_files & other_folders)  # a side that has both keeps both
        self._mixed = ((files & other_folders) | (other_files & folders)) - alone
        self._taken = files | folders | other_files | other_folders

    def __bool__(self) -> bool:
        return bool(self._mixed)

    def __contains__(self, path: str) -> bool:
        return fold(path) in self._mixed

    def renamed(self, path: MemoryPath) -> MemoryPath:
        """The path, with another name for each folder that has the path of a file."""
        found = ""
        for part in path.split("/")[:-1]:
            below = f"{found}/{part}" if found else part
            wanted = below
            while below in self and fold(wanted) in self._taken:
                wanted = f"{wanted}-{_FOLDER}"
            found = wanted
        name = path.rpartition("/")[2]
        return MemoryPath(f"{found}/{name}" if found else name)


_Names = tuple[Set[str], Set[str]]


def _names(paths: Collection[MemoryPath]) -> _Names:
    """The files and the folders of a tree, as a file system may have them."""
    return set(map(fold, paths)), _all_folders(paths)


def _all_folders(paths: Iterable[MemoryPath]) -> set[str]:
    return set(map(fold, {folder for path in paths for folder in _folders(path)}))


def _may_mix(one: Collection[MemoryPath], other: Collection[MemoryPath]) -> bool:
    """Whether a file that only one side has may have the path of a folder of the other.

    A file that both have would stand beside that folder on one side, too.
    """
    mine, theirs = set(one), set(other)
    return any(
        not _all_folders(all_of).isdisjoint(map(fold, alone))
        for alone, all_of in ((mine - theirs, other), (theirs - mine, one))
        if alone
    )


def _folders(path: str) -> Iterator[str]:
    while path := path.rpartition("/")[0]:
        yield path
