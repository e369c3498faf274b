"""Whether the working tree was ever checked out.

A clone without a checkout, or one whose checkout failed, has no files; that nobody removed them is
all the difference to a folder in which somebody did. A write that took the folder for what the
person wants would put new files in place of theirs. So all files gone, or no index, is no edit;
some files gone is.

Source: git-clone(1) "--no-checkout".
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from pack.errors import RefusedForSafety, Unavailable
from pack.model import MemoryPath
from pack.paths import INDEX
from pack_connectors.local_git.index import GitIndex
from pack_connectors.local_git.objects import SUBMODULE_MODE, ObjectStore
from pack_connectors.local_git.process import GitRunner
from pack_connectors.local_git.worktree import Worktree


def refuse_without_checkout(
    tree: str, store: ObjectStore, worktree: Worktree, index: GitIndex
) -> None:
    """Do nothing, unless the files of a commit were never put into the working tree.

    Args:
        tree: The tree of the current commit.
        store: Its objects.
        worktree: The files.
        index: Git's index.

    Raises:
        RefusedForSafety: They were not.
        PackError: It cannot be found out.
    """
    has_index = index.state() is not None
    if has_index and _is_there(worktree, INDEX):
        return  # of a sound memory, nothing else is looked at
    # The next write brings `index.md` back; it is no sign that the rest was there.
    files = [path for path in _files(store, tree) if not has_index or path != INDEX]
    some_are_there = any(_is_there(worktree, path) for path in files)
    if not files or (has_index and some_are_there):
        return
    raise RefusedForSafety(
        "the files of the last commit were not checked out",
        _remedy(
            has_index=has_index, has_files=some_are_there, is_sparse=index.is_left_out(files[0])
        ),
    )


def refuse_incomplete(runner: GitRunner, tree: str) -> None:
    """Do nothing, unless a partial clone lacks files of a commit, which its index would describe.

    Raises:
        RefusedForSafety: It does.
    """
    try:
        runner.run(["rev-list", "--objects", "--quiet", tree, "--"])
    except Unavailable as error:
        raise RefusedForSafety(
            "this partial clone lacks files of the last commit",
            "Run `git sparse-checkout disable` in the memory folder, which fetches them, then try "
            "again.",
        ) from error


def _remedy(*, has_index: bool, has_files: bool, is_sparse: bool) -> str:
    if is_sparse:
        return "Run `git sparse-checkout disable` in the memory folder, then try again."
    if has_files:  # with no index, `git checkout` would refuse to touch them
        return (
            "Run `git reset` in the memory folder, then `git checkout -- .`, which puts the "
            "committed version of each file there."
        )
    command = "git checkout -- ." if has_index else "git checkout"
    return f"Run `{command}` in the memory folder, then try again."


def _files(store: ObjectStore, tree: str) -> Iterator[MemoryPath]:
    return (MemoryPath(path) for path, e in store.walk(tree) if e.mode != SUBMODULE_MODE)


def _is_there(worktree: Worktree, path: str) -> bool:
    return os.path.lexists(worktree.root / path)
