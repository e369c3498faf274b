"""The payloads that webhooks are sent (C8)."""

import json

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pack_templates import webhook_schema

from pack.log import CommitFacts
from pack.model import MemoryPath
from pack.sync.events import EventKind, FileEvent
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


def sha(world, path):
    return world.memory.notes.get(path).sha


KINDS = st.sampled_from(EventKind)
TEXT = st.text(st.characters(exclude_categories=["Cs"]))


def event(kind=EventKind.UPDATE, content="text\n", message="m", url=None):
    commit = CommitFacts(SHA, (), f"{message}\n", START, url)
    old_path = MemoryPath("context/plan.md") if kind is EventKind.MOVE else None
    return FileEvent(kind, MemoryPath("projects/plan.md"), content, message, commit, old_path)


@pytest.mark.contract("C8")
def test_a_v2_payload_is_of_one_file():
    payload = json.loads(file_payload(event(EventKind.EDIT, url="https://x/y"), "me/memory"))
    assert payload == {
        "version": 2,
        "event": "memory_update",
        "content": "text\n",
        "message": "m",
        "repo": "me/memory",
        "sha": SHA,
        "commit_url": "https://x/y",
        "timestamp": "2026-03-01T12:00:00Z",
        "action": "edit",
        "file": "plan.md",
        "path": "projects/plan.md",
        "old_path": None,
    }


@pytest.mark.contract("C8")
@pytest.mark.parametrize(
    ("kind", "word"),
    [
        (EventKind.UPDATE, "memory_update"),
        (EventKind.EDIT, "memory_update"),
        (EventKind.MOVE, "memory_update"),
        (EventKind.DELETE, "memory_delete"),
    ],
)
def test_a_consumer_of_the_first_pack_hears_of_every_path_that_has_content(kind, word):
    payload = json.loads(file_payload(event(kind, ""), "r"))
    moved = "context/plan.md" if kind is EventKind.MOVE else None
    assert (payload["event"], payload["action"]) == (word, kind.value)
    assert payload["old_path"] == moved
    assert validator(2).is_valid(payload)
    for field, wrong in (
        ("event", f"memory_{'update' if word == 'memory_delete' else 'delete'}"),
        ("event", "memory_edit"),
        ("action", "rename"),
        ("old_path", None if moved else "context/plan.md"),
    ):
        assert not validator(2).is_valid(payload | {field: wrong}), field


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


def validator(version):
    schema = json.loads(webhook_schema(version))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


@pytest.mark.contract("C8")
def test_both_schemas_have_the_shared_fields():
    first, second = (json.loads(webhook_schema(version)) for version in (1, 2))
    assert set(first["required"]) == BOTH
    assert set(second["required"]) == BOTH | {"version", "action", "file", "path", "old_path"}
    payload = json.loads(file_payload(event(EventKind.DELETE, "left over"), "r"))
    assert not validator(2).is_valid(payload)


def test_events_of_one_commit_have_keys_of_their_own():
    assert [event_key(newest_of(SHA), part) for part in range(3)] == [SHA, f"{SHA}:2", f"{SHA}:3"]


def newest_of(commit):
    return CommitFacts(commit, (), "m", START)
