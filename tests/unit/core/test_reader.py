"""What a reader sees: the files as they are now, uncommitted edits included."""

import pytest

from pack.core.reader import Reader
from pack.limits import MAX_FILE_BYTES
from pack.model import MemoryPath, Mode
from pack.paths import INDEX
from tests.support import note

A = MemoryPath("context/a.md")
V1 = MemoryPath("MEMORY.md")


def reader_of(world):
    return Reader(world.connector, world.catalog, V1)


def test_the_root_says_what_kind_of_memory_it_is(world):
    assert reader_of(world).mode() is Mode.EMPTY
    world.commit({V1: "# Everything\n"})
    assert reader_of(world).mode() is Mode.V1
    world.commit({INDEX: "---\nversion: 2\n---\n"})
    assert reader_of(world).mode() is Mode.V2


def test_a_file_that_is_too_large_to_be_read_is_there(git_world):
    git_world.commit({V1: b"x" * (MAX_FILE_BYTES + 1)})
    assert reader_of(git_world).mode() is Mode.V1
    assert list(reader_of(git_world).v1_files()) == []


def test_an_edit_is_seen_before_it_is_committed(git_world):
    git_world.init()
    git_world.memory.notes.update(A, note(1))
    reader = reader_of(git_world)
    assert reader.is_committed(reader.find(A))
    git_world.edit(A, "by hand\n")
    found = reader.find(A)
    assert found.content == b"by hand\n"
    assert not reader.is_committed(found)
    assert reader.find(MemoryPath("context/none.md")) is None


def test_a_file_is_read_once_while_that_is_wanted(git_world):
    git_world.init()
    git_world.memory.notes.update(A, note(1))
    reader = reader_of(git_world)
    with reader.reading_once():
        first = reader.find(A)
        assert reader.find(V1) is None
        git_world.edit(A, "by hand\n")
        assert reader.find(A) is first
        with reader.reading_once():  # begins with nothing known
            assert reader.find(A).content == b"by hand\n"
        assert reader.find(A).content == b"by hand\n"  # what is around it may be old by now
    git_world.edit(A, "again\n")
    assert reader.find(A).content == b"again\n"


@pytest.mark.contract("C10")
def test_a_memory_whose_index_was_removed_is_still_one(world):
    world.init()
    index = world.connector.get_contents(INDEX)
    world.connector.delete_file(INDEX, index.sha)
    assert reader_of(world).mode() is Mode.V2
    assert reader_of(world).former_index() == index.content.decode()


def test_a_repository_that_was_never_a_memory_is_none(world):
    world.commit({INDEX: "# My site\n", A: note(1)})
    assert reader_of(world).mode() is Mode.V2  # somebody may be about to make it one
    world.connector.delete_file(INDEX, world.connector.get_contents(INDEX).sha)
    assert reader_of(world).mode() is Mode.EMPTY


def test_a_divided_memory_without_an_index_is_not_its_old_file_again(world):
    world.commit({V1: "# Everything\n\ntext\n"})
    world.memory.lifecycle.migrate(world.memory.lifecycle.plan_migration())
    world.connector.delete_file(INDEX, world.connector.get_contents(INDEX).sha)
    assert reader_of(world).mode() is Mode.V2
