"""What commits did to files, and the payloads that tell of it."""

import pytest

from pack.catalog.managed import sharing
from pack.files.edits import Replace
from pack.log import CommitFacts
from pack.model import MemoryPath
from pack.sync.events import EventKind, FileEvent, _kinds, read_events
from tests.support import START, World

SHA = "a" * 40


@pytest.fixture
def world():
    found = World(None)
    found.init()
    yield found
    found.close()


def newest(world):
    head = world.connector.head()
    return world.connector.lineage(None, head).commits[-1]


def events(world):
    return read_events(
        world.connector, newest(world), MemoryPath(world.v1_path), sharing(world.connector)
    )


def shown(world):
    return [(event.kind.value, event.path, event.content) for event in events(world)]


def sha(world, path):
    return world.memory.notes.get(path).sha


def test_each_write_says_what_it_did(world):
    memory = world.memory
    memory.notes.update("context/a.md", "one\n")
    assert shown(world) == [("update", "context/a.md", "one\n")]
    memory.notes.update("context/a.md", "two\n", sha(world, "context/a.md"), "because")
    assert shown(world) == [("update", "context/a.md", "two\n")]
    assert events(world)[0].message == "context/a.md: update (because)"
    memory.notes.edit("context/a.md", [Replace(old="two", new="three")])
    assert shown(world) == [("edit", "context/a.md", "three\n")]
    memory.notes.move("context/a.md", "projects/a.md", sha(world, "context/a.md"))
    assert shown(world) == [("move", "projects/a.md", "three\n")]
    (moved,) = events(world)
    assert moved.message == "projects/a.md: move from context/a.md"
    assert moved.old_path == "context/a.md"
    memory.notes.delete("projects/a.md", sha(world, "projects/a.md"))
    assert shown(world) == [("delete", "projects/a.md", "")]


def test_only_a_move_has_an_old_path(world):
    memory = world.memory
    memory.notes.update("context/a.md", "one\n")
    memory.notes.edit("context/a.md", [Replace(old="one", new="two")])
    memory.notes.delete("context/a.md", sha(world, "context/a.md"))
    world.commit({"context/b.md": "b"})
    world.commit(
        {"context/b.md": None, "context/c.md": "b"}, "context/c.md: move from context/b.md"
    )
    commits = world.connector.lineage(None, world.connector.head()).commits
    found = [
        event
        for commit in commits
        for event in read_events(
            world.connector, commit, MemoryPath(world.v1_path), sharing(world.connector)
        )
    ]
    assert {event.kind for event in found} == set(EventKind) - {EventKind.MOVE}
    assert {event.old_path for event in found} == {None}


def test_a_move_to_where_it_becomes_public_names_no_private_path(world):
    memory = world.memory
    memory.notes.update("context/a.md", "---\nsync: false\n---\n\nmine\n")
    memory.notes.move("context/a.md", "projects/a.md", sha(world, "context/a.md"))
    assert shown(world) == []


def test_a_commit_by_hand_of_several_files_says_each_deletes_first(world):
    world.commit({"context/z.md": "z", "context/a.md": "a"})
    world.commit(
        {"context/z.md": None, "context/b.md": "z", "context/a.md": "\n\na\n\n", "x.txt": "x"},
        "tidy up\n\nWhy: it was due",
    )
    assert shown(world) == [
        ("delete", "context/z.md", ""),
        ("update", "context/a.md", "a\n"),
        ("update", "context/b.md", "z\n"),
    ]
    assert {event.message for event in events(world)} == {"tidy up\n\nWhy: it was due"}


def test_a_commit_that_changes_no_memory_file_says_nothing(world):
    for files in ({"index.md": "---\nversion: 2\n---\n"}, {"notes.txt": "x"}, {"MEMORY.md": "x"}):
        world.commit(files)
        assert shown(world) == []


def test_a_message_by_hand_does_not_pass_for_one_of_ours(world):
    world.commit({"context/a.md": "a"}, "context/a.md: edit")
    world.commit({"context/a.md": "b"}, "context/a.md: edit")
    assert shown(world) == [("update", "context/a.md", "b\n")]
    world.commit(
        {"context/a.md": None, "context/b.md": "b"}, "context/b.md: move from context/a.md"
    )
    assert [kind for kind, _, _ in shown(world)] == ["delete", "update"]


def test_a_file_that_is_not_for_targets_is_not_there_for_them(world):
    private, public = "---\nsync: false\n---\n\nmine\n", "---\nsync: true\n---\n\nours\n"
    world.commit({"context/a.md": private})
    assert shown(world) == []
    world.commit({"context/a.md": public})
    assert shown(world) == [("update", "context/a.md", "ours\n")]
    world.commit({"context/a.md": private})
    assert shown(world) == [("delete", "context/a.md", "")]
    world.commit({"context/a.md": None})
    assert shown(world) == []


def test_a_message_that_may_name_a_private_file_is_not_passed_on(world):
    world.commit({"context/a.md": "---\nsync: false\n---\n", "context/b.md": "b"}, "a.md and b.md")
    (event,) = events(world)
    assert event.message == "context/b.md: update"


def test_a_v1_memory_has_one_file():
    world = World(None)
    world.commit({"MEMORY.md": "one"})
    assert shown(world) == [("update", "MEMORY.md", "one\n")]
    world.commit({"MEMORY.md": "two", "other.md": "x"})
    assert shown(world) == [("update", "MEMORY.md", "two\n")]
    world.close()


def test_the_first_commit_says_all_its_files():
    world = World(None)
    world.init()
    assert shown(world) == [("update", "context/general.md", "# General\n")]
    world.close()


# --- payloads --------------------------------------------------------------------------------


def event(kind=EventKind.UPDATE, content="text\n", message="m", url=None):
    commit = CommitFacts(SHA, (), f"{message}\n", START, url)
    return FileEvent(kind, MemoryPath("projects/plan.md"), content, message, commit)


def test_a_folder_that_was_moved_by_hand_costs_no_more_than_its_files():
    compared = []

    class Message(str):
        __slots__ = ()

        def startswith(self, *args):
            compared.append(args)
            return super().startswith(*args)

    old, new = ({MemoryPath(f"{name}/{n}.md") for n in range(200)} for name in ("old", "new"))
    kinds = [kind for _, kind, _ in _kinds(Message("by hand"), old, new)]
    assert kinds == [EventKind.DELETE] * 200 + [EventKind.UPDATE] * 200
    assert len(compared) <= 400
