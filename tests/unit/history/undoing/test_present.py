"""The files as they are, with planned changes on top."""

import pytest

from pack.errors import NotFound, RefusedForSafety
from pack.history.undoing.present import PresentFiles
from pack.model import Delete, MemoryPath, Put, blob_id
from tests.support import World

PATH = MemoryPath("a/x.md")


@pytest.fixture
def mem():
    made = World(None)
    made.init()
    made.commit({PATH: "x\n", "a/file": "y\n"})
    yield made
    made.close()


def test_planned_changes_come_before_what_is_there(mem):
    now = PresentFiles(mem.memory._session.core)
    head = mem.connector.head()
    assert now.content(PATH) == b"x\n"
    assert now.changed_since(head) == {}
    now.plan([Put(PATH, b"new\n", blob_id(b"x\n"))])
    assert now.read(now.blob(PATH)) == b"new\n"
    assert now.changed_since(head) == {PATH: blob_id(b"new\n")}
    now.plan([Delete(PATH, blob_id(b"new\n"))])
    assert now.blob(PATH) is None
    assert now.changed_since(head) == {PATH: None}
    with pytest.raises(NotFound):
        now.read(blob_id(b"never\n"))


def test_a_folder_or_a_file_in_the_way_is_named(mem):
    now = PresentFiles(mem.memory._session.core)
    with pytest.raises(RefusedForSafety, match="a/file on the way"):
        now.refuse_blocked(MemoryPath("a/file/n.md"))
    with pytest.raises(RefusedForSafety, match="a is a folder"):
        now.refuse_blocked(MemoryPath("a"))
    now.refuse_blocked(MemoryPath("new/folder/n.md"))


def test_what_was_edited_by_hand_counts(git_world):
    git_world.init()
    git_world.commit({PATH: "x\n"})
    git_world.edit(PATH, "mine\n")
    now = PresentFiles(git_world.memory._session.core)
    assert now.changed_since(git_world.connector.head()) == {PATH: blob_id(b"mine\n")}
    assert now.read(blob_id(b"mine\n")) == b"mine\n"
