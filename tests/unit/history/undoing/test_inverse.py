"""The inverse of a commit is the merge that an exchange would make of the same three trees."""

from __future__ import annotations

import random

import pytest

from pack.errors import CannotUndo, PackError, UndoConflict
from pack.history.undoing.inverse import Inverses
from pack.history.undoing.present import PresentFiles
from pack.log import CommitFacts, LogQuery
from pack.merge.tree import merge_trees
from pack.model import BlobId, Change, CommitId, MemoryPath
from pack.paths import INDEX
from tests.support import World, examples

PATHS = [f"n/{name}.md" for name in "abcdef"]


def tree(world: World, commit: CommitId) -> dict[MemoryPath, BlobId]:
    found = {entry.path: entry.sha for entry in world.connector.get_tree(commit)}
    return {path: blob for path, blob in found.items() if path != INDEX}


def history(world: World, chance: random.Random) -> None:
    """Commits that add, edit, move and delete files of few lines, so that they often clash."""
    for number in range(30):
        there = sorted(path for path in world.files() if path in PATHS)
        path = chance.choice(PATHS)
        lines = [f"{chance.randrange(3)}\n" for _ in range(chance.randrange(1, 6))]
        if path in there and chance.random() < 0.2:
            world.commit({path: None})
        elif there and chance.random() < 0.3:
            old = chance.choice(there)
            if path not in there:
                world.commit({old: None, path: world.files()[old]})
        else:
            world.commit({path: f"# {number % 3}\n\n" + "\n".join(lines)})


def planned(
    world: World, commit: CommitFacts, now: PresentFiles
) -> tuple[set[MemoryPath], tuple[Change, ...]]:
    """The paths that conflict, and the changes."""
    try:
        return set(), Inverses(world.memory._session.core).plan(commit, now).changes
    except UndoConflict as error:
        return {each.path for each in error.conflicts}, ()


@pytest.mark.parametrize("seed", range(examples(4, 200)))
def test_an_inverse_is_the_merge_of_the_whole_trees(seed: int) -> None:
    world = World(None)
    try:
        world.init()
        history(world, random.Random(seed))
        head = world.connector.head()
        assert head is not None
        kinds = set()
        for commit in world.connector.log(LogQuery(head)):
            if not commit.parents:
                continue
            now = PresentFiles(world.memory._session.core)
            sides = (tree(world, commit.id), tree(world, head), tree(world, commit.parents[0]))
            whole = merge_trees(*sides, now.read)
            clashes, changes = planned(world, commit, now)
            assert clashes == {each.path for each in whole.conflicts}
            assert clashes or changes == whole.changes
            kinds.add("conflict" if clashes else "clean" if changes else "nothing")
        assert kinds >= {"clean", "conflict"}
    finally:
        world.close()


def test_a_file_that_some_file_systems_confuse_with_another_does_not_come_back() -> None:
    world = World(None)
    try:
        world.init()
        world.commit({"n/a.md": "a\n"})
        world.commit({"n/a.md": None})
        (gone,) = world.connector.log(LogQuery(world.connector.head() or CommitId(""), limit=1))
        world.commit({"n/A.md": "other\n"})
        core = world.memory._session.core
        with pytest.raises(CannotUndo, match="confuse") as caught:
            Inverses(core).plan(gone, PresentFiles(core))
        assert isinstance(caught.value, PackError)
    finally:
        world.close()
