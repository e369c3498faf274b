"""`index.md`: what is in the memory, and the order for sync.

The same tree gives the same bytes in every process: nothing here depends on a clock, a locale or
the order of arrival. Past 500 files the tables move into the folders, so that a write does not
store a megabyte (design section 2).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from pack import frontmatter
from pack.limits import SHARD_INDEX_ABOVE, SHARD_INDEX_CHARACTERS
from pack.model import MemoryPath
from pack.paths import INDEX

_TABLE_HEAD: Final = "| File | Topic | Tags | Updated |\n| --- | --- | --- | --- |\n"
_FOLDER_HEAD: Final = "| Folder | Files | Updated |\n| --- | --- | --- |\n"
_ROOT_NOTE: Final = (
    "PACK writes this file with every change. Only the order under `sync_order` is yours to edit.\n"
)
_FOLDER_NOTE: Final = "PACK writes this file with every change in this folder.\n"
_PLAIN_SCALAR: Final = re.compile(r"[A-Za-z0-9_./][\w./ -]*[\w.]")
_DIRECTION: Final = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])


@dataclass(frozen=True, slots=True)
class IndexRow:
    """What the index says of one file."""

    path: MemoryPath
    topic: str
    tags: tuple[str, ...]
    updated: str | None


@dataclass(frozen=True, slots=True)
class FolderSummary:
    """A folder that holds memory files: its path, how many, and their newest `updated`."""

    folder: str
    files: int
    newest: str | None


@dataclass(frozen=True, slots=True)
class IndexHead:
    """What an existing `index.md` says that the next one depends on.

    Attributes:
        sync_order: Paths in the user's order.
        sharded: Whether the tables are in the folders.
        is_ours: Whether PACK wrote it; anything else called `index.md` is the user's own.
    """

    sync_order: tuple[str, ...] = ()
    sharded: bool = False
    is_ours: bool = True


def read_head(text: str) -> IndexHead:
    """The head of an `index.md`, whatever a hand edit has made of it."""
    fields = frontmatter.read(text).fields
    order = fields.get("sync_order")
    return IndexHead(
        tuple(item for item in order if isinstance(item, str)) if isinstance(order, list) else (),
        fields.get("layout") == "folders",
        fields.get("version") == 2,
    )


def is_folder_index(fields: Mapping[str, object]) -> bool:
    """Whether the frontmatter is that of a folder's index of ours, not of a user's `index.md`."""
    return fields.get("pack_index") == "folder"


def render_row(row: IndexRow) -> str:
    """The table row of a file, with a link relative to its folder."""
    name = row.path.rpartition("/")[2]
    link = f"[{_cell(name)}]({quote(name, safe='!$&+,;=@~')})"
    tags = ", ".join(map(_cell, row.tags))
    return f"| {link} | {_cell(row.topic)} | {tags} | {row.updated or ''} |\n"


def render_folder(summary: FolderSummary, rows: Sequence[str]) -> str:
    """`<dir>/index.md` of a large memory."""
    head = f"---\npack_index: folder\nfile_count: {summary.files}\n"
    if summary.newest:
        head += f"last_updated: {summary.newest}\n"
    title = f"---\n\n# {summary.folder}/\n\n{_FOLDER_NOTE}\n"
    return f"{head}{title}{_TABLE_HEAD}{''.join(rows)}"


def render_root(
    order: Sequence[str],
    folders: Sequence[FolderSummary],
    rows: Callable[[str], Sequence[str]],
    sharded: Collection[str],
    *,
    is_large: bool,
) -> str:
    """The root `index.md`.

    Args:
        order: The `sync_order` to write.
        folders: All folders with memory files, sorted by path.
        rows: Gives the table rows of a folder.
        sharded: Folders whose table is in an `index.md` of their own.
        is_large: Whether folders have such an index at all.
    """
    newest = max((f.newest for f in folders if f.newest), default=None)
    lines = ["---", "version: 2", f"file_count: {sum(f.files for f in folders)}"]
    if newest:
        lines.append(f"last_updated: {newest}")
    if is_large:
        lines.append("layout: folders")
    lines.append("sync_order:" if order else "sync_order: []")
    lines += [f"  - {_scalar(path)}" for path in order]
    parts = ["\n".join(lines), "\n---\n\n# Memory index\n\n", _ROOT_NOTE]
    inner = [folder for folder in folders if folder.folder in sharded]
    if inner:
        parts += ["\n", _FOLDER_HEAD, *map(_folder_row, inner)]
    for folder in folders:
        if folder.folder not in sharded:
            parts += [f"\n## {folder.folder}/\n\n", _TABLE_HEAD]
            parts += [_below(row, folder.folder) for row in rows(folder.folder)]
    return "".join(parts)


def _folder_row(summary: FolderSummary) -> str:
    target = quote(f"{summary.folder}/index.md", safe="/!$&+,;=@~")
    return f"| [{_cell(summary.folder)}/]({target}) | {summary.files} | {summary.newest or ''} |\n"


def _below(row: str, folder: str) -> str:
    # The stored row links relative to its folder; at the root the folder comes first.
    return row.replace("](", f"]({quote(folder, safe='/!$&+,;=@~')}/", 1)


def is_large(paths: Collection[str]) -> bool:
    """Whether a memory with these files keeps its tables in the folders."""
    return len(paths) > SHARD_INDEX_ABOVE or sum(map(len, paths)) > SHARD_INDEX_CHARACTERS


def next_order(
    head: IndexHead, paths: Collection[str], moved: Mapping[str, str], *, large: bool
) -> list[str]:
    """The `sync_order` of the next index.

    Entries keep their place and vanished ones go. In a small memory all others follow
    alphabetically; a large one lists only what the user ordered. When a memory becomes large,
    the tail that is in alphabetical order is taken for PACK's own and dropped.

    Args:
        head: The index as it is.
        paths: Files that exist after the write; in a large memory, those of `head` that do.
        moved: New path by old one; a moved file keeps its place.
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
    """All paths: those of the order first, the rest alphabetically."""
    present = set(paths)
    first = [path for path in dict.fromkeys(order) if path in present]
    return first + sorted(present.difference(first))


def _cell(text: str) -> str:
    """Text as it stands in a table cell, on one line and without ending the cell."""
    flat = " ".join(text.translate(_DIRECTION).split())
    clean = "".join(c if c.isprintable() or c == "\u200d" else "\ufffd" for c in flat)
    return re.sub(r"([\\|\[\]<])", r"\\\1", clean)


def _scalar(text: str) -> str:
    return text if _PLAIN_SCALAR.fullmatch(text) else json.dumps(text, ensure_ascii=False)


def index_path(folder: str) -> MemoryPath:
    """Where a folder's own index is."""
    return MemoryPath(f"{folder}/{INDEX}")
