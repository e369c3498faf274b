"""The history of a file through its moves."""

import random

import pytest

from pack.core.known_log import KnownLog
from pack.history.follow import follow, read_in_parts
from pack.log import LogQuery
from tests.support import World, git

TEXT = "one\ntwo\nthree\nfour\nfive\n"


def history(world, path):
    log = KnownLog(world.connector)
    return [
        (commit.id, str(change.kind))
        for commit, change in follow(log, world.connector.head(), path)
    ]


def test_a_file_that_was_moved_twice_and_changed_on_the_way(world):
    memory = world.init()
    first = memory.notes.update("a/1.md", TEXT)
    second = memory.notes.move("a/1.md", "b/2.md", first.sha)
    text = memory.notes.get("b/2.md").content
    more = "six\n" if world.folder else ""  # git finds a move with edits, too
    world.commit({"b/2.md": None, "b/3.md": text + more}, "by hand")
    third = world.connector.head()
    fourth = memory.notes.delete("b/3.md", memory.notes.get("b/3.md").sha)
    found = [(fourth.commit, "deleted"), (third, "moved"), (second.commit, "moved")]
    found.append((first.commit, "added"))
    assert history(world, "b/3.md") == found
    assert history(world, "a/1.md") == found[2:]


def test_another_file_at_the_path_is_another_story(world):
    memory = world.init()
    gone = memory.notes.update("a/x.md", "something else\n")
    memory.notes.delete("a/x.md", gone.sha)
    first = memory.notes.update("a/y.md", TEXT)
    moved = memory.notes.move("a/y.md", "a/x.md", first.sha)
    memory.notes.update("a/y.md", "quite another\n")
    assert history(world, "a/x.md") == [(moved.commit, "moved"), (first.commit, "added")]


def test_what_another_side_wrote_under_the_old_path(git_world):
    memory, folder = git_world.init(), git_world.folder
    first = memory.notes.update("a/old.md", TEXT)
    git(folder, "checkout", "--quiet", "-b", "side")
    git_world.commit({"a/old.md": TEXT.replace("one", "ONE")}, "theirs")
    theirs = git_world.connector.head()
    git(folder, "checkout", "--quiet", "-")
    git_world.clock.advance(minutes=1)
    moved = memory.notes.move("a/old.md", "a/new.md", first.sha)
    memory.notes.update("a/old.md", "another file\n")
    git(folder, "rm", "--quiet", "a/old.md")
    git(folder, "commit", "--quiet", "--message", "tidy")
    git(folder, "merge", "--quiet", "--no-edit", "side")
    merge = git_world.connector.head()
    found = dict(history(git_world, "a/new.md"))
    assert found.keys() == {merge, moved.commit, theirs, first.commit}
    assert len(history(git_world, "a/new.md")) == 4


def test_the_same_move_on_both_sides(git_world):
    memory, folder = git_world.init(), git_world.folder
    first = memory.notes.update("a/old.md", TEXT)
    git(folder, "checkout", "--quiet", "-b", "side")
    text = memory.notes.get("a/old.md").content
    git_world.commit({"a/old.md": None, "a/new.md": text}, "theirs")
    theirs = git_world.connector.head()
    git(folder, "checkout", "--quiet", "-")
    ours = memory.notes.move("a/old.md", "a/new.md", first.sha)
    git(folder, "merge", "--quiet", "--no-edit", "side")
    found = history(git_world, "a/new.md")
    assert sorted(found) == sorted(
        [(theirs, "moved"), (ours.commit, "moved"), (first.commit, "added")]
    )


def test_a_long_log_is_read_in_parts(world):
    memory = world.init()
    for number in range(6):
        memory.notes.update(f"a/{number}.md", "x\n")
    log, head = KnownLog(world.connector), world.connector.head()
    parts = [len(part) for part in read_in_parts(log, LogQuery(head, skip=1), 1)]
    assert parts[:2] == [1, 4]
    assert sum(parts) == len(list(world.connector.log(LogQuery(head)))) - 1


@pytest.mark.parametrize("path", ["a/never.md", "a"])
def test_a_path_without_a_history(world, path):
    world.init()
    assert history(world, path) == []


@pytest.mark.parametrize("seed", range(3))
def test_any_history_is_that_of_a_model(seed):
    """By path, what a file's log holds after each step of a walk."""
    choose, world = random.Random(seed), World(None)
    model: dict[str, list[str]] = {}
    live: set[str] = set()
    paths = [f"a/{number}.md" for number in range(5)]
    for step in range(60):
        path, other = choose.choice(paths), choose.choice(paths)
        text = f"{step}\n"
        if path not in live:
            world.commit({path: text})
            live.add(path)
        elif choose.random() < 0.2:
            world.commit({path: None})
            live.remove(path)
        elif other not in live:
            world.commit({path: None, other: world.files()[path]})
            live.symmetric_difference_update({path, other})
            model[other] = list(model[path])
            model[other].append(world.connector.head())
        else:
            world.commit({path: text})
        model.setdefault(path, []).append(world.connector.head())
    for path, made in model.items():
        assert [commit for commit, _ in history(world, path)] == made[::-1], path
    world.close()
