"""Git's object database: reading by `CatFile`, writing loose objects, rebuilding trees.

Why not GitPython for writing: `repo.odb.store` starts a process per object and gitdb's writer
never fsyncs.

Sources: gitformat-loose(5) and git's object-file.c for the layout; git-prune(1) removes stale
`tmp_obj_*` files.
"""

from __future__ import annotations

import os
import re
import threading
import zlib
from collections import OrderedDict, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple, TypeVar

from pack.deferred import pattern
from pack.errors import ConnectorError, NotFound, RefusedForSafety, Unavailable
from pack.model import BlobId, CommitId, MemoryPath, object_id
from pack_connectors.local_git.cat_file import CatFile
from pack_connectors.local_git.process import GitRunner, is_id
from pack_connectors.system.durable_files import DurableFiles
from pack_connectors.system.open_flags import READ

_CACHED_TREE_BYTES: Final = 4 * 1024 * 1024
_CACHED_COMMIT_BYTES: Final = 64 * 1024
_Id = TypeVar("_Id", bound=str)
_AT_ONCE: Final = 32
_KNOWN_ROOTS: Final = 4
_COMMITS_AT_ONCE: Final = 128
"""Blobs that are read and held at once; waiting for git so rarely costs next to nothing."""
FILE_MODE: Final = 0o100644
EXECUTABLE_MODE: Final = 0o100755
TREE_MODE: Final = 0o040000
SYMLINK_MODE: Final = 0o120000
SUBMODULE_MODE: Final = 0o160000
_NO_BLOBS: Final = (TREE_MODE, SUBMODULE_MODE)
_PACKED_BESIDE: Final = 32 * 1024
"""From so many bytes on, another thread compresses sooner than this one could."""
_OBJECT_MODE: Final = 0o444
_TEMPORARY: Final = "tmp_obj_"  # git-prune removes stale ones
_KINDS: Final = defaultdict(lambda: "file", {SYMLINK_MODE: "link", SUBMODULE_MODE: "submodule"})


class TreeEntry(NamedTuple):
    """One entry of a tree object; `id` is hexadecimal."""

    mode: int
    name: str
    id: str


def format_entry(entry: TreeEntry | None) -> str | None:
    """`mode id` of an entry."""
    return f"{entry.mode:06o} {entry.id}" if entry else None


def place_id(entry: TreeEntry | None) -> BlobId | None:
    """What the working tree holds where an entry is checked out; `None` for nothing.

    A link differs from a file that holds the same bytes.
    """
    if entry is None:
        return None
    return link_id(entry.id) if entry.mode == SYMLINK_MODE else BlobId(entry.id)


def link_id(blob: str) -> BlobId:
    """What stands for a link; `blob` is the id of its target's text."""
    return BlobId(f"link {blob}")


def file_blob(entry: TreeEntry | None) -> BlobId | None:
    """Blob of an entry, if it is that of a file."""
    return BlobId(entry.id) if entry and entry.mode in (FILE_MODE, EXECUTABLE_MODE) else None


def parse_entry(path: MemoryPath, text: str | None) -> TreeEntry | None:
    """The entry in a text that `format_entry` made."""
    if text is None:
        return None
    mode, name = text.split()
    return TreeEntry(int(mode, 8), path.rpartition("/")[2], name)


_PARTS: Final = pattern(rb"([0-7]+) ([^\0]+)\0(.{20})", re.DOTALL)


def iter_tree(data: bytes) -> Iterator[TreeEntry]:
    """Each entry of a serialised tree, in git's order.

    Raises:
        ConnectorError: The tree is damaged.
    """
    start = 0
    for found in _PARTS.finditer(data):
        mode, name, object_name = found.groups()
        if found.start() != start:
            break
        start = found.end()
        yield TreeEntry(int(mode, 8), name.decode("utf-8", "surrogateescape"), object_name.hex())
    if start != len(data):
        raise ConnectorError("a tree is damaged; run `git fsck`")


def find_in_tree(data: bytes, name: str) -> TreeEntry | None:
    """The entry called `name` in a serialised tree."""
    found = _place_in_tree(data, name.encode("utf-8", "surrogateescape"))
    if found is None:
        return None
    start, end = found
    mode, _, _ = data[start:end].partition(b" ")
    return TreeEntry(int(mode, 8), name, data[end - 20 : end].hex())


# A tree is a run of entries. An id may hold any byte, so what looks like an entry is one only if
# the bytes before it are whole entries too.
_ENTRIES: Final = pattern(rb"(?:[0-7]++ [^\0]++\0.{20})*+", re.DOTALL)
_ENTRY: Final = pattern(rb"([0-7]+) ([^\0]+)\0.{20}", re.DOTALL)
_MODE_DIGITS: Final = (6, 5)
_FEW_ENTRIES: Final = 16
"""Of which each is put into a tree by itself, so that the rest of it is not taken apart."""


def _place_in_tree(data: bytes, wanted: bytes) -> tuple[int, int] | None:
    """Where the entry with a name begins and ends."""
    pattern = b" " + wanted + b"\0"
    space = data.find(pattern)
    while space >= 0:
        for digits in _MODE_DIGITS:
            start = space - digits
            if start >= 0 and data[start:space].isdigit() and _ENTRIES.fullmatch(data, 0, start):
                return start, space + len(pattern) + 20
        space = data.find(pattern, space + 1)
    return None


def splice_tree(data: bytes, name: str, entry: TreeEntry | None) -> bytes:
    """The serialised tree with the entry called `name` replaced, added, or (`None`) removed.

    All other entries keep their bytes. Order is git's: names compare as bytes, a folder as if it
    ended in a slash (base_name_compare in git's read-cache.c).
    """
    wanted = name.encode("utf-8", "surrogateescape")
    place = _place_in_tree(data, wanted)
    if entry is None:
        return data if place is None else data[: place[0]] + data[place[1] :]
    new = b"%o %s\0" % (entry.mode, wanted) + bytes.fromhex(entry.id)
    is_folder = entry.mode == TREE_MODE
    if place is not None:
        start, end = place
        if data.startswith(b"40000 ", start) == is_folder:  # it keeps its place
            return data[:start] + new + data[end:]
        data = data[:start] + data[end:]
    at = _place_for(data, wanted + b"/" if is_folder else wanted)
    return data[:at] + new + data[at:]


def _entries_named(data: bytes, names: Collection[str]) -> Iterator[tuple[str, TreeEntry | None]]:
    """The entries of some names; many at once take one look at the tree."""
    if len(names) <= _FEW_ENTRIES:
        yield from ((name, find_in_tree(data, name)) for name in names)
        return
    known = {entry.name: entry for entry in iter_tree(data)}
    yield from ((name, known.get(name)) for name in names)


def splice_entries(data: bytes, entries: Mapping[str, TreeEntry | None]) -> bytes:
    """As `splice_tree` for each of some entries; many at once take one look at the tree.

    Raises:
        ConnectorError: The tree is damaged.
    """
    if len(entries) <= _FEW_ENTRIES:
        for name, entry in entries.items():
            data = splice_tree(data, name, entry)
        return data
    new: dict[bytes, bytes] = {}
    for name, entry in entries.items():
        if entry is not None:
            wanted = name.encode("utf-8", "surrogateescape")
            key = wanted + b"/" if entry.mode == TREE_MODE else wanted
            new[key] = b"%o %s\0" % (entry.mode, wanted) + bytes.fromhex(entry.id)
    gone = {name.encode("utf-8", "surrogateescape") for name in entries}
    there = list(_ENTRY.finditer(data))
    if sum(len(found[0]) for found in there) != len(data):
        raise ConnectorError("a tree is damaged; run `git fsck`")
    old = {_sort_key(found): found[0] for found in there if found[2] not in gone}
    return b"".join(part for _, part in sorted((old | new).items()))


def _place_for(data: bytes, key: bytes) -> int:
    """Where an entry with this sort key belongs."""
    places = (entry.start() for entry in _ENTRY.finditer(data) if _sort_key(entry) > key)
    return next(places, len(data))


def _sort_key(entry: re.Match[bytes]) -> bytes:
    mode, name = entry.groups()
    return name + b"/" if mode == b"40000" else name


def _tree_in(commit: bytes) -> str:
    """Id of the root tree that a serialised commit names, in its first line."""
    return commit[5:45].decode("ascii")


class ObjectStore:
    """Reads and writes objects of one repository."""

    def __init__(self, runner: GitRunner) -> None:
        self._runner = runner
        self._objects_dir = runner.repository.common_dir / "objects"
        self._cat_file = CatFile(runner)
        self._trees = _ObjectCache(_CACHED_TREE_BYTES)
        self._commits = _ObjectCache(_CACHED_COMMIT_BYTES)
        self._tree_of_commit: tuple[CommitId | None, str] = (None, "")
        self._folders: dict[str, dict[str, str | None]] = {}
        """By root tree and path, the trees of folders."""
        self._sound: CommitId | None = None
        """The commit that was written here, or whose parents were there."""
        self._packer: ThreadPoolExecutor | None = None
        self._added: dict[str, tuple[str, bytes]] = {}

    # --- reading ---------------------------------------------------------------------------

    @property
    def is_at_hand(self) -> bool:
        """Whether reading an object costs no new git."""
        return self._cat_file.is_at_hand

    def find_id(self, revision: str, kind: str | None = None) -> str | None:
        """Id of what a revision names; `None` where there is nothing, or nothing of that kind.

        Raises:
            Unavailable: The object database cannot be read.
        """
        found = self._cat_file.header(revision)
        return found.id if found and kind in (None, found.kind) else None

    def commit_at(self, ref: str) -> CommitId | None:
        """The commit a ref names; `None` where the ref does not exist.

        Raises:
            Unavailable: The commit is missing or damaged, or cannot be read.
        """
        found = self._first_look(ref) or self.find_id(ref)
        if found is None:
            # cat-file does not tell a missing ref from one whose commit is damaged.
            asked = self._runner.run(["rev-parse", "--verify", "--quiet", ref], ok=(0, 1))
            named = asked.decode().strip()
            found = self.find_id(named)  # it may have been made since the first question
            if named and found is None:
                raise Unavailable(f"commit {named} is damaged; run `git fsck`")
        return CommitId(found) if found else None

    def _first_look(self, ref: str) -> str | None:
        """The commit a ref names, remembered with its root tree: what follows asks for both.

        `None` where a question costs no new git, or the answer is not as simple as that.
        """
        if self.is_at_hand:
            return None
        try:
            commit, tree = self._cat_file.named([ref, f"{ref}^{{tree}}"])
        except Unavailable:
            return None  # one of the two is damaged; the next question tells which
        if commit is None or commit[1].kind != "commit" or tree is None:
            return None
        self._commits.put(commit[0], commit[1].data)
        self._trees.put(tree[0], tree[1].data)
        return commit[0]

    def read(self, object_name: str, kind: str) -> bytes:
        """Data of an object, by its full id.

        Raises:
            NotFound: No such object.
            ConnectorError: It is of another kind, or the object database cannot be read.
        """
        asked = [object_name] if is_id(object_name) else []
        found = self._cat_file.contents(asked).get(object_name)
        if found is None:
            raise NotFound(f"object {object_name[:60]}")
        if found.kind != kind:
            raise ConnectorError(f"object {object_name} is a {found.kind}, not a {kind}")
        return found.data

    def read_blobs(self, blobs: Sequence[BlobId]) -> Iterator[tuple[BlobId, bytes]]:
        """Contents by id, in the order asked for; git is asked for several at once.

        Raises:
            NotFound: One of them is not stored, or is no blob.
            Unavailable: The object database cannot be read.
        """
        return self._read_all(blobs, "blob", _AT_ONCE)

    def read_commits(self, commits: Sequence[CommitId]) -> Iterator[tuple[CommitId, bytes]]:
        """As `read_blobs`, for commits as git stores them; none is remembered."""
        return self._read_all(commits, "commit", _COMMITS_AT_ONCE)

    def _read_all(
        self, names: Sequence[_Id], kind: str, at_once: int
    ) -> Iterator[tuple[_Id, bytes]]:
        for start in range(0, len(names), at_once):
            asked = names[start : start + at_once]
            found = self._cat_file.contents(list(dict.fromkeys(filter(is_id, asked))))
            for name in asked:
                if name not in found or found[name].kind != kind:
                    raise NotFound(f"{kind} {name[:60]}")
                yield name, found[name].data

    def read_tree(self, tree: str) -> bytes:
        """A tree as git stores it."""
        found = self._trees.get(tree)
        if found is None:
            found = self.read(tree, "tree")
            self._trees.put(tree, found)
        return found

    def read_commit(self, commit: CommitId) -> bytes:
        """A commit as git stores it.

        Raises:
            NotFound: There is no such commit.
            ConnectorError: It is something else, or the object database cannot be read.
        """
        found = self._commits.get(commit)
        if found is None:
            found = self.read(commit, "commit")
            self._commits.put(commit, found)
        return found

    def has_read(self, commit: CommitId) -> bool:
        """Whether a commit was read a short time ago, so that there is one."""
        return self._commits.get(commit) is not None

    def tree_of(self, commit: CommitId | None) -> str:
        """Id of a commit's root tree; the empty tree for `None`."""
        if commit is None:
            return self.write("tree", b"")
        tree = self.root_of(commit)
        self._tree_of_commit = (commit, tree)
        return tree

    def root_of(self, commit: CommitId) -> str:
        """The same of a commit that need not be the current one, which stays remembered."""
        known, tree = self._tree_of_commit
        return tree if known == commit else _tree_in(self.read_commit(commit))

    def refuse_broken(self, commit: CommitId) -> None:
        """Do nothing, unless a commit, its tree or a parent is gone.

        It costs next to nothing for the commit that was written last; the rest of the history is
        for `git fsck`.

        Raises:
            RefusedForSafety: One of them is.
            Unavailable: The object database cannot be read.
        """
        asked: list[str] = [commit]
        if self._has(commit):
            asked = [self.tree_of(commit)]
            if self._sound != commit:
                asked += self._parents(commit)
        for name in asked:
            if not self._has(name):
                raise RefusedForSafety(
                    f"the history of the branch is damaged: object {name} is missing",
                    "Run `git fsck` in the memory folder. A clone or a remote may still have what "
                    "is missing: `git fetch` brings it back.",
                )
        self._sound = commit

    def _parents(self, commit: CommitId) -> list[str]:
        """The parents of a commit; none where a shallow clone ends."""
        head = self.read(commit, "commit").partition(b"\n\n")[0].decode("utf-8", "replace")
        found = [line[7:] for line in head.split("\n") if line.startswith("parent ")]
        try:
            ends = (self._objects_dir.parent / "shallow").read_text(encoding="ascii").split()
        except FileNotFoundError:
            return found
        except OSError as error:
            raise Unavailable(f"{error.filename}: {error.strerror}") from error
        return [] if commit in ends else found

    def _has(self, name: str) -> bool:
        """Whether an object is stored at this moment."""
        return os.path.lexists(self._path(name)) or self.find_id(name) is not None

    def _path(self, name: str) -> str:
        return f"{self._objects_dir}/{name[:2]}/{name[2:]}"

    def entry_at(self, tree: str, path: MemoryPath) -> TreeEntry | None:
        """What a tree holds at a path."""
        folder, _, name = path.rpartition("/")
        inner = self.folder_at(tree, folder)
        return find_in_tree(self.read_tree(inner), name) if inner is not None else None

    def folder_at(self, tree: str, folder: str) -> str | None:
        """The tree of a folder below a tree; `None` if it has no such folder.

        Each folder's is remembered, for the last few trees that were asked about, so that one file
        more costs one look, however deep it is.
        """
        known = self._folders.setdefault(tree, {"": tree})
        if len(self._folders) > _KNOWN_ROOTS:
            self._folders = {tree: known}
        at, unknown = folder, list[str]()
        while at not in known:
            unknown.append(at)
            at = at.rpartition("/")[0]
        inner = known[at]
        for each in reversed(unknown):
            name = each.rpartition("/")[2]
            entry = find_in_tree(self.read_tree(inner), name) if inner is not None else None
            inner = entry.id if entry is not None and entry.mode == TREE_MODE else None
            known[each] = inner
        return inner

    def entry_in(self, commit: CommitId, path: MemoryPath) -> TreeEntry | None:
        """What a commit holds at a path; the tree of the current commit stays remembered."""
        return self.entry_at(self.root_of(commit), path)

    def blob_at(self, commit: CommitId, path: MemoryPath) -> str | None:
        """Id of the file that a commit holds at a path; from remembered trees, where it can."""
        known, tree = self._tree_of_commit
        if self.is_at_hand or (known == commit and self._is_remembered(tree, path)):
            with suppress(NotFound):  # git tells what is wrong with it
                entry = self.entry_in(commit, path)
                return entry.id if entry and entry.mode not in _NO_BLOBS else None
        return self.find_id(f"{commit}:{path}", "blob")

    def _is_remembered(self, tree: str, path: MemoryPath) -> bool:
        """Whether the trees that lead to a path need not be read."""
        for name in path.split("/")[:-1]:
            data = self._trees.get(tree)
            entry = find_in_tree(data, name) if data is not None else None
            if entry is None or entry.mode != TREE_MODE:
                return data is not None
            tree = entry.id
        return self._trees.get(tree) is not None

    def walk(self, tree: str, prefix: str = "") -> Iterator[tuple[str, TreeEntry]]:
        """Path and entry of everything below a tree that is not a folder."""
        open_trees = [(prefix, iter_tree(self.read_tree(tree)))]  # folders may be very deep
        while open_trees:
            prefix, entries = open_trees[-1]
            entry = next(entries, None)
            if entry is None:
                open_trees.pop()
            elif entry.mode == TREE_MODE:
                inner = iter_tree(self.read_tree(entry.id))
                open_trees.append((f"{prefix}{entry.name}/", inner))
            else:
                yield f"{prefix}{entry.name}", entry

    def close(self) -> None:
        """End the reading children, and the thread that packs."""
        self._cat_file.close()
        if self._packer is not None:
            self._packer.shutdown()

    # --- trees -----------------------------------------------------------------------------

    def rebuild(
        self,
        tree: str | None,
        changes: Mapping[MemoryPath, TreeEntry | None],
        files: DurableFiles,
    ) -> str | None:
        """Store the tree that results from putting entries at paths below `tree`.

        Only the folders along the paths are read and written. A folder left empty is dropped.

        Args:
            tree: Id of the tree to start from; `None` for an empty one.
            changes: Entry by path; `None` removes what is there.
            files: What it is written with.

        Returns:
            Id of the new tree; `None` when nothing is left in it.

        Raises:
            RefusedForSafety: A path leads through a file, a link or a submodule.
        """
        direct: dict[str, TreeEntry | None] = {}
        below: dict[str, dict[MemoryPath, TreeEntry | None]] = {}
        for path, change in changes.items():
            name, slash, rest = path.partition("/")
            if slash:
                below.setdefault(name, {})[MemoryPath(rest)] = change
            else:
                direct[name] = change
        data = splice_entries(self.read_tree(tree) if tree else b"", direct)
        folders: dict[str, TreeEntry | None] = {}
        for name, folder in _entries_named(data, below):
            if folder is not None and folder.mode != TREE_MODE:
                raise RefusedForSafety(f"{name} is a {_KINDS[folder.mode]} in the repository")
            new = self.rebuild(folder.id if folder else None, below[name], files)
            folders[name] = TreeEntry(TREE_MODE, name, new) if new else None
        data = splice_entries(data, folders)
        return self.add("tree", data, files) if data else None

    # --- writing ---------------------------------------------------------------------------

    def write(self, kind: str, data: bytes) -> str:
        """Store an object durably and return its id.

        Raises:
            OSError: It could not be written; nothing refers to what may be left.
        """
        with DurableFiles() as files:
            name = self.add(kind, data, files)
            files.finish()
        return name

    def add(self, kind: str, data: bytes, files: DurableFiles) -> str:
        """Have an object stored and return its id.

        One that exists becomes as durable and as young as a new one: whoever stored it may not have
        fsynced, and git's housekeeping drops what is old and not in use yet.

        Raises:
            OSError: It could not be written; nothing refers to what may be left.
        """
        name = object_id(kind, data)
        if kind == "tree":
            self._trees.put(name, data)
        self._added[name] = (kind, data)
        folder = f"{self._objects_dir}/{name[:2]}"
        target = self._path(name)
        if not files.holds(target) and not _freshen(target):
            packed = self._pack(f"{kind} {len(data)}\0".encode() + data)
            temporary = f"{folder}/{_TEMPORARY}"
            try:
                files.add(target, packed, temporary, mode=_OBJECT_MODE)
            except FileNotFoundError:
                Path(folder).mkdir(exist_ok=True)
                files.add(target, packed, temporary, mode=_OBJECT_MODE)
        return name

    def forget_added(self) -> None:
        """From now on, `restore` is about what is added then."""
        self._added = {}

    def added(self) -> list[tuple[str, bytes]]:
        """What was added for a commit: kind and data of each object."""
        return list(self._added.values())

    def restore(self) -> bool:
        """Store again what was added for a commit and has gone; returns whether anything had.

        `git gc --prune=now` drops what no ref led to when it began, however young.

        Raises:
            OSError: It could not be written.
            Unavailable: The object database cannot be read.
        """
        gone = [added for name, added in self._added.items() if not self._has(name)]
        if gone:
            self._add_all(gone)
        return bool(gone)

    def _add_all(self, objects: Sequence[tuple[str, bytes]], retries: int = 3) -> None:
        try:
            with DurableFiles() as files:
                for kind, data in objects:
                    self.add(kind, data, files)
                files.finish()
        except FileNotFoundError:  # what is being written can be pruned, too
            if not retries:
                raise
            self._add_all(objects, retries - 1)

    def _pack(self, data: bytes) -> bytes | Future[bytes]:
        """Compress an object; a large one (a folder of thousands of files) in the background."""
        if len(data) < _PACKED_BESIDE:
            return zlib.compress(data, 1)
        if self._packer is None:
            self._packer = ThreadPoolExecutor(1, "pack-objects")
        return self._packer.submit(zlib.compress, data, 1)

    def remember_tree(self, commit: CommitId, tree: str) -> None:
        """Note the tree of a commit of ours, to save a question."""
        self._tree_of_commit = (commit, tree)
        self._sound = commit


class _ObjectCache:
    """The objects that were used last: the next write needs most of the trees again.

    Args:
        most: How many bytes there may be.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._found: OrderedDict[str, bytes] = OrderedDict()
        self._size = 0

    def get(self, name: str) -> bytes | None:
        with self._lock:
            if name in self._found:
                self._found.move_to_end(name)
            return self._found.get(name)

    def put(self, name: str, data: bytes) -> None:
        with self._lock:
            if name not in self._found:
                self._found[name] = data
                self._size += len(data)
            while self._size > self._most:
                _, dropped = self._found.popitem(last=False)
                self._size -= len(dropped)


def _freshen(target: str) -> bool:
    """Whether the object exists and can be relied on; after a crash its file may be empty."""
    try:
        descriptor = os.open(target, READ)
    except OSError:
        return False  # writing it again shows what is wrong
    try:
        os.utime(target)
        os.fsync(descriptor)
        return os.fstat(descriptor).st_size > 0
    except OSError:
        return False
    finally:
        os.close(descriptor)
