"""Where kits are looked for is the person's to say, on all of their machines."""

import pytest

from pack.errors import InvalidConfig, NotFound, RefusedForSafety
from pack.merge.tree import KIT_INDEXES, merge_trees
from pack.model import blob_id
from pack.provenance import Origin, Source

A, B = "https://example.org/a.git", "https://example.org/b.git"


def indexes_of(world):
    return world.memory.written_by(Origin(Source.USER, "cli")).kits.indexes


def test_indexes_are_added_once_and_removed(world) -> None:
    world.init()
    indexes = indexes_of(world)
    assert indexes.list() == []
    assert indexes.add(A, dry_run=True) is None
    assert indexes.list() == []
    assert indexes.add(B) == world.memory.connector.head()
    assert indexes.add(A) is not None
    assert indexes.add(A) is None
    assert indexes.list() == [A, B]
    assert indexes.remove(B) is not None
    assert indexes.list() == [A]
    with pytest.raises(NotFound):
        indexes.remove(B)
    with pytest.raises(InvalidConfig):
        indexes.add("https://example.org/\x1b[2J")


def test_an_agent_does_not_say_it(world) -> None:
    world.init()
    agent = world.memory.written_by(Origin(Source.AI_CLOUD, "agent"))
    with pytest.raises(RefusedForSafety, match="for the person to say"):
        agent.kits.indexes.add(A)
    indexes_of(world).add(A)
    with pytest.raises(RefusedForSafety):
        agent.kits.indexes.remove(A)
    assert agent.kits.indexes.list() == [A]


@pytest.mark.parametrize("text", ["[", "[]", '{"a": 1}'])
def test_a_list_that_cannot_be_read_is_never_replaced(world, text: str) -> None:
    world.init()
    world.commit({KIT_INDEXES: text})
    with pytest.raises(InvalidConfig):
        indexes_of(world).add(A)
    assert world.files()[KIT_INDEXES] == text.encode()


def test_two_machines_that_add_one_each_have_both(world) -> None:
    world.init()
    indexes = indexes_of(world)
    indexes.add(A)
    ours = world.files()[KIT_INDEXES]
    indexes.add(B)
    both = world.files()[KIT_INDEXES]
    indexes.remove(A)
    theirs = world.files()[KIT_INDEXES]
    blobs = {blob_id(text): text for text in (ours, theirs)}
    merged = merge_trees(
        {}, {KIT_INDEXES: blob_id(ours)}, {KIT_INDEXES: blob_id(theirs)}, blobs.__getitem__
    )
    assert merged.conflicts == ()
    assert [change.content for change in merged.changes] == [both]
