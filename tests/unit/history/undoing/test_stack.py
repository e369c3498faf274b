"""Which commits are undone, whatever the order in which the log lists them."""

import random

import pytest

from pack.core.known_log import KnownLog
from pack.history.undoing.stack import UndoStack, undone_commit
from tests.support import World

OURS = "Pack-Request: r"


@pytest.fixture
def mem():
    made = World(None)
    made.init()
    yield made
    made.close()


def commit(world, undoes=None):
    """A commit that PACK made, or seems to have made."""
    trailers = "\n".join(filter(None, (OURS, f"Pack-Undoes: {undoes}" if undoes else "")))
    text = f"{len(world.messages())}\n"
    world.commit({"a/x.md": text}, f"a/x.md: update\n\n{trailers}")
    return world.connector.head()


def stack(world):
    return UndoStack(KnownLog(world.connector), world.connector.head())


def ids(commits):
    return [one.id for one in commits]


def everything(_commit):
    return True


def test_an_undo_counts_until_it_is_undone(mem):
    change = commit(mem)
    undo = commit(mem, change)
    assert stack(mem).find(undo) is not None
    for steps in range(1, 6):
        found = stack(mem)
        list(found.commits())
        is_undone = steps % 2 == 1
        assert (found.undone_by(change) is not None) == is_undone
        last = found.find(undo)
        assert found.is_redo(last) != is_undone
        assert found.change_behind(last).id == change
        assert (ids(found.redoable(everything))[:1] == [undo]) == is_undone
        undo = commit(mem, undo)


def test_what_nobody_undid_is_left_newest_first(mem):
    made = [commit(mem) for _ in range(30)]
    for one in made[20:]:
        commit(mem, one)
    assert ids(stack(mem).changes()) == made[19::-1]


def test_a_change_ends_what_can_be_redone(mem):
    first = commit(mem)
    commit(mem, first)
    assert len(ids(stack(mem).redoable(everything))) == 1
    last = commit(mem)
    assert ids(stack(mem).redoable(everything)) == []
    assert len(ids(stack(mem).redoable(lambda one: one.id != last))) == 1


def test_only_commits_of_pack_undo(mem):
    change = commit(mem)
    mem.commit({"a/x.md": "by hand\n"}, f"words\n\nPack-Undoes: {change}")
    found = stack(mem)
    newest = next(found.commits())
    assert undone_commit(newest) is None
    assert found.undone_by(change) is None


def test_an_undo_of_what_is_not_in_this_history_can_be_redone(mem):
    undo = commit(mem, "f" * 40)
    found = stack(mem)
    assert ids(found.redoable(everything)) == [undo]
    assert found.find("e" * 40) is None


def test_as_many_commits_are_read_as_somebody_asks_for(mem):
    made = [commit(mem) for _ in range(25)]
    found = stack(mem)
    chance = random.Random(1)
    for one in chance.sample(made, 5):
        assert found.find(one).id == one
    assert len(ids(found.commits())) == 26
