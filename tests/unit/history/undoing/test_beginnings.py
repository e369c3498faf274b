"""Undoing what made a memory."""

import pytest

from pack.errors import CannotUndo, NothingToUndo
from pack.history.undoing.undone import UndoChoice
from pack.model import Mode
from tests.support import World

LAST = UndoChoice()


@pytest.fixture
def mem():
    """A memory in a store without git, where git does not matter."""
    made = World(None)
    yield made
    made.close()


def undo(memory, commit):
    return memory.undo.undo(UndoChoice([commit]))


V1 = "# Work\n\n- one\n- two\n\n# Home\n\n- three\n"


def migrated(world):
    world.commit({"MEMORY.md": V1, "notes/beside.md": "beside\n"})
    before = world.files()
    plan = world.memory.lifecycle.plan_migration()
    world.memory.lifecycle.migrate(plan)
    return before


def test_a_migration_is_one_step(world):
    before = migrated(world)
    after = world.files()
    world.memory.undo.undo(LAST)
    assert world.files() == before
    assert world.memory.mode() is Mode.V1
    world.memory.undo.redo()
    assert world.files() == after
    assert world.memory.care.validate() == []


def test_a_migration_stays_if_something_was_written_since(mem):
    migrated(mem)
    made = mem.connector.head()
    mem.memory.notes.update("a/new.md", "new\n")
    with pytest.raises(CannotUndo, match="written since"):
        undo(mem.memory, made)
    mem.commit({"a/new.md": None, "MEMORY.md": None})
    with pytest.raises(CannotUndo, match="is gone"):
        undo(mem.memory, made)


def test_a_change_of_a_v1_memory_is_undone(mem):
    mem.commit({"MEMORY.md": V1})
    before = mem.files()
    mem.memory.notes.update("MEMORY.md", "other\n", mem.memory.notes.get("MEMORY.md").sha)
    mem.memory.undo.undo(LAST)
    assert mem.files() == before


def test_a_commit_that_began_a_memory_in_a_repository_stays(mem):
    mem.commit({"code.py": "x\n"})
    mem.init()
    with pytest.raises(CannotUndo, match="it began this memory"):
        undo(mem.memory, mem.connector.head())
    with pytest.raises(NothingToUndo):
        mem.memory.undo.undo(LAST)


def test_a_commit_that_gave_the_index_back_is_no_beginning(mem):
    memory = mem.init()
    mem.commit({"index.md": None})
    memory.notes.update("a/x.md", "x\n")
    memory.undo.undo(LAST)
    assert "a/x.md" not in mem.files()
    assert memory.care.validate() == []
