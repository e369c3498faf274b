"""What commits did to files, and the payloads that tell of it."""

import json

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pack_templates import webhook_schema

from pack.files.edits import Replace
from pack.log import CommitFacts
from pack.model import MemoryPath
from pack.sync.events import EventKind, FileEvent, _kinds, read_events
from pack.sync.payload import event_key, file_payload, memory_payload
from tests.support import START, World

BOTH = {"event", "content", "message", "repo", "sha", "commit_url", "timestamp"}
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
    return read_events(world.connector, newest(world), MemoryPath(world.v1_path))


def shown(world):
    return [(event.kind.value, event.path, event.content) for event in events(world)]


def sha(world, path):
    return world.memory.notes.get(path).sha


def test_each_write_says_what_it_did(world):
    memory = world.memory
    memory.notes.update("context/a.md", "one\n")
    assert shown(world) == [("memory_update", "context/a.md", "one\n")]
    memory.notes.update("context/a.md", "two\n", sha(world, "context/a.md"), "because")
    assert shown(world) == [("memory_update", "context/a.md", "two\n")]
    assert events(world)[0].message == "context/a.md: update (because)"
    memory.notes.edit("context/a.md", [Replace(op="replace", old="two", new="three")])
    assert shown(world) == [("memory_edit", "context/a.md", "three\n")]
    memory.notes.move("context/a.md", "projects/a.md", sha(world, "context/a.md"))
    assert shown(world) == [("memory_move", "projects/a.md", "three\n")]
    assert events(world)[0].message == "projects/a.md: move from context/a.md"
    memory.notes.delete("projects/a.md", sha(world, "projects/a.md"))
    assert shown(world) == [("memory_delete", "projects/a.md", "")]


def test_a_commit_by_hand_of_several_files_says_each_deletes_first(world):
    world.commit({"context/z.md": "z", "context/a.md": "a"})
    world.commit(
        {"context/z.md": None, "context/b.md": "z", "context/a.md": "\n\na\n\n", "x.txt": "x"},
        "tidy up\n\nWhy: it was due",
    )
    assert shown(world) == [
        ("memory_delete", "context/z.md", ""),
        ("memory_update", "context/a.md", "a\n"),
        ("memory_update", "context/b.md", "z\n"),
    ]
    assert {event.message for event in events(world)} == {"tidy up\n\nWhy: it was due"}


def test_a_commit_that_changes_no_memory_file_says_nothing(world):
    for files in ({"index.md": "---\nversion: 2\n---\n"}, {"notes.txt": "x"}, {"MEMORY.md": "x"}):
        world.commit(files)
        assert shown(world) == []


def test_a_message_by_hand_does_not_pass_for_one_of_ours(world):
    world.commit({"context/a.md": "a"}, "context/a.md: edit")
    world.commit({"context/a.md": "b"}, "context/a.md: edit")
    assert shown(world) == [("memory_update", "context/a.md", "b\n")]
    world.commit(
        {"context/a.md": None, "context/b.md": "b"}, "context/b.md: move from context/a.md"
    )
    assert [kind for kind, _, _ in shown(world)] == ["memory_delete", "memory_update"]


def test_a_file_that_is_not_for_targets_is_not_there_for_them(world):
    private, public = "---\nsync: false\n---\n\nmine\n", "---\nsync: true\n---\n\nours\n"
    world.commit({"context/a.md": private})
    assert shown(world) == []
    world.commit({"context/a.md": public})
    assert shown(world) == [("memory_update", "context/a.md", "ours\n")]
    world.commit({"context/a.md": private})
    assert shown(world) == [("memory_delete", "context/a.md", "")]
    world.commit({"context/a.md": None})
    assert shown(world) == []


def test_a_message_that_may_name_a_private_file_is_not_passed_on(world):
    world.commit({"context/a.md": "---\nsync: false\n---\n", "context/b.md": "b"}, "a.md and b.md")
    (event,) = events(world)
    assert event.message == "context/b.md: update"


def test_a_v1_memory_has_one_file():
    world = World(None)
    world.commit({"MEMORY.md": "one"})
    assert shown(world) == [("memory_update", "MEMORY.md", "one\n")]
    world.commit({"MEMORY.md": "two", "other.md": "x"})
    assert shown(world) == [("memory_update", "MEMORY.md", "two\n")]
    world.close()


def test_the_first_commit_says_all_its_files():
    world = World(None)
    world.init()
    assert shown(world) == [("memory_update", "context/general.md", "# General\n")]
    world.close()


# --- payloads --------------------------------------------------------------------------------

KINDS = st.sampled_from(EventKind)
TEXT = st.text(st.characters(exclude_categories=["Cs"]))


def event(kind=EventKind.UPDATE, content="text\n", message="m", url=None):
    commit = CommitFacts(SHA, (), f"{message}\n", START, url)
    return FileEvent(kind, MemoryPath("projects/plan.md"), content, message, commit)


@pytest.mark.contract("C8")
def test_a_v2_payload_is_of_one_file():
    payload = json.loads(file_payload(event(EventKind.EDIT, url="https://x/y"), "me/memory"))
    assert payload == {
        "version": 2,
        "event": "memory_edit",
        "content": "text\n",
        "message": "m",
        "repo": "me/memory",
        "sha": SHA,
        "commit_url": "https://x/y",
        "timestamp": "2026-03-01T12:00:00Z",
        "file": "plan.md",
        "path": "projects/plan.md",
    }


@pytest.mark.contract("C8")
@given(KINDS)
def test_a_v1_payload_is_of_the_whole_memory_and_has_no_version(kind):
    payload = json.loads(memory_payload([event(kind), event()], "# All\n", "me/memory"))
    assert payload.keys() == BOTH
    assert (payload["event"], payload["content"]) == ("memory_update", "# All\n")


@pytest.mark.contract("C8")
@given(KINDS, TEXT, TEXT, st.sampled_from([None, "https://x.example/commit/1"]))
def test_payloads_are_what_their_schemas_say(kind, content, message, url):
    content = "" if kind is EventKind.DELETE else content
    found = event(kind, content, message, url)
    second, first = file_payload(found, "r"), memory_payload([found], content, "r")
    validator(2).validate(json.loads(second))
    validator(1).validate(json.loads(first))
    for version, other in ((1, second), (2, first)):
        assert not validator(version).is_valid(json.loads(other))


@pytest.mark.contract("C8")
def test_what_is_no_unicode_is_replaced():
    found = event(message="caf\udce9")
    for body in (file_payload(found, "caf\udce9"), memory_payload([found], "x", "caf\udce9")):
        payload = json.loads(body.decode("utf-8"))
        assert (payload["repo"], payload["message"]) == ("caf?", "caf?")


def test_a_folder_that_was_moved_by_hand_costs_no_more_than_its_files():
    compared = []

    class Message(str):
        __slots__ = ()

        def startswith(self, *args):
            compared.append(args)
            return super().startswith(*args)

    old, new = ({MemoryPath(f"{name}/{n}.md") for n in range(200)} for name in ("old", "new"))
    kinds = [kind for _, kind in _kinds(Message("by hand"), old, new)]
    assert kinds == [EventKind.DELETE] * 200 + [EventKind.UPDATE] * 200
    assert len(compared) <= 400


def validator(version):
    schema = json.loads(webhook_schema(version))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


@pytest.mark.contract("C8")
def test_both_schemas_have_the_shared_fields():
    first, second = (json.loads(webhook_schema(version)) for version in (1, 2))
    assert set(first["required"]) == BOTH
    assert set(second["required"]) == BOTH | {"version", "file", "path"}
    payload = json.loads(file_payload(event(EventKind.DELETE, "left over"), "r"))
    assert not validator(2).is_valid(payload)


def test_events_of_one_commit_have_keys_of_their_own():
    assert [event_key(newest_of(SHA), part) for part in range(3)] == [SHA, f"{SHA}:2", f"{SHA}:3"]


def newest_of(commit):
    return CommitFacts(commit, (), "m", START)
