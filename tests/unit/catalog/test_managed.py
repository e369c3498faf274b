"""The files that a git filter manages."""

from __future__ import annotations

from pack.catalog.managed import find_managed, managed_paths
from pack.model import MemoryPath
from tests.support import World


def test_managed_files_are_found_and_deleted_ones_are_not(git_world: World) -> None:
    git_world.init()
    git_world.commit({"notes/a.md": "a\n", "notes/b.md": "b\n"})
    assert managed_paths(git_world.connector) == frozenset()
    git_world.edit(".gitattributes", "b.md filter=x\n")
    (git_world.folder / "notes/a.md").unlink()
    ((path, why),) = find_managed(git_world.connector)
    assert (path, why.place) == (MemoryPath("notes/b.md"), ".gitattributes:1")
