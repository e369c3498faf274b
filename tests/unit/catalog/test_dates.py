"""When a file was changed last: by the last commit that changed it."""

from datetime import timedelta

from pack.catalog.dates import changed_at
from pack.model import MemoryPath
from tests.support import START, note

A, B = MemoryPath("context/a.md"), MemoryPath("context/b.md")


def test_a_file_is_as_old_as_its_last_commit(world):
    world.init()
    world.clock.advance(days=1)
    made = world.memory.notes.update(A, note(1))
    world.clock.advance(days=1)
    world.memory.notes.update(B, note(2))
    world.clock.advance(days=1)
    assert changed_at(world.catalog, world.connector, A) == START + timedelta(days=1)
    assert changed_at(world.catalog, world.connector, B) == START + timedelta(days=2)
    world.memory.notes.update(A, note(3), sha=made.sha)
    assert changed_at(world.catalog, world.connector, A) == START + timedelta(days=3)


def test_what_is_not_committed_has_no_date(world):
    assert changed_at(world.catalog, world.connector, A) is None
    world.init()
    assert changed_at(world.catalog, world.connector, A) is None
