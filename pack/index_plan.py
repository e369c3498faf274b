"""Which index files a write changes, and to what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from pack import frontmatter
from pack.catalog import Catalog, Row
from pack.index import (
    PAGES_DIR,
    FolderSummary,
    IndexHead,
    IndexLine,
    folder_files,
    index_path,
    is_generated,
    is_large,
    newest,
    next_order,
    read_head,
    render_root,
)
from pack.limits import SHARD_INDEX_ABOVE
from pack.model import ABSENT, Change, Contents, Delete, Entry, MemoryPath, Put
from pack.paths import INDEX, LEGACY_DIR


class VisibleFiles(Protocol):
    """The files as a reader sees them now."""

    def find(self, path: MemoryPath) -> Contents | None:
        """A file; `None` where there is none."""
        ...

    def list_dir(self, path: MemoryPath) -> list[Entry]:
        """What a folder holds; nothing if it is missing."""
        ...


@dataclass(frozen=True, slots=True)
class IndexPlan:
    """Changes of index files, and what the writer should know about them."""

    changes: tuple[Change, ...]
    warnings: tuple[str, ...]


def plan_index(
    catalog: Catalog,
    files: VisibleFiles,
    rows: Sequence[Row],
    gone: Sequence[MemoryPath],
    moved: Mapping[str, str],
    *,
    check_all: bool = False,
) -> IndexPlan:
    """The index files that follow from a change of memory files.

    Args:
        catalog: Holds the files of the commit that the change is made on.
        files: Where the index files are read.
        rows: Files that the change adds or replaces.
        gone: Files that it removes.
        moved: New path by old one.
        check_all: Compare the index of every folder, not only of those that changed.
    """
    planner = _Planner(catalog, files, _Overlay(catalog, rows, gone))
    return planner.plan(moved, check_all=check_all)


class _Overlay:
    """The catalog as it would be after a change."""

    def __init__(self, catalog: Catalog, rows: Sequence[Row], gone: Sequence[MemoryPath]) -> None:
        self._catalog = catalog
        self._rows: dict[str, list[Row]] = {}
        self._gone: dict[str, set[MemoryPath]] = {}
        for row in rows:
            self._rows.setdefault(row.folder, []).append(row)
        for path in gone:
            self._gone.setdefault(path.rpartition("/")[0], set()).add(path)
        self.touched = self._rows.keys() | self._gone.keys()
        self._lines: dict[str, list[IndexLine]] = {}

    def lines(self, folder: str) -> list[IndexLine]:
        if folder not in self._lines:
            found = {line.path: line for line in self._catalog.lines(folder)}
            for path in self._gone.get(folder, ()):
                found.pop(path, None)
            for row in self._rows.get(folder, ()):
                found[row.path] = IndexLine(row.path, row.line, row.updated)
            self._lines[folder] = [found[path] for path in sorted(found)]
        return self._lines[folder]

    def folders(self) -> list[FolderSummary]:
        found = {summary.folder: summary for summary in self._catalog.folders()}
        for folder in self.touched:
            lines = self.lines(folder)
            found[folder] = FolderSummary(folder, len(lines), newest(lines))
        return [found[folder] for folder in sorted(found) if found[folder].files]

    def paths(self) -> list[MemoryPath]:
        return [line.path for found in self.folders() for line in self.lines(found.folder)]

    def has(self, path: str) -> bool:
        memory_path = MemoryPath(path)
        folder = path.rpartition("/")[0]
        if folder in self.touched:
            return any(line.path == path for line in self.lines(folder))
        return self._catalog.find(memory_path) is not None


class _Planner:
    def __init__(self, catalog: Catalog, files: VisibleFiles, after: _Overlay) -> None:
        self._catalog = catalog
        self._files = files
        self._find = files.find
        self._after = after
        self._folders = after.folders()
        # Listing the paths of a memory with too many files would only cost time.
        total = sum(folder.files for folder in self._folders)
        self._paths = after.paths() if total <= SHARD_INDEX_ABOVE else []
        self._large = total > SHARD_INDEX_ABOVE or is_large(self._paths)
        self._changes: list[Change] = []
        self._warnings: list[str] = []

    def plan(self, moved: Mapping[str, str], *, check_all: bool) -> IndexPlan:
        current = self._find(INDEX)
        head = read_head(current.content.decode("utf-8", "replace")) if current else IndexHead()
        sharded = self._plan_folders(head, check_all=check_all)
        if current is not None and not head.is_ours:
            self._keep_original(current)
        paths: list[str] = [*self._paths]
        if self._large:
            renamed = (moved.get(path, path) for path in head.sync_order)
            paths = [path for path in renamed if self._after.has(path)]
        order = next_order(head, paths, moved, large=self._large)
        text = render_root(order, self._folders, self._after.lines, sharded, is_large=self._large)
        self._put(INDEX, text.encode(), current)
        return IndexPlan(tuple(self._changes), tuple(self._warnings))

    def _plan_folders(self, head: IndexHead, *, check_all: bool) -> set[str]:
        """Write or remove the folders' own indexes; the folders that have one afterwards."""
        if not self._large:
            if head.sharded:
                for summary in self._catalog.folders():
                    self._compare(summary.folder, {})
            return set()
        unverified = self._catalog.unverified()
        sharded = set()
        for summary in self._folders:
            folder = summary.folder
            if self._is_the_users(folder):
                continue  # their index.md is a memory file, and stays; the root has the table
            if check_all or not head.sharded or folder in unverified:
                self._compare(folder, folder_files(folder, self._after.lines(folder)))
            elif folder in self._after.touched:
                self._replace(folder, folder_files(folder, self._after.lines(folder)))
            sharded.add(folder)
        present = {summary.folder for summary in self._folders}
        for folder in (self._after.touched | unverified) - present:
            self._compare(folder, {})
        return sharded

    def _is_the_users(self, folder: str) -> bool:
        path = index_path(folder)
        if self._after.has(path):
            return True
        if folder not in self._after.touched:
            return False
        current = self._find(path)
        return current is not None and not _is_ours(path, current)

    def _replace(self, folder: str, wanted: Mapping[MemoryPath, str]) -> None:
        """Write the files that differ from what the folder's rows gave before."""
        before = folder_files(folder, self._catalog.lines(folder))
        for path in sorted(before.keys() | wanted.keys()):
            if before.get(path) != wanted.get(path):
                self._write(path, wanted.get(path))

    def _compare(self, folder: str, wanted: Mapping[MemoryPath, str]) -> None:
        """Write the files that differ from what is stored, and remove pages that are no more."""
        pages = self._files.list_dir(MemoryPath(f"{folder}/{PAGES_DIR}"))
        stored = {entry.path for entry in pages} | {index_path(folder)}
        for path in sorted(stored | wanted.keys()):
            self._write(path, wanted.get(path))

    def _write(self, path: MemoryPath, text: str | None) -> None:
        current = self._find(path)
        if text is not None:
            self._put(path, text.encode(), current)
        elif current is not None and _is_ours(path, current):
            self._changes.append(Delete(path, current.sha))

    def _put(self, path: MemoryPath, content: bytes, current: Contents | None) -> None:
        if current is None:
            self._changes.append(Put(path, content, ABSENT))
        elif current.content != content or current.committed != current.sha:
            self._changes.append(Put(path, content, current.sha))

    def _keep_original(self, current: Contents) -> None:
        """Keep an `index.md` that PACK did not write, as its place is needed."""
        number = 1
        while True:
            ending = "" if number == 1 else f"-{number}"
            path = MemoryPath(f"{LEGACY_DIR}/index{ending}.md")
            taken = self._find(path)
            if taken is None or taken.sha == current.sha:
                break
            number += 1
        if taken is None:
            self._changes.append(Put(path, current.content, ABSENT))
        self._warnings.append(f"the index.md that PACK did not write is kept as {path}")


def _is_ours(path: MemoryPath, current: Contents) -> bool:
    text = current.content.decode("utf-8", "replace")
    return is_generated(path, frontmatter.read(text).fields)
