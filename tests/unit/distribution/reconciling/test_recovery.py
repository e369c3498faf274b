"""What a downstream was given last is known, whatever people did to the record of it."""

import json

import pytest

from pack.distribution.reconciling.recovery import find_synced
from pack.distribution.reconciling.remaking import Remaker
from pack.distribution.reconciling.sync_state import digest
from tests.distribution_support import World

ONE = b"# A\n\nfirst\n\nsecond\n\nthird\n"
TWO = ONE.replace(b"third", b"third, v2")
THREE = TWO.replace(b"second", b"second, v3")
MINE = ONE.replace(b"first", b"first, mine")
FILE, STATE = "docs/a.md", ".pack-sync-state/guides.json"


def world_with_two(message=""):
    """A downstream that has v2 and a change of its own; v3 is out."""
    world = World()
    for version, text in (("v1.0.0", ONE), ("v2.0.0", TWO)):
        world.upstream.release(version, {"guides/a.md": text})
        world.sync(version, message)
    world.change({FILE: TWO.replace(b"first", b"first, mine")})
    world.upstream.release("v3.0.0", {"guides/a.md": THREE})
    return world


def found(world):
    downstream = world.downstream
    return find_synced("guides", downstream, downstream.head, Remaker(world.upstream))


def forged(world, **values):
    said = json.loads(world.downstream.now()[STATE])
    return json.dumps({**said, **values}).encode()


def is_whole(world):
    """Whether the next sync takes what came, and keeps what people did."""
    plan = world.sync("v3.0.0")
    assert plan.conflicts == []
    return world.downstream.now()[FILE] == THREE.replace(b"first", b"first, mine")


def test_a_state_that_is_as_it_was_written_counts():
    synced = found(world_with_two())
    assert (synced.state.version, synced.base, synced.notes) == ("v2.0.0", {FILE: TWO}, ())


def test_nothing_is_known_of_a_downstream_that_was_never_given_anything():
    world = World()
    assert found(world) is None
    world.downstream.commit({"a.md": ONE})
    assert found(world) is None


@pytest.mark.parametrize("message", ["Sync (#3)", "", "Merge\n\n* Pack-Sync-Rule: guides"])
def test_a_state_that_was_deleted_is_in_history_whatever_the_merge_was_called(message):
    world = world_with_two(message)
    world.change({STATE: None})
    synced = found(world)
    assert synced.state.version == "v2.0.0"
    assert "missing" in synced.notes[0]
    assert is_whole(world)


def test_the_commit_that_names_the_rule_is_found_behind_many_others():
    world = world_with_two()
    world.change({STATE: None})
    for number in range(250):
        world.change({"other.md": b"%d" % number})
    assert found(world).state.version == "v2.0.0"


@pytest.mark.parametrize(
    "values",
    [
        {"files": {FILE: digest(TWO.replace(b"first", b"first, mine"))}},
        {"files": {}},
        {"files": {FILE: digest(TWO), "README.md": digest(b"x")}},
        {"version": "v1.0.0", "commit": "ab" * 20},
        {"rule": "other"},
        {"format": 7},
    ],
)
def test_a_state_that_was_changed_by_hand_does_not_count(values):
    world = world_with_two()
    world.change({STATE: forged(world, **values), "README.md": b"x"})
    synced = found(world)
    assert (synced.state.version, synced.base) == ("v2.0.0", {FILE: TWO})
    assert "changed by hand" in synced.notes[0]
    assert is_whole(world)
    assert world.downstream.now()["README.md"] == b"x"


def test_a_state_of_another_version_than_was_given_is_seen_by_its_hashes():
    world = world_with_two()
    one = world.upstream.at("v1.0.0")
    lie = forged(world, version="v1.0.0", commit=one.commit)
    world.change({STATE: lie})
    assert found(world).state.version == "v2.0.0"


@pytest.mark.parametrize("message", ["", "Sync without a trailer"])
def test_texts_that_cannot_be_made_again_are_looked_up_where_they_came(message):
    world = world_with_two(message)
    del world.upstream.trees[world.upstream.tags["v2.0.0"]]
    if message:  # then nothing tells a record that PACK wrote from one that was made up
        del world.upstream.trees[world.upstream.tags["v1.0.0"]]
    synced = found(world)
    assert synced.state.version == "v2.0.0"
    assert synced.base == {FILE: TWO}
    assert "looked up" in synced.notes[0]
    assert is_whole(world)


def test_a_rule_that_has_changed_since_does_not_change_what_was_given():
    world = world_with_two()
    world.rule = World(transforms=[{"strip_internal_links": True}], target_path="docs/").rule
    assert found(world).notes == ()
    assert is_whole(world)
