"""Where a file of theirs can be in our tree: names that some file systems take for another.

Ours keep their names. A folder that theirs spell differently is spelt as here; a file that cannot
be where it was goes to the path of a conflict copy.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pack.merge.copies import conflict_copy_path, copy_word
from pack.model import MemoryPath
from pack.paths import fold


@dataclass(frozen=True, slots=True)
class Claim:
    """What a path that is wanted comes to.

    Attributes:
        path: The path to use.
        twin: The file that is there already under another spelling, or is a folder; empty if none.
    """

    path: MemoryPath
    twin: str


class FreeNames:
    """The paths that are in use, by what file systems take for the same."""

    def __init__(self, paths: Iterable[MemoryPath], gone: Iterable[MemoryPath]) -> None:
        """`paths` are all files as they were, `gone` those that are removed now.

        A removed file still is no folder, nor its folder a file: one commit cannot be both.
        """
        removed = set(gone)
        self._files: dict[str, MemoryPath] = {}
        self._folders: dict[str, str] = {}
        self._former_files: set[str] = set()
        self._former_folders: set[str] = set()
        for path in paths:
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

    def claim(self, path: MemoryPath, name: str) -> Claim:
        """Take a path for a new file, or if it cannot be had, the one the twin has.

        Args:
            path: Where the file would be.
            name: A word for folders that cannot be called as they are.
        """
        wanted = self.respelt(path, name)
        folded = fold(wanted)
        twin = self._files.get(folded) or self._folders.get(folded, "")
        if not twin and folded in self._former_folders:
            twin = wanted
        if not twin:
            self._use(wanted)
        return Claim(wanted, twin)

    def claim_copy(self, path: MemoryPath, name: str) -> MemoryPath:
        """Take a path for the conflict copy of a file."""
        copy = conflict_copy_path(self.respelt(path, name), name, self)
        self._use(copy)
        return copy

    def respelt(self, path: MemoryPath, name: str) -> MemoryPath:
        """The path with its folders spelt as here, and none where a file is."""
        *folders, last = path.split("/")
        spelt = ""
        for part in folders:
            wanted = f"{spelt}/{part}" if spelt else part
            while (folded := fold(wanted)) in self._files or folded in self._former_files:
                wanted = f"{wanted}-{copy_word(name)}"
            spelt = self._folders.get(fold(wanted), wanted)
        return MemoryPath(f"{spelt}/{last}" if spelt else last)


def _folders(path: str) -> Iterator[str]:
    while path := path.rpartition("/")[0]:
        yield path
