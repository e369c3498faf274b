"""Commits beside the branch, below `refs/pack/`: branch, folder and git's index do not move.

Source: git-update-ref(1) "--stdin"; git-for-each-ref(1).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from pack.errors import NotFound, StaleBase, Unavailable
from pack.model import Change, CommitId, Identity, MemoryPath, Put
from pack_connectors.local_git.gc_lock import LONGEST_SECONDS, wait_for_gc
from pack_connectors.local_git.kept_pack import keep
from pack_connectors.local_git.objects import FILE_MODE, ObjectStore, TreeEntry, file_blob
from pack_connectors.local_git.process import GitRunner, RefUpdater, check_id, is_id
from pack_connectors.local_git.repository import Repository, identity_line, read_user
from pack_connectors.preconditions import is_side_ref
from pack_connectors.system.durable_files import DurableFiles

PREFIX: Final = "refs/pack/"
FOLDERS: Final = ("proposals", "rejected")
REFSPECS: Final = tuple(f"+{PREFIX}{folder}/*:{PREFIX}{folder}/*" for folder in FOLDERS)
"""What a clone fetches to have them all."""
_ATTEMPTS: Final = 3


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
    ) -> None:
        self._repository = repository
        self._runner = runner
        self._clock = clock
        self._store = store
        self._refs = refs

    def list(self, folder: str) -> dict[str, CommitId]:
        """See `Connector.side_refs`."""
        prefix = f"{PREFIX}{folder}/"
        form = "--format=%(objecttype) %(objectname) %(refname)"
        out = self._runner.run(["for-each-ref", form, prefix])
        rows = (line.split(" ", 2) for line in out.decode("utf-8", "replace").splitlines())
        return {
            name.removeprefix(prefix): CommitId(commit)
            for kind, commit, name in rows
            if kind == "commit"  # a person can make refs to other things here, too
        }

    def commit(
        self,
        ref: str,
        expected: CommitId | None,
        base: CommitId,
        changes: Sequence[Change],
        message: str,
        author: Identity | None,
    ) -> CommitId:
        """See `Connector.commit_aside`.

        Raises:
            OSError: An object cannot be written.
        """
        if not is_id(base) or self._store.find_id(base, "commit") is None:
            raise NotFound(f"commit {base[:60]}")
        made = list[CommitId]()
        for attempt in range(_ATTEMPTS):
            try:
                made.append(self._store_commit(base, changes, message, author))
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

    def _store_commit(
        self, base: CommitId, changes: Sequence[Change], message: str, author: Identity | None
    ) -> CommitId:
        with DurableFiles() as files:
            is_pruned = wait_for_gc(self._repository.common_dir, LONGEST_SECONDS)
            self._store.forget_added()
            entries = {change.path: self._entry(base, change, files) for change in changes}
            before = self._store.tree_of(base)
            tree = self._store.rebuild(before, entries, files) or self._store.add(
                "tree", b"", files
            )
            user = read_user(self._runner)
            now = max(0, int(self._clock().timestamp()))
            lines = (
                f"tree {tree if entries else before}",
                f"parent {base}",
                f"author {identity_line(author or user, now)}",
                f"committer {identity_line(user, now)}",
            )
            data = "\n".join(lines) + f"\n\n{message.rstrip()}\n"
            new = CommitId(self._store.add("commit", data.encode("utf-8", "replace"), files))
            files.finish()
        if is_pruned:
            keep(self._runner, self._store.added())
        return new

    def _entry(self, base: CommitId, change: Change, files: DurableFiles) -> TreeEntry | None:
        if not isinstance(change, Put):
            return None
        old = self._store.entry_in(base, change.path)
        mode = old.mode if old is not None and file_blob(old) else FILE_MODE
        blob = self._store.add("blob", change.content, files)
        return TreeEntry(mode, _name(change.path), blob)

    def _move(self, ref: str, new: CommitId, expected: CommitId | None) -> None:
        name = PREFIX + ref
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


def _name(path: MemoryPath) -> str:
    return path.rpartition("/")[2]
