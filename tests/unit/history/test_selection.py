"""Which files are meant, and which are never told about."""

import pytest

from pack.errors import InvalidPath, NotFound
from pack.history.selection import Selection, Shown, names_path, select
from pack.memory import Memory


def core_of(memory: Memory):
    return memory.comparisons._core


def test_files_and_folders(world):
    memory = world.init()
    made = memory.notes.update("a/x.md", "x\n")
    core = core_of(memory)
    assert select(core, "a/x") == select(core, "./a/x.md") == Selection("a/x.md")
    assert select(core, "a/") == Selection("a", is_folder=True)
    assert select(core, "a").holds("a/x.md")
    assert not select(core, "a").holds("ab/x.md")
    assert [names_path(core, word) for word in ("a", "a/x", "none.md", "7d")] == [
        True,
        True,
        True,
        False,
    ]
    memory.notes.delete("a/x.md", made.sha)
    assert select(core, "a/x.md") == Selection("a/x.md")
    with pytest.raises(NotFound):
        select(core, "a/y.md")


def test_what_is_shown(world):
    memory = world.init()
    world.commit({".pack.yaml": "version: 1\nexclude: [docs/]\n", "docs/a.md": "a\n"})
    core = core_of(memory)
    paths = ("a/x.md", "MEMORY.md", "MEMORY-2.md", "docs/a.md", "index.md", "a.md", "legacy/a.md")
    assert [Shown(core).holds(path) for path in paths] == [True] * 3 + [False] * 4
    assert Shown(core, with_index=True).holds("index.md")
    with pytest.raises(InvalidPath):
        select(core, "docs/a.md")
