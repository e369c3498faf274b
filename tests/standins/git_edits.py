"""New trees and commits from old ones, without a working tree or an index."""

from __future__ import annotations

from collections.abc import Mapping

from tests.standins.git_objects import TREE_MODE, CommitData, GitObject, TreeItem, encode_tree
from tests.standins.github_store import GitRepository

FILE_MODE = "100644"


class PathMissing(Exception):
    """A path that was to be deleted is not there."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path


def edit_tree(
    git: GitRepository, base: str | None, changes: Mapping[str, TreeItem | None]
) -> tuple[str, list[GitObject]]:
    """Id of the tree with the changes, and the new trees, which are not stored yet.

    Args:
        git: Where the base is read.
        base: Tree the changes are made on; `None` for an empty one.
        changes: Entry by path; `None` deletes. A file may replace a folder and the reverse.

    Raises:
        PathMissing: A deleted path is not in the base.
    """
    made: list[GitObject] = []
    items = dict((git.tree(base) if base else None) or {})
    oid = _edit(git, "", items, changes, made)
    if oid is None:
        empty = encode_tree({})
        made.append(empty)
        oid = empty.oid
    return oid, made


def _edit(
    git: GitRepository,
    folder: str,
    items: dict[str, TreeItem],
    changes: Mapping[str, TreeItem | None],
    made: list[GitObject],
) -> str | None:
    inside: dict[str, dict[str, TreeItem | None]] = {}
    for path, item in changes.items():
        name, _, rest = path.partition("/")
        if rest:
            inside.setdefault(name, {})[rest] = item
        elif item is not None:
            items[name] = item
        elif items.pop(name, None) is None:
            raise PathMissing(folder + path)
    for name, deeper in inside.items():
        old = items.pop(name, None)
        is_folder = old is not None and old.kind == "tree"
        below = dict((git.tree(old.oid) if old is not None and is_folder else None) or {})
        oid = _edit(git, f"{folder}{name}/", below, deeper, made)
        if oid is not None:
            items[name] = TreeItem(TREE_MODE, oid)
    if not items:
        return None
    tree = encode_tree(items)
    made.append(tree)
    return tree.oid


def write_blobs(git: GitRepository, contents: Mapping[str, bytes]) -> dict[str, TreeItem]:
    """Entries for new files by path, their contents stored."""
    blobs = {path: GitObject("blob", content) for path, content in contents.items()}
    git.add(list(blobs.values()))
    return {path: TreeItem(FILE_MODE, blob.oid) for path, blob in blobs.items()}


def write_commit(git: GitRepository, data: CommitData) -> str:
    """Id of the commit, now stored."""
    made = GitObject("commit", data.encode())
    git.add([made])
    return made.oid
