"""Commits beside the branch, below `refs/pack/`: branch, folder and git's index do not move.

Source: git-update-ref(1) "--stdin"; git-for-each-ref(1).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pack.deferred import pattern
from pack.errors import NotFound, StaleBase, Unavailable
from pack.mesh.side_commits import StoredCommit
from pack.model import BlobId, Change, CommitId, Identity, MemoryPath, Put
from pack_connectors.local_git.committed import lacks_ref, read_file
from pack_connectors.local_git.gc_lock import LONGEST_SECONDS, wait_for_gc
from pack_connectors.local_git.kept_pack import keep
from pack_connectors.local_git.objects import (
    FILE_MODE,
    ObjectStore,
    TreeEntry,
    file_blob,
    find_in_tree,
)
from pack_connectors.local_git.process import GitRunner, RefUpdater, check_id, is_id
from pack_connectors.local_git.repository import Repository, identity_line
from pack_connectors.local_git.write import merge_data
from pack_connectors.preconditions import is_side_ref
from pack_connectors.system.durable_files import DurableFiles
from pack_connectors.system.thread_view import ThreadView

if TYPE_CHECKING:  # whoever only reads needs nothing of merges
    from pack.remote.merge_store import MergeCommit

PREFIX: Final = "refs/pack/"
FOLDERS: Final = ("proposals", "rejected", "kits", "imports")
REFSPECS: Final = tuple(f"+{PREFIX}{folder}/*:{PREFIX}{folder}/*" for folder in FOLDERS)
"""What a clone fetches to have them all."""
_ATTEMPTS: Final = 3
_PLAIN: Final = pattern(r"[a-z0-9/-]*")
"""What names of PACK's own refs consist of; git knows which others are none, as of a lock."""
_File = tuple[int, int, int] | None
Stamp = tuple[Identity, int]
"""Who commits, and when in seconds since 1970."""
_Seen = tuple[tuple[_File, ...], tuple[tuple[str, bytes], ...]]


def _stat(file: Path) -> _File:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


def _loose_refs(top: str) -> Iterator[tuple[str, bytes]]:
    """The file of a ref, or those below a folder, and what is in each; it is done at each look.

    Raises:
        OSError: One cannot be read.
        Unavailable: A folder below it is somewhere else, or there is a pipe: git would wait for
            its writer for ever.
    """
    waiting = [top]
    while waiting:
        place = waiting.pop()
        try:
            with os.scandir(place) as found:
                for one in found:
                    if one.is_dir():
                        if one.is_symlink():  # it may lead back here, and git never ends either
                            raise Unavailable(f"{one.path} is a link to a folder; remove it")
                        waiting.append(one.path)
                    elif one.is_file():
                        yield one.path, read_file(one.path)
                    elif not one.is_symlink():
                        raise Unavailable(f"{one.path} is not a file; remove it")
        except NotADirectoryError:
            yield place, read_file(place)
        except FileNotFoundError:
            if place != top:
                raise


class SideRefs:
    """The refs beside the branch of one repository; whoever writes holds the process lock."""

    def __init__(
        self,
        repository: Repository,
        runner: GitRunner,
        clock: Callable[[], datetime],
        *,
        store: ObjectStore,
        refs: RefUpdater,
        user: Callable[[], Identity],
        view: ThreadView | None = None,
    ) -> None:
        self._repository = repository
        self._runner = runner
        self._clock = clock
        self._store = store
        self._refs = refs
        self._user = user
        self._view = view or ThreadView()
        self._known: dict[str, tuple[_Seen | None, dict[str, CommitId]]] = {}

    def list(self, folder: str) -> dict[str, CommitId]:
        """See `Connector.side_refs`; git is asked only where something changed since."""
        return dict(self._view.once((SideRefs, folder), lambda: self._list_now(folder)))

    def _list_now(self, folder: str) -> dict[str, CommitId]:
        stamp, known = self._stamp(folder), self._known.get(folder)
        if known is not None and stamp is not None and known[0] == stamp:
            return known[1]
        found = self._brought_up(folder, stamp, known)
        if found is None:
            found = self._listed(folder)
        self._known[folder] = (stamp, found)
        return found

    def _brought_up(
        self,
        folder: str,
        stamp: _Seen | None,
        known: tuple[_Seen | None, dict[str, CommitId]] | None,
    ) -> dict[str, CommitId] | None:
        """The refs after loose ones were written; `None` where git has to be asked."""
        if known is None or known[0] is None or stamp is None or known[0][0] != stamp[0]:
            return None
        before, now, found = dict(known[0][1]), dict(stamp[1]), dict(known[1])
        if not self._store.is_at_hand or not before.keys() <= now.keys():
            return None  # where one is gone, a packed one counts again
        top = self._repository.common_dir / f"{PREFIX}{folder}"
        for file in (file for file, content in now.items() if before.get(file) != content):
            name = "" if file == str(top) else Path(file).relative_to(top).as_posix()
            commit = now[file].decode("ascii", "replace").removesuffix("\n")
            if not (_PLAIN.fullmatch(name) and is_id(commit)):
                return None
            if self._store.find_id(commit, "commit") is None:
                return None
            found[name] = CommitId(commit)
        return dict(sorted(found.items()))

    def _stamp(self, folder: str) -> _Seen | None:
        """The loose refs of a folder as they are, and which packed ones there are."""
        base = self._repository.common_dir
        packed = tuple(_stat(base / name) for name in ("packed-refs", "reftable/tables.list"))
        try:
            return packed, tuple(sorted(_loose_refs(str(base / f"{PREFIX}{folder}"))))
        except OSError:  # one has just gone
            return None

    def _listed(self, folder: str) -> dict[str, CommitId]:
        prefix = f"{PREFIX}{folder}"
        if lacks_ref(str(self._repository.common_dir), prefix):
            return {}
        form = "--format=%(objecttype) %(objectname) %(refname)"
        out = self._runner.run(["for-each-ref", form, prefix])
        rows = (line.split(" ", 2) for line in out.decode("utf-8", "replace").splitlines())
        return {
            name.removeprefix(prefix).lstrip("/"): CommitId(commit)
            for kind, commit, name in rows
            if kind == "commit"  # a person can make refs to other things here, too
        }

    def walk(self, head: CommitId, names: Sequence[MemoryPath]) -> Iterator[StoredCommit]:
        """See `SideCommits.walk_aside`."""
        return walk_commits(self._store, head, names)

    def commit(
        self,
        ref: str,
        expected: CommitId | None,
        base: CommitId | None,
        changes: Sequence[Change],
        message: str,
        author: Identity | None,
        stamp: Stamp | None = None,
    ) -> CommitId:
        """See `Connector.commit_aside`.

        Args:
            ref: Below `refs/pack/`.
            expected: Where it leads now; `None` if it does not exist.
            base: The commit's parent.
            changes: What it changes.
            message: Its message.
            author: Who made it; `None` for the user.
            stamp: Who commits, and when; `None` for the user, now.

        Raises:
            OSError: An object cannot be written.
        """
        if base is not None:
            self._refuse_unknown(base)

        def store(files: DurableFiles) -> CommitId:
            entries = {change.path: self._entry(base, change, files) for change in changes}
            tree = self._store.root_of(base) if base is not None else None
            if entries:
                tree = self._store.rebuild(tree, entries, files)
            parents = [base] if base is not None else []
            return self._add(
                tree or self._empty(files), parents, author, message, files, stamp=stamp
            )

        return self._stored(ref, expected, store)

    def commit_files(
        self,
        ref: str,
        expected: CommitId | None,
        parents: Sequence[CommitId],
        contents: Mapping[MemoryPath, bytes],
        message: str,
        author: Identity,
        sign: Callable[[bytes], bytes],
    ) -> CommitId:
        """Have a ref lead to a signed commit with these files and no others.

        Args:
            ref: Below `refs/pack/`.
            expected: Where it leads now; `None` if it does not exist.
            parents: The commit's parents.
            contents: Its files.
            message: Its message.
            author: Who made it.
            sign: Adds the signature to a commit.

        Raises:
            NotFound: A parent is missing.
            StaleBase: The ref leads elsewhere.
            OSError: An object cannot be written.
        """
        for parent in parents:
            self._refuse_unknown(parent)

        def store(files: DurableFiles) -> CommitId:
            entries: dict[MemoryPath, TreeEntry | None] = {
                path: TreeEntry(FILE_MODE, _name(path), self._store.add("blob", content, files))
                for path, content in contents.items()
            }
            tree = self._store.rebuild(None, entries, files) or self._empty(files)
            return self._add(tree, parents, author, message, files, sign)

        return self._stored(ref, expected, store)

    def prepare(
        self,
        ours: CommitId,
        made: MergeCommit,
        changes: Sequence[Change],
        entries: Mapping[MemoryPath, TreeEntry | None],
    ) -> CommitId:
        """See `MergeStore.prepare`.

        Args:
            ours: The parent that the changes apply to.
            made: The commit.
            changes: How its files differ from those of `ours`.
            entries: The same as entries, with links and permissions.

        Raises:
            OSError: An object cannot be written.
        """

        def store(files: DurableFiles) -> CommitId:
            for change in changes:
                if isinstance(change, Put):
                    self._store.add("blob", change.content, files)
            tree = self._store.rebuild(self._store.tree_of(ours), entries, files)
            data = merge_data(tree or self._empty(files), made)
            return CommitId(self._store.add("commit", data, files))

        return self._store_durably(store)

    def _refuse_unknown(self, commit: CommitId) -> None:
        if not is_id(commit) or self._store.find_id(commit, "commit") is None:
            raise NotFound(f"commit {commit[:60]}")

    def _stored(
        self, ref: str, expected: CommitId | None, store: Callable[[DurableFiles], CommitId]
    ) -> CommitId:
        made = list[CommitId]()
        for attempt in range(_ATTEMPTS):
            try:
                made.append(self._store_durably(store))
                self._move(ref, made[-1], expected)
            except (FileNotFoundError, Unavailable):  # a prune takes what is new, too
                if attempt + 1 == _ATTEMPTS:
                    raise
            except StaleBase as error:
                if not attempt or error.actual is None or error.actual not in made:
                    raise
                return error.actual  # git moved it before it failed
            else:
                return made[-1]
        raise AssertionError("the last attempt returns or raises")

    def _store_durably(self, store: Callable[[DurableFiles], CommitId]) -> CommitId:
        with DurableFiles() as files:
            is_pruned = wait_for_gc(self._repository.common_dir, LONGEST_SECONDS)
            self._store.forget_added()
            new = store(files)
            files.finish()
        if is_pruned:
            keep(self._runner, self._store.added())
        return new

    def _empty(self, files: DurableFiles) -> str:
        return self._store.add("tree", b"", files)

    def _add(
        self,
        tree: str,
        parents: Sequence[CommitId],
        author: Identity | None,
        message: str,
        files: DurableFiles,
        sign: Callable[[bytes], bytes] = bytes,
        stamp: Stamp | None = None,
    ) -> CommitId:
        user, now = stamp or (self._user(), max(0, int(self._clock().timestamp())))
        lines = (
            f"tree {tree}",
            *(f"parent {parent}" for parent in parents),
            f"author {identity_line(author or user, now)}",
            f"committer {identity_line(user, now)}",
        )
        data = ("\n".join(lines) + f"\n\n{message.rstrip()}\n").encode("utf-8", "replace")
        return CommitId(self._store.add("commit", sign(data), files))

    def _entry(
        self, base: CommitId | None, change: Change, files: DurableFiles
    ) -> TreeEntry | None:
        if not isinstance(change, Put):
            return None
        old = self._store.entry_in(base, change.path) if base is not None else None
        mode = old.mode if old is not None and file_blob(old) else FILE_MODE
        blob = self._store.add("blob", change.content, files)
        return TreeEntry(mode, _name(change.path), blob)

    def _move(self, ref: str, new: CommitId, expected: CommitId | None) -> None:
        name = PREFIX + ref
        self._view.forget()
        try:
            self._refs.swap(name, new, expected, lambda: None)
        except StaleBase as error:
            raise StaleBase(expected, self._store.commit_at(name)) from error
        self._store.restore()
        self._store.forget_added()

    def move(self, ref: str, new_ref: str | None, expected: CommitId) -> None:
        """See `Connector.move_aside`; both names change together.

        If they did not, as git was killed or a clone got both, this goes on from there.
        """
        self._view.forget()
        lines = f"delete {PREFIX}{ref} {check_id(expected)}\n"
        taken = self._store.commit_at(PREFIX + new_ref) if new_ref is not None else None
        if taken not in (None, expected):
            raise StaleBase(None, taken)
        if new_ref is not None and taken is None:
            lines += f"create {PREFIX}{new_ref} {check_id(expected)}\n"
        try:
            self._runner.run(["update-ref", "--stdin"], stdin=lines.encode())
        except Unavailable as error:
            actual = self._store.commit_at(PREFIX + ref)
            if actual == expected:
                raise
            raise StaleBase(expected, actual) from error


def keep_branches(runner: GitRunner, prefix: str) -> None:
    """Have the proposals that GitHub keeps as branches where git keeps them, in a new clone.

    Args:
        runner: Runs git in the clone.
        prefix: Where the branches of the remote are.

    Raises:
        Unavailable: Git failed.
    """
    form = ["for-each-ref", "--format=%(objectname) %(refname)"]
    places = [f"{prefix}pack/{folder}/" for folder in FOLDERS]
    kept = {
        line.partition(" ")[2]
        for line in runner.run([*form, PREFIX]).decode("utf-8", "replace").splitlines()
    }
    lines = []
    for line in runner.run([*form, *places]).decode("utf-8", "replace").splitlines():
        commit, _, branch = line.partition(" ")
        ref = f"refs/{branch.removeprefix(prefix)}"
        if ref not in kept and is_side_ref(ref.removeprefix(PREFIX)):
            lines.append(f"create {ref} {commit}\n")
    if lines:
        runner.run(["update-ref", "--stdin"], stdin="".join(lines).encode())


def is_side_branch(name: str) -> bool:
    """Whether a branch is how GitHub keeps one of them."""
    return name.startswith(tuple(f"pack/{folder}/" for folder in FOLDERS))


def walk_commits(
    store: ObjectStore, head: CommitId, names: Sequence[MemoryPath]
) -> Iterator[StoredCommit]:
    """A commit and its first parents in any object store; see `SideCommits.walk_aside`."""
    at: CommitId | None = head
    while at is not None:
        content = store.read_commit(at)
        tree = store.read_tree(store.root_of(at))
        entries = {name: find_in_tree(tree, name) for name in names}
        blobs = {name: BlobId(e.id) for name, e in entries.items() if e and file_blob(e)}
        texts = dict(store.read_blobs(list(blobs.values())))
        parents = parents_in(content)
        files = {name: texts[blob] for name, blob in blobs.items()}
        yield StoredCommit(at, parents, content, files)
        at = parents[0] if parents else None


def parents_in(commit: bytes) -> tuple[CommitId, ...]:
    """The parents as the commit has them, whatever shallow clones and grafts say."""
    headers = commit.partition(b"\n\n")[0].decode("utf-8", "replace").split("\n")
    return tuple(CommitId(line[7:]) for line in headers if line.startswith("parent "))


def _name(path: MemoryPath) -> str:
    return path.rpartition("/")[2]
