"""Looking after a memory: the catalog made again, and the removal of what has expired."""

import pytest

from pack.errors import BlobChanged
from tests.support import assert_true_index, note


def test_a_memory_is_indexed_again(world):
    memory = world.init()
    memory.notes.update("a/x.md", "needle\n")
    told = []
    assert memory.care.reindex(lambda done, total: told.append((done, total))) == 2
    assert told[-1] == (2, 2)
    assert [match.path for match in memory.search.find("needle").matches] == ["a/x.md"]


def test_a_file_expires_the_day_after_its_last(world):
    world.init()
    world.memory.notes.update("a/days.md", note(1, ttl="2d"))  # written on the first of March
    world.memory.notes.update("a/date.md", note(1, ttl="2026-03-03"))
    world.memory.notes.update("a/never.md", note(1, ttl=""))
    world.clock.advance(days=2, hours=11)
    assert world.memory.care.list_expired() == []
    world.clock.advance(hours=2)
    expired = world.memory.care.list_expired()
    assert [file.path for file in expired] == ["a/date.md", "a/days.md"]
    assert {file.path for file in world.memory.notes.list().files if file.expired} == {
        "a/date.md",
        "a/days.md",
    }
    assert len([f for f in world.memory.care.validate() if f.code == "expired"]) == 2
    assert world.memory.care.status().expired == ("a/date.md", "a/days.md")


@pytest.mark.contract("C1", "C9")
def test_prune_removes_what_was_confirmed_and_nothing_else(world):
    world.init()
    for name in "abc":
        world.memory.notes.update(f"a/{name}.md", note(1, ttl="1d"))
    world.clock.advance(days=5)
    expired = world.memory.care.list_expired()
    count = len(world.messages())
    assert world.memory.care.prune(expired[:2], dry_run=True).commit is None
    assert len(world.listed()) == 4
    world.memory.care.prune(expired[:2])
    assert world.listed() == ["a/c.md", "context/general.md"]
    assert len(world.messages()) == count + 1
    assert "a/a.md: prune" in world.messages()[0]
    assert "\na/b.md\n" in world.messages()[0]
    assert_true_index(world)


@pytest.mark.contract("C1")
@pytest.mark.parametrize("change", [note(1, ttl="9d"), None])
def test_prune_removes_nothing_when_a_file_was_changed_since(world, change):
    world.init()
    for name in "ab":
        world.memory.notes.update(f"a/{name}.md", note(1, ttl="1d"))
    world.clock.advance(days=5)
    expired = world.memory.care.list_expired()
    world.commit({"a/b.md": change})
    before = world.files()
    with pytest.raises(BlobChanged):
        world.memory.care.prune(expired)
    assert world.files() == before


@pytest.mark.contract("C1", "C2")
def test_a_v1_memory_never_expires(world):
    world.commit({"MEMORY.md": "---\nttl: 2020-01-01\n---\nme\n"})
    assert world.memory.care.list_expired() == []
