"""The tree of a commit as a value: its files, the tree after a change, its id.

Source: GitHub REST documentation, "Git trees"; gitformat-pack(5) and git's `base_name_compare` for
the id.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from pack.errors import AlreadyExists, BlobChanged, RefusedForSafety
from pack.model import (
    Absent,
    BlobId,
    Change,
    Entry,
    EntryType,
    MemoryPath,
    Put,
    blob_id,
    object_id,
)
from pack_connectors.preconditions import folders_above

FILE_MODE: Final = "100644"
TREE_MODE: Final = "040000"
_LINK_MODE: Final = "120000"
_SUBMODULE_MODE: Final = "160000"
_TYPES: Final = {_LINK_MODE: EntryType.SYMLINK, _SUBMODULE_MODE: EntryType.SUBMODULE}
_WORDS: Final = {EntryType.SYMLINK: "a link", EntryType.SUBMODULE: "a submodule"}


class Item(NamedTuple):
    """What is at a path: git's mode, the object, and its size in bytes if known."""

    mode: str
    sha: str
    size: int | None = None

    @property
    def type(self) -> EntryType:
        """What kind of entry it is."""
        return _TYPES.get(self.mode, EntryType.FILE)


class Tree:
    """Everything in a commit except its folders. Immutable."""

    def __init__(self, items: Mapping[str, Item]) -> None:
        self.items = items

    def file(self, path: str) -> Item | None:
        """The file at a path; `None` if there is none, or something else."""
        found = self.items.get(path)
        return found if found is not None and found.type is EntryType.FILE else None

    def files(self) -> dict[MemoryPath, BlobId]:
        """The blob of each file by path."""
        return {
            MemoryPath(path): BlobId(item.sha)
            for path, item in self.items.items()
            if item.type is EntryType.FILE
        }

    def entries(self) -> list[Entry]:
        """One entry for each file, link and submodule, sorted by path."""
        return [_entry(path, self.items[path]) for path in sorted(self.items)]

    def list_dir(self, folder: str | None) -> list[Entry]:
        """What a folder holds, sorted by name."""
        prefix = f"{folder}/" if folder else ""
        found: dict[str, Entry] = {}
        for path, item in self.items.items():
            if path.startswith(prefix):
                name, slash, _ = path.removeprefix(prefix).partition("/")
                where = MemoryPath(prefix + name)
                if slash:
                    found[name] = Entry(name, where, EntryType.DIR, BlobId(""))
                else:
                    found[name] = _entry(where, item)
        return [found[name] for name in sorted(found)]

    def differences(self, newer: Tree) -> list[tuple[MemoryPath, BlobId | None]]:
        """Path, and blob in `newer`, of each file that differs there, sorted by path."""
        before, after = self.files(), newer.files()
        paths = sorted(before.keys() | after.keys())
        return [(path, after.get(path)) for path in paths if before.get(path) != after.get(path)]

    def check(self, changes: Iterable[Change]) -> None:
        """Do nothing if changes fit this tree.

        Raises:
            BlobChanged, AlreadyExists: A path does not hold what its change expects.
            RefusedForSafety: A path is a folder, a link or a submodule, or leads through a file.
        """
        for change in changes:
            self._check(change)

    def _check(self, change: Change) -> None:
        path, found = change.path, self.items.get(change.path)
        if found is not None and found.type is not EntryType.FILE:
            raise RefusedForSafety(f"{path} is {_WORDS[found.type]}, not a file")
        actual = BlobId(found.sha) if found else None
        if isinstance(change.expect, Absent):
            if actual is not None:
                raise AlreadyExists(path, None, actual)
        elif actual != change.expect:
            raise BlobChanged(path, change.expect, actual)
        if actual is None and any(other.startswith(f"{path}/") for other in self.items):
            raise RefusedForSafety(f"{path} is a folder, not a file")
        if above := next((one for one in folders_above(path) if one in self.items), None):
            raise RefusedForSafety(f"{above}, on the way to {path}, is not a folder")

    def changed(self, changes: Iterable[Change]) -> Tree:
        """The tree after changes that fit it; a file keeps its mode."""
        items = dict(self.items)
        for change in changes:
            old = items.pop(change.path, None)
            if isinstance(change, Put):
                mode = old.mode if old else FILE_MODE
                items[change.path] = Item(mode, blob_id(change.content), len(change.content))
        return Tree(items)

    def id(self) -> str:
        """The id that git gives this tree."""
        return self.objects()[-1][0]

    def objects(self) -> list[tuple[str, bytes]]:
        """Id and data of each tree object it consists of, the root last."""
        root: dict[str, Any] = {}
        for path, item in self.items.items():
            *folders, name = path.split("/")
            place = root
            for folder in folders:
                place = place.setdefault(folder, {})
            place[name] = item
        made: list[tuple[str, bytes]] = []
        _encode(root, made)
        return made


def _entry(path: str, item: Item) -> Entry:
    is_file = item.type is EntryType.FILE
    name = path.rpartition("/")[2]
    return Entry(name, MemoryPath(path), item.type, BlobId(item.sha if is_file else ""))


def _encode(folder: Mapping[str, Any], made: list[tuple[str, bytes]]) -> str:
    """Add the objects of a folder, and return its own id."""
    rows: list[tuple[bytes, bytes]] = []
    for name, found in folder.items():
        raw = name.encode("utf-8", "surrogatepass")
        if isinstance(found, Item):
            rows.append((raw, _row(found.mode, raw, found.sha)))
        else:
            # A folder sorts as if its name ended in a slash.
            rows.append((raw + b"/", _row(TREE_MODE, raw, _encode(found, made))))
    data = b"".join(row for _, row in sorted(rows))
    name = object_id("tree", data)
    made.append((name, data))
    return name


def _row(mode: str, name: bytes, sha: str) -> bytes:
    return mode.lstrip("0").encode() + b" " + name + b"\0" + bytes.fromhex(sha)


EMPTY: Final = Tree({})


# --- as GitHub lists it, and as the cache keeps it -----------------------------------------------


def read_items(rows: Iterable[Any], prefix: str = "") -> Iterator[tuple[str, Item, bool]]:
    """Path, item, and whether it is a folder, for each row of a tree as GitHub lists it.

    Raises:
        ValueError: A row does not have the documented shape.
    """
    for row in rows:
        try:
            mode, sha, path = row["mode"], row["sha"], row["path"]
            size = row.get("size")
            bytes.fromhex(sha)
        except (TypeError, KeyError, AttributeError) as error:
            raise ValueError("a row of a tree is not as described") from error
        if not (isinstance(mode, str) and isinstance(path, str) and len(sha) == 40):
            raise ValueError("a row of a tree is not as described")
        known = size if isinstance(size, int) else None
        yield prefix + path, Item(mode, sha, known), mode == TREE_MODE


def pack_tree(tree: Tree) -> bytes:
    """A tree, compressed."""
    text = json.dumps([[path, *item] for path, item in tree.items.items()])
    return zlib.compress(text.encode("ascii"), 1)


def unpack_tree(data: bytes) -> Tree:
    """The tree that `pack_tree` compressed.

    Raises:
        ValueError: These bytes are not from `pack_tree`.
    """
    try:
        rows = json.loads(zlib.decompress(data))
        return Tree({path: Item(mode, sha, size) for path, mode, sha, size in rows})
    except (zlib.error, TypeError) as error:
        raise ValueError("these bytes are no tree") from error
