"""The index of a merge: a function of the merged files, whatever is in anybody's folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from functools import cached_property
from typing import Final

from pack.catalog.refresh import NO_COMMIT, bring_up
from pack.catalog.row import Row, describe
from pack.catalog.scope import EVERYTHING, PROJECT_FILE, read_scope
from pack.core.core import Core
from pack.core.index_update import plan_index_update
from pack.files import frontmatter
from pack.files.note import Note
from pack.index.format import is_generated, may_be_generated, read_head
from pack.merge.heads import HeadMerge, Read
from pack.merge.moves import Tree
from pack.merge.order import merge_sync_order
from pack.model import BlobId, Entry, EntryType, MemoryPath, Put
from pack.paths import INDEX
from pack.rules.exclusion import CommittedRules

_NO_FOLDER: Final = BlobId("")


def without_index(files: Tree, read: Read) -> dict[MemoryPath, BlobId]:
    """The files that PACK does not generate."""
    return {path: blob for path, blob in files.items() if not _is_index(path, blob, read)}


def index_of(core: Core, files: Tree, merged: HeadMerge, read: Read) -> Mapping[MemoryPath, bytes]:
    """The index files of a merge.

    Args:
        core: The memory, whose catalog may know some of the files.
        files: The merged files, without indexes.
        merged: The merge, whose sides and base had an order for sync.
        read: Returns the bytes of a blob.
    """
    sides = [side.files for side in merged.sides]
    if all(INDEX not in side for side in sides):
        return {}  # a v1 memory has none
    order = merge_sync_order(*(_order(side, read) for side in (merged.base_files, *sides)))
    tree = _Tree(files, read)
    with closing(core.catalog.scratch()) as scratch:
        scratch.replace(NO_COMMIT, _rows(core, files, read), ())
        plan = plan_index_update(scratch, tree, (), (), {}, check_all=True, order=order)
    return {change.path: change.content for change in plan.changes if isinstance(change, Put)}


def _is_index(path: MemoryPath, blob: BlobId, read: Read) -> bool:
    if not may_be_generated(path):
        return False
    text = read(blob).decode("utf-8", "replace")
    if path == INDEX:
        return read_head(text).is_ours
    return is_generated(path, frontmatter.read(text).fields)


def _order(side: Tree, read: Read) -> Sequence[str]:
    if INDEX not in side:
        return ()
    return read_head(read(side[INDEX]).decode("utf-8", "replace")).sync_order


def _rows(core: Core, files: Tree, read: Read) -> list[Row]:
    """The rows of the files that are memory, by what the merged files themselves say of that."""
    chosen = files.get(PROJECT_FILE)
    scope = read_scope(read(chosen)) if chosen is not None else EVERYTHING
    rules = CommittedRules(files.get, read)
    head = core.connector.head()
    if head is not None:
        bring_up(core.catalog, core.connector, head)  # it only spares reading files
    known = {row.path: row for row in core.catalog.rows()}
    rows = []
    for path, blob in sorted(files.items()):
        if not scope.holds(path) or rules.is_managed(path):
            continue
        row = known.get(path)
        if row is None or row.blob != blob or not row.size:
            row = describe(Note.stored(path, blob, read(blob)))
        if row is not None:
            rows.append(row)
    return rows


class _Tree:
    """The merged files, as `VisibleFiles`."""

    def __init__(self, files: Tree, read: Read) -> None:
        self._files = files
        self._read = read

    def find(self, path: MemoryPath) -> Note | None:
        """See `VisibleFiles.find`."""
        blob = self._files.get(path)
        return Note.stored(path, blob, self._read(blob)) if blob is not None else None

    def list_dir(self, path: MemoryPath | None) -> list[Entry]:
        """See `VisibleFiles.list_dir`."""
        return list(self._folders.get(path or "", {}).values())

    @cached_property
    def _folders(self) -> Mapping[str, Mapping[str, Entry]]:
        """What each folder holds, by name."""
        found: dict[str, dict[str, Entry]] = {}
        for path, blob in sorted(self._files.items()):
            place, kind, sha = str(path), EntryType.FILE, blob
            while place:
                folder, _, name = place.rpartition("/")
                inside = found.setdefault(folder, {})
                if name in inside:
                    break
                inside[name] = Entry(name, MemoryPath(place), kind, sha)
                place, kind, sha = folder, EntryType.DIR, _NO_FOLDER
        return found

    def is_committed(self, found: Note) -> bool:
        """See `VisibleFiles.is_committed`."""
        return self._files.get(found.path) == found.sha

    def former_index(self) -> str | None:
        """See `VisibleFiles.former_index`: an index of a merge goes on from those of its sides."""
        return None
