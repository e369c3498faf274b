"""`index.md`: what is in the memory, and the order for sync.

The same tree gives the same bytes in every process: nothing here depends on a clock, a locale or
the order in which files arrived. Above 500 files, the tables move into the folders, and the table
of a folder with more than 500 files is split into pages, so that no write stores a table of
thousands of rows.

Why pages: git stores a changed file whole. With 2,500 files, a folder's table in one piece cost
more than git's own tree of the folder; with 25,000, it cost a megabyte per write. A page begins at
every name whose checksum ends in seven zero bits, so the split depends only on the names, and a new
file changes its own page and rarely a neighbouring one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from hashlib import sha1
from typing import Final
from urllib.parse import quote
from zlib import crc32

from pack.deferred import dataclass, pattern
from pack.files import frontmatter
from pack.limits import SHARD_INDEX_ABOVE, SHARD_INDEX_CHARACTERS
from pack.model import MemoryPath
from pack.paths import INDEX

_TABLE_HEAD: Final = "| File | Topic | Tags | Updated |\n| --- | --- | --- | --- |\n"
_FOLDER_HEAD: Final = "| Folder | Files | Updated |\n| --- | --- | --- |\n"
_ROOT_NOTE: Final = (
    "PACK writes this file with every change. Only the order under `sync_order` is yours to edit.\n"
)
_FOLDER_NOTE: Final = "PACK writes this file with every change in this folder.\n"
_PAGES_HEAD: Final = "| Files from |\n| --- |\n"
PAGES_DIR: Final = "index"
_PAGE_NAME: Final = pattern(r"p-[0-9a-f]{16}\.md")
_PAGE_MASK: Final = 0x7F  # a page of 128 rows on average
_LINK_SAFE: Final = "/!$&+,;=@~"
_PLAIN_SCALAR: Final = pattern(r"[A-Za-z0-9_./][\w./ -]*[\w.]")
# What a row can hold unescaped: a name, and below it words separated by single spaces.
_PLAIN_ROW: Final = pattern(r"[A-Za-z0-9._-]+\n[A-Za-z0-9.,:;'/_-]++(?: [A-Za-z0-9.,:;'/_-]++)*+")
_DIRECTION: Final = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])


@dataclass(frozen=True, slots=True)
class IndexRow:
    """What the index says about one file."""

    path: MemoryPath
    topic: str
    tags: tuple[str, ...]
    updated: str | None


@dataclass(frozen=True, slots=True)
class FolderSummary:
    """A folder that holds memory files: its path, their number, and their newest `updated`."""

    folder: str
    files: int
    newest: str | None


@dataclass(frozen=True, slots=True)
class IndexHead:
    """The part of an existing `index.md` that the next one depends on.

    Attributes:
        sync_order: Paths in the user's order.
        sharded: Whether the tables are in the folders.
        is_ours: Whether PACK wrote it; any other `index.md` is the user's own.
    """

    sync_order: tuple[str, ...] = ()
    sharded: bool = False
    is_ours: bool = True


@lru_cache(maxsize=4)
def read_head(text: str) -> IndexHead:
    """The head of an `index.md`, even if it was edited by hand.

    The last few are cached, since most writes find the index as the previous write left it.
    """
    fields = frontmatter.read(text).fields
    order = fields.get("sync_order")
    return IndexHead(
        tuple(item for item in order if isinstance(item, str)) if isinstance(order, list) else (),
        fields.get("layout") == "folders",
        fields.get("version") == 2,
    )


def read_own_head(content: bytes | None) -> IndexHead | None:
    """The head of an `index.md` that PACK wrote; `None` if there is none, or another one."""
    head = read_head(content.decode("utf-8", "replace")) if content is not None else None
    return head if head is not None and head.is_ours else None


def is_generated(path: str, fields: Mapping[str, object]) -> bool:
    """Whether PACK generated this file as a folder's index or a page of one."""
    if path.rpartition("/")[2] == INDEX:
        return fields.get("pack_index") == "folder"
    return is_page_path(path) and fields.get("pack_index") == "page"


def may_be_generated(path: str) -> bool:
    """Whether a file at this path can be one that `is_generated` accepts."""
    return path.rpartition("/")[2] == INDEX or is_page_path(path)


def is_page_path(path: str) -> bool:
    """Whether a path is that of an index page."""
    folder, _, name = path.rpartition("/")
    last = folder.rpartition("/")[2]
    return last == PAGES_DIR and _PAGE_NAME.fullmatch(name) is not None


def render_row(row: IndexRow) -> str:
    """The table row of a file, with a link relative to its folder."""
    name = row.path.rpartition("/")[2]
    if _PLAIN_ROW.fullmatch(f"{name}\n{' '.join((row.topic, *row.tags))}"):
        return f"| [{name}]({name}) | {row.topic} | {', '.join(row.tags)} | {row.updated or ''} |\n"
    link = f"[{_cell(name).replace('(', chr(92) + '(')}]({quote(name, safe=_LINK_SAFE)})"
    tags = ", ".join(map(_cell, row.tags))
    return f"| {link} | {_cell(row.topic)} | {tags} | {row.updated or ''} |\n"


@dataclass(frozen=True, slots=True)
class IndexLine:
    """A file's row as stored: its path, its text, and its `updated`."""

    path: MemoryPath
    text: str
    updated: str | None


def starts_page(path: str) -> bool:
    """Whether a page of a large folder's table begins at this file."""
    return not crc32(path.encode("utf-8", "surrogateescape")) & _PAGE_MASK


def page_path(folder: str, start: MemoryPath | None) -> MemoryPath:
    """The path of the page that begins at a file; `None` for the page before the first start."""
    digest = sha1((start or "").encode("utf-8", "surrogateescape"), usedforsecurity=False)
    return MemoryPath(f"{pages_dir(folder)}/p-{digest.hexdigest()[:16]}.md")


def folder_files(summary: FolderSummary, lines: Sequence[IndexLine]) -> dict[MemoryPath, str]:
    """The index files of a folder in a large memory: `index.md`, and its pages if it has any.

    The root has no `index.md` of its own: what would be in it is in that of the memory.
    """
    folder = summary.folder
    if not has_pages(summary):
        return {index_path(folder): render_folder(summary, lines)} if folder else {}
    pages: dict[MemoryPath | None, list[IndexLine]] = {}
    start: MemoryPath | None = None
    for line in lines:
        start = line.path if starts_page(line.path) else start
        pages.setdefault(start, []).append(line)
    files = {page_path(folder, key): render_page(folder, part) for key, part in pages.items()}
    return {index_path(folder): render_contents(summary, list(pages)), **files} if folder else files


def has_pages(summary: FolderSummary) -> bool:
    """Whether the table of a folder is split into pages."""
    return summary.files > SHARD_INDEX_ABOVE


def render_folder(summary: FolderSummary, lines: Sequence[IndexLine]) -> str:
    """`<dir>/index.md` with the table of the folder."""
    return _folder_head("folder", summary) + _TABLE_HEAD + "".join(line.text for line in lines)


def render_contents(summary: FolderSummary, starts: Sequence[MemoryPath | None]) -> str:
    """`<dir>/index.md` with the list of the folder's pages."""
    return _folder_head("folder", summary) + _list_of_pages(summary.folder, starts)


def _list_of_pages(folder: str, starts: Sequence[MemoryPath | None]) -> str:
    rows = []
    for start in starts:
        name = _cell(start.rpartition("/")[2]) if start else "the beginning"
        target = page_path(folder, start).removeprefix(f"{folder}/")
        rows.append(f"| [{name}]({quote(target, safe=_LINK_SAFE)}) |\n")
    return _PAGES_HEAD + "".join(rows)


def render_page(folder: str, lines: Sequence[IndexLine]) -> str:
    """A page of a folder's table."""
    head = _folder_head("page", FolderSummary(folder, len(lines), newest(lines)))
    return head + _TABLE_HEAD + "".join(_linked_from(line.text, "..") for line in lines)


def newest(lines: Iterable[IndexLine]) -> str | None:
    """The newest `updated` of these files."""
    return max((line.updated for line in lines if line.updated), default=None)


def _folder_head(kind: str, summary: FolderSummary) -> str:
    head = f"---\npack_index: {kind}\nfile_count: {summary.files}\n"
    if summary.newest:
        head += f"last_updated: {summary.newest}\n"
    return f"{head}---\n\n# {folder_title(summary.folder)}\n\n{_FOLDER_NOTE}\n"


def render_root(
    order: Sequence[str],
    folders: Sequence[FolderSummary],
    lines_of: Callable[[str], Sequence[IndexLine]],
    sharded: Collection[str],
    *,
    is_large: bool,
    root_starts: Sequence[MemoryPath | None] = (),
) -> str:
    """The root `index.md`.

    Args:
        order: The `sync_order` to write.
        folders: All folders with memory files, sorted by path.
        lines_of: Returns the rows of a folder.
        sharded: Folders whose table is in their own `index.md`.
        is_large: Whether folders have their own index at all.
        root_starts: Where the pages of the root's table begin, if it has any.
    """
    day = max((f.newest for f in folders if f.newest), default=None)
    lines = ["---", "version: 2", f"file_count: {sum(f.files for f in folders)}"]
    if day:
        lines.append(f"last_updated: {day}")
    if is_large:
        lines.append("layout: folders")
    lines.append("sync_order:" if order else "sync_order: []")
    lines += [f"  - {_scalar(path)}" for path in order]
    parts = ["\n".join(lines), "\n---\n\n# Memory index\n\n", _ROOT_NOTE]
    inner = [folder for folder in folders if folder.folder in sharded]
    if inner:
        parts += ["\n", _FOLDER_HEAD, *map(_folder_row, inner)]
    for folder in folders:
        if folder.folder in sharded:
            continue
        parts.append(f"\n## {folder_title(folder.folder)}\n\n")
        if root_starts and not folder.folder:
            parts.append(_list_of_pages("", root_starts))
            continue
        prefix = quote(folder.folder, safe=_LINK_SAFE)
        parts += [
            _TABLE_HEAD,
            *(_linked_from(line.text, prefix) for line in lines_of(folder.folder)),
        ]
    return "".join(parts)


def folder_title(folder: str) -> str:
    """What a folder is called in a heading."""
    return f"{folder}/" if folder else "At the root"


def _folder_row(summary: FolderSummary) -> str:
    target = quote(f"{summary.folder}/index.md", safe=_LINK_SAFE)
    return f"| [{_cell(summary.folder)}/]({target}) | {summary.files} | {summary.newest or ''} |\n"


def _linked_from(row: str, prefix: str) -> str:
    # A stored row links relative to its folder; in other files, the path of the folder comes first.
    return row.replace("](", f"]({prefix}/", 1) if prefix else row


def is_large(paths: Collection[str]) -> bool:
    """Whether a memory with these files is large enough to keep its tables in the folders."""
    if len(paths) > SHARD_INDEX_ABOVE or sum(map(len, paths)) > SHARD_INDEX_CHARACTERS:
        return True
    # With four bytes per character, `sync_order` could exceed the limit for frontmatter.
    size = sum(len(path.encode("utf-8", "surrogateescape")) for path in paths)
    return size > 2 * SHARD_INDEX_CHARACTERS


def next_order(
    head: IndexHead, paths: Collection[str], moved: Mapping[str, str], *, large: bool
) -> list[str]:
    """The `sync_order` of the next index.

    Entries keep their place, and those of vanished files are dropped. In a small memory, all other
    files follow alphabetically; a large one lists only what the user ordered. When a memory becomes
    large, the alphabetical tail is taken to be PACK's own and dropped.

    Args:
        head: The index as it is.
        paths: Files that exist after the write; in a large memory, only those that `head` lists.
        moved: New path by old path; a moved file keeps its place.
        large: Whether the memory is large after the write.
    """
    present = set(paths)
    renamed = [moved.get(path, path) for path in head.sync_order]
    kept = list(dict.fromkeys(path for path in renamed if path in present))
    if not large:
        return kept + sorted(present.difference(kept))
    return kept if head.sharded else kept[: _alphabetical_tail(kept)]


def _alphabetical_tail(order: Sequence[str]) -> int:
    start = len(order)
    while start > 0 and (start == len(order) or order[start - 1] <= order[start]):
        start -= 1
    return start


def in_sync_order(order: Sequence[str], paths: Collection[str]) -> list[str]:
    """All paths: first those in the order, then the rest alphabetically."""
    present = set(paths)
    first = [path for path in dict.fromkeys(order) if path in present]
    return first + sorted(present.difference(first))


_ENDS_CELL: Final = pattern(r"([\\|\[\]<])")


def _cell(text: str) -> str:
    """Text for a table cell: on one line, and unable to end the cell."""
    if text.isascii() and text.isprintable():
        return _ENDS_CELL.sub(r"\\\1", " ".join(text.split()))
    flat = " ".join(text.translate(_DIRECTION).split())
    clean = "".join(c if c.isprintable() or c == "\u200d" else "\ufffd" for c in flat)
    return _ENDS_CELL.sub(r"\\\1", clean)


def _scalar(text: str) -> str:
    return text if _PLAIN_SCALAR.fullmatch(text) else json.dumps(text, ensure_ascii=False)


def pages_dir(folder: str) -> MemoryPath:
    """Where the pages of a folder's table are."""
    return MemoryPath(f"{folder}/{PAGES_DIR}" if folder else PAGES_DIR)


def index_path(folder: str) -> MemoryPath:
    """The path of the index of a folder other than the root."""
    return MemoryPath(f"{folder}/{INDEX}")
