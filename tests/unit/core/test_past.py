"""Where a file was at a moment of the past, if it has been moved since."""

import pytest

from pack.core.past import Past


@pytest.fixture
def moved(world):
    """A memory in which a file went from `a` to `b` to `c`, and its first commit."""
    memory = world.init()
    sha = memory.notes.update("notes/a.md", "a note of several lines\n" * 5).sha
    first = world.connector.head()
    memory.notes.move("notes/a.md", "notes/b.md", sha)
    memory.notes.update("notes/other.md", "x\n")
    second = world.connector.head()
    memory.notes.move("notes/b.md", "notes/c.md", sha)
    return world, first, second


def then(world, commit, path):
    return Past(commit, world.clock.now, world.connector).place_then(path)


def test_moves_are_followed_back(moved):
    world, first, second = moved
    assert then(world, first, "notes/c.md") == "notes/a.md"
    assert then(world, first, "notes/b.md") == "notes/a.md"
    assert then(world, second, "notes/c.md") == "notes/b.md"


def test_what_was_not_moved_there_since(moved):
    world, first, second = moved
    assert then(world, second, "notes/b.md") is None
    assert then(world, first, "notes/other.md") is None
    assert then(world, first, "notes/none.md") is None
    assert then(world, world.connector.head(), "notes/c.md") is None


def test_a_file_that_came_to_be_after_that_moment_was_nowhere(moved):
    world, first, _ = moved
    sha = world.memory.notes.update("notes/new.md", "new, and of several lines\n" * 5).sha
    world.memory.notes.move("notes/new.md", "notes/newer.md", sha)
    assert then(world, first, "notes/newer.md") is None
