"""Histories that were merged into a memory's own."""

import pytest

from pack.history.joined import joined_commits
from pack.log import LogQuery
from tests.support import git


@pytest.fixture
def world(git_world):
    git_world.init()
    return git_world


def joined(world, limit=None):
    query = LogQuery(world.connector.head(), limit=limit)
    return joined_commits(list(world.connector.log(query)))


def commit(world, *words):
    git(world.folder, *words)
    return git(world.folder, "rev-parse", "HEAD").decode().strip()


def test_a_history_that_began_elsewhere(world):
    assert joined(world) == frozenset()
    own = commit(world, "commit", "-q", "--allow-empty", "-m", "own")
    git(world.folder, "checkout", "-q", "--orphan", "theirs")
    first = commit(world, "commit", "-q", "-m", "first")
    second = commit(world, "commit", "-q", "--allow-empty", "-m", "second")
    git(world.folder, "checkout", "-q", "-B", "main", own)
    git(world.folder, "branch", "-q", "side")
    merge = ["merge", "-q", "--allow-unrelated-histories", "-m", "theirs", "theirs"]
    commit(world, *merge)
    commit(world, "merge", "-q", "--no-ff", "-m", "related", "side")
    world.open()
    assert joined(world) == {first, second}
    assert joined(world, limit=2) == frozenset()


@pytest.mark.parametrize("is_turned", [False, True])
def test_of_a_merge_of_heads_the_longer_history_is_the_memorys_own(world, is_turned):
    """Such a merge names its parents by id, so their order says nothing."""
    own = commit(world, "commit", "-q", "--allow-empty", "-m", "own")
    git(world.folder, "checkout", "-q", "--orphan", "theirs")
    first = commit(world, "commit", "-q", "-m", "first")
    parents = [own, first][:: -1 if is_turned else 1]
    message = "index.md: merge both sides\n\nPack-Merge: 1"
    words = [word for parent in parents for word in ("-p", parent)]
    tree = ["commit-tree", f"{own}^{{tree}}", *words, "-m", message]
    merge = git(world.folder, *tree).decode().strip()
    git(world.folder, "checkout", "-q", "-B", "main", merge)
    world.open()
    assert joined(world) == {first}
