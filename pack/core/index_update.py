"""Which index files a write changes, and to what."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import replace
from typing import Protocol

from pack.catalog.catalog import Catalog
from pack.catalog.row import Row
from pack.deferred import dataclass
from pack.files.note import Note
from pack.index.format import (
    FolderSummary,
    IndexHead,
    IndexLine,
    folder_files,
    has_pages,
    index_path,
    is_generated,
    is_large,
    is_page_path,
    newest,
    next_order,
    page_path,
    pages_dir,
    read_head,
    render_contents,
    render_folder,
    render_page,
    render_root,
    starts_page,
)
from pack.limits import SHARD_INDEX_ABOVE
from pack.model import ABSENT, LINK, Change, Delete, Entry, EntryType, MemoryPath, Put
from pack.paths import INDEX, LEGACY_DIR


class VisibleFiles(Protocol):
    """The files as a reader sees them now."""

    def find(self, path: MemoryPath) -> Note | None:
        """A file; `None` if it does not exist."""
        ...

    def list_dir(self, path: MemoryPath | None) -> list[Entry]:
        """What a folder holds, or the root; nothing if it does not exist."""
        ...

    def is_committed(self, found: Note) -> bool:
        """Whether the current commit holds the file as it was found."""
        ...

    def former_index(self) -> str | None:
        """The last `index.md` that PACK wrote, as a commit holds it; `None` if it never did."""
        ...


@dataclass(frozen=True, slots=True)
class IndexUpdate:
    """What a write does to the index files.

    Attributes:
        changes: The changes to make.
        warnings: What the writer should know.
        verified: Whether the folders that somebody else had changed were compared with their
            indexes.
    """

    changes: tuple[Change, ...]
    warnings: tuple[str, ...]
    verified: bool


def plan_index_update(
    catalog: Catalog,
    files: VisibleFiles,
    rows: Sequence[Row],
    gone: Sequence[MemoryPath],
    moved: Mapping[str, str],
    *,
    check_all: bool = False,
    order: Sequence[str] | None = None,
) -> IndexUpdate:
    """How the index files change when memory files do.

    Args:
        catalog: Describes the commit that the change is based on.
        files: Where the index files are read from.
        rows: Files that the change adds or replaces.
        gone: Files that it removes.
        moved: New path by old path.
        check_all: Compare the indexes of all folders, not only of those that change.
        order: The `sync_order` to start from; `None` for that of the present index.
    """
    planner = _Updater(catalog, files, _Overlay(catalog, rows, gone))
    return planner.plan(moved, check_all=check_all, order=order)


def type_at_index(files: VisibleFiles) -> EntryType | None:
    """What a person has put where the index belongs; `None` for nothing."""
    root = files.list_dir(None)
    return next((entry.type for entry in root if entry.path == INDEX), None)


class _Overlay:
    """The catalog as it would be after a change."""

    def __init__(self, catalog: Catalog, rows: Sequence[Row], gone: Sequence[MemoryPath]) -> None:
        self._catalog = catalog
        self._changed: dict[str, dict[MemoryPath, IndexLine | None]] = {}
        for row in rows:
            line = IndexLine(row.path, row.line, row.updated)
            self._changed.setdefault(row.folder, {})[row.path] = line
        for path in gone:
            self._changed.setdefault(path.rpartition("/")[0], {})[path] = None
        before = {summary.folder: summary for summary in catalog.folders()}
        after = before | {folder: self._summary(before, folder) for folder in self._changed}
        self.before: Mapping[str, FolderSummary] = before
        self.folders = [after[folder] for folder in sorted(after) if after[folder].files]

    @property
    def touched(self) -> Set[str]:
        """Folders in which a file changes."""
        return self._changed.keys()

    def changed(self, folder: str) -> Mapping[MemoryPath, IndexLine | None]:
        """The files of a folder that change: new row by path, `None` for a file that is removed."""
        return self._changed.get(folder, {})

    def has(self, path: str) -> bool:
        """Whether there will be such a file."""
        memory_path = MemoryPath(path)
        changed = self.changed(path.rpartition("/")[0])
        if memory_path in changed:
            return changed[memory_path] is not None
        return self._catalog.find(memory_path) is not None

    def lines(
        self,
        folder: str,
        first: MemoryPath | None = None,
        before: MemoryPath | None = None,
        limit: int | None = None,
    ) -> list[IndexLine]:
        """The rows of a folder from one path up to another, sorted; `limit` counts stored rows."""
        stored = self._catalog.lines(folder, first, before, limit)
        changed = self.changed(folder)
        if not changed:
            return stored
        found: dict[MemoryPath, IndexLine | None] = {line.path: line for line in stored}
        found |= {
            path: line
            for path, line in changed.items()
            if (first is None or path >= first) and (before is None or path < before)
        }
        return [line for path in sorted(found) if (line := found[path]) is not None]

    def page_starts(self, folder: str) -> list[MemoryPath | None]:
        """Where the pages of a folder begin, in order; `None` for a page before the first start."""
        starts = set(self._catalog.page_starts(folder))
        for path, line in self.changed(folder).items():
            if starts_page(path):
                (starts.discard if line is None else starts.add)(path)
        ordered: list[MemoryPath | None] = [*sorted(starts)]
        first = ordered[0] if ordered else None
        # At most as many rows can be gone as have changed; one more tells whether any is left.
        few = self.lines(folder, None, first, limit=len(self.changed(folder)) + 1)
        return [None, *ordered] if few else ordered

    def _summary(self, before: Mapping[str, FolderSummary], folder: str) -> FolderSummary:
        changed = self._changed[folder]
        old = before.get(folder, FolderSummary(folder, 0, None))
        known = sum(self._catalog.find(path) is not None for path in changed)
        now = [line for line in changed.values() if line is not None]
        days = (self._catalog.newest(folder, changed.keys()), newest(now))
        return FolderSummary(
            folder, old.files - known + len(now), max(filter(None, days), default=None)
        )


class _Updater:
    def __init__(self, catalog: Catalog, files: VisibleFiles, after: _Overlay) -> None:
        self._catalog = catalog
        self._files = files
        self._find = files.find
        self._after = after
        self._folders = after.folders
        # Above the limit, the number of files decides; listing their paths would only take time.
        total = sum(folder.files for folder in self._folders)
        self._paths: list[str] = []
        if total <= SHARD_INDEX_ABOVE:
            self._paths = [line.path for f in self._folders for line in after.lines(f.folder)]
        self._large = total > SHARD_INDEX_ABOVE or is_large(self._paths)
        self._unverified = catalog.unverified()
        self._changes: list[Change] = []
        self._warnings: list[str] = []
        self._root_starts: Sequence[MemoryPath | None] = ()

    def plan(
        self, moved: Mapping[str, str], *, check_all: bool, order: Sequence[str] | None
    ) -> IndexUpdate:
        current = self._find(INDEX)
        present = read_head(current.text) if current else None
        head = present if present is not None and present.is_ours else self._former_head()
        if order is not None:
            head = replace(head, sync_order=tuple(order))
        sharded = self._plan_folders(head, check_all=check_all)
        if current is not None and present is not None and not present.is_ours:
            self._keep_original(current)
        paths = self._paths
        if self._large:
            renamed = (moved.get(path, path) for path in head.sync_order)
            paths = [path for path in renamed if self._after.has(path)]
        following = next_order(head, paths, moved, large=self._large)
        text = render_root(
            following,
            self._folders,
            self._after.lines,
            sharded,
            is_large=self._large,
            root_starts=self._root_starts,
        )
        self._put_root(text.encode(), current)
        return IndexUpdate(
            tuple(self._changes), tuple(self._warnings), verified=bool(self._unverified)
        )

    def _plan_folders(self, head: IndexHead, *, check_all: bool) -> set[str]:
        """Write or remove the folders' own indexes; return the folders that have one afterwards."""
        unverified = self._unverified
        present = {summary.folder for summary in self._folders}
        if not self._large:
            may_have_one = present | self._after.before.keys() if head.sharded or check_all else ()
            self._remove(unverified.union(may_have_one))
            return set()
        compared = present if check_all or not head.sharded else unverified
        users = {folder for folder in present if self._is_the_users(folder, present)}
        for summary in self._folders:
            folder = summary.folder
            if folder in users:
                continue
            if not folder and has_pages(summary):
                self._root_starts = self._after.page_starts("")
            if folder in compared:
                self._compare(folder, folder_files(summary, self._after.lines(folder)))
            elif folder in self._after.touched:
                self._replace(summary)
        self._remove((self._after.touched | unverified) - present)
        self._remove(users & (self._after.touched | compared))
        return present - users - {""}

    def _remove(self, folders: Iterable[str]) -> None:
        for folder in sorted(folders):
            self._compare(folder, {})

    def _is_the_users(self, folder: str, present: Set[str]) -> bool:
        """Whether a user's file is where the folder's index would be; the root gets the table."""
        if folder and self._after.has(index_path(folder)):
            return True
        pages = pages_dir(folder)
        return pages in present and any(is_page_path(row.path) for row in self._after.lines(pages))

    def _replace(self, summary: FolderSummary) -> None:
        """Write only those index files of a folder that its changed files affect."""
        folder = summary.folder
        before = self._after.before.get(folder)
        if before is None or has_pages(before) != has_pages(summary):
            self._compare(folder, folder_files(summary, self._after.lines(folder)))
        elif has_pages(summary):
            self._replace_pages(summary)
        elif folder:
            self._write(index_path(folder), render_folder(summary, self._after.lines(folder)))

    def _replace_pages(self, summary: FolderSummary) -> None:
        folder = summary.folder
        starts = self._after.page_starts(folder)
        if folder:
            self._write(index_path(folder), render_contents(summary, starts))
        for start in self._changed_pages(folder, starts):
            following = next((s for s in starts if s and (start is None or s > start)), None)
            lines = self._after.lines(folder, start, following) if start in starts else []
            self._write(page_path(folder, start), render_page(folder, lines) if lines else None)

    def _changed_pages(
        self, folder: str, starts: Sequence[MemoryPath | None]
    ) -> list[MemoryPath | None]:
        """The starts of the pages that hold or held a changed file, or that it splits or joins."""
        before = self._catalog.page_starts(folder)
        changed: set[MemoryPath | None] = set()
        for path in self._after.changed(folder):
            for bounds in (before, [s for s in starts if s]):
                place = bisect_right(bounds, path)
                changed.add(bounds[place - 1] if place else None)
                if starts_page(path):
                    inner = bisect_left(bounds, path)
                    changed.add(bounds[inner - 1] if inner else None)
        return sorted(changed, key=lambda start: start or "")

    def _compare(self, folder: str, wanted: Mapping[MemoryPath, str]) -> None:
        """Write the files that differ from what is stored, and remove pages no longer needed."""
        inside = self._files.list_dir(pages_dir(folder))
        stored = {entry.path for entry in inside if is_page_path(entry.path)}
        if folder:
            stored.add(index_path(folder))
        for path in sorted(stored | wanted.keys()):
            self._write(path, wanted.get(path))

    def _write(self, path: MemoryPath, text: str | None) -> None:
        current = self._find(path)
        if text is not None:
            self._put(path, text.encode(), current)
        elif current is not None and is_generated(path, current.head.fields):
            self._changes.append(Delete(path, current.sha))

    def _put(self, path: MemoryPath, content: bytes, current: Note | None) -> None:
        if current is None:
            self._changes.append(Put(path, content, ABSENT))
        elif current.content != content or not self._files.is_committed(current):
            self._changes.append(Put(path, content, current.sha))

    def _former_head(self) -> IndexHead:
        """What a new index goes on from, where a person removed or replaced the one that was."""
        former = self._files.former_index()
        return IndexHead() if former is None else read_head(former)

    def _put_root(self, content: bytes, current: Note | None) -> None:
        if current is None and type_at_index(self._files) is EntryType.SYMLINK:
            self._changes.append(Put(INDEX, content, LINK))
            self._warnings.append(f"{INDEX} was a symbolic link; it is a file again")
        else:
            self._put(INDEX, content, current)

    def _keep_original(self, current: Note) -> None:
        """Keep an `index.md` that PACK did not write, because PACK needs its path."""
        if not current.content.strip():
            return
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
