"""What changed: in a commit, since a moment, by hand."""

import pytest

from pack.errors import InvalidPath, InvalidRequest, NotFound
from pack.log import ChangeKind
from tests.support import git

LARGE = b"x" * (2 * 1024 * 1024 + 1)


def told(comparison):
    return {diff.path: (str(diff.change), diff.before, diff.after) for diff in comparison.diffs()}


def kinds(comparison):
    return {diff.path: str(diff.change) for diff in comparison.diffs()}


def test_what_a_commit_did(world):
    memory = world.init()
    made = memory.notes.update("a/x.md", "one\n")
    (path, (change, before, after)) = next(iter(told(memory.comparisons.of_commit()).items()))
    assert (path, change, before) == ("a/x.md", "added", "")
    assert after.endswith("one\n")
    again = memory.comparisons.of_commit(made.commit[:8], raw=True)
    assert set(told(again)) == {"a/x.md", "index.md"}
    assert again.commit.id == again.new == made.commit
    moved = memory.notes.move("a/x.md", "b/y.md", made.sha)
    (diff,) = memory.comparisons.of_commit(moved.commit).diffs()
    assert (diff.change, diff.old_path, diff.path) == (ChangeKind.MOVED, "a/x.md", "b/y.md")
    gone = memory.notes.delete("b/y.md", moved.sha)
    assert kinds(memory.comparisons.of_commit(gone.commit)) == {"b/y.md": "deleted"}
    with pytest.raises(NotFound):
        memory.comparisons.of_commit("0" * 40)


def test_a_write_that_changed_the_date_only_is_no_change(world):
    memory = world.init()
    made = memory.notes.update("a/x.md", "one\n")
    world.clock.advance(days=2)
    again = memory.notes.update("a/x.md", "one\n", made.sha)
    assert kinds(memory.comparisons.of_commit(again.commit)) == {}
    assert kinds(memory.comparisons.of_commit(again.commit, raw=True))["a/x.md"] == "edited"
    assert kinds(memory.comparisons.asked(["a/x.md"])) == {"a/x.md": "added"}


def test_what_is_no_memory_is_not_told(world):
    memory = world.init()
    world.commit(
        {
            ".pack.yaml": "version: 1\nexclude: [docs/]\n",
            ".gitignore": "tmp/\n",
            "docs/a.md": "secret\n",
            "notes/b.md": "b\n",
            "README.md": "r\n",
            "code/x.py": "x\n",
        }
    )
    assert kinds(memory.comparisons.of_commit()) == {"notes/b.md": "added"}
    assert "docs/a.md" not in kinds(memory.comparisons.asked(["30d"]))
    for path in ("docs/a.md", "tmp/a.md"):
        with pytest.raises((InvalidPath, InvalidRequest)):
            memory.comparisons.asked([path])


def test_a_file_that_moved_out_of_what_is_left_out_is_new(world):
    memory = world.init()
    text = "a long enough line that stays\n" * 5
    world.commit({".pack.yaml": "version: 1\nexclude: [docs/]\n", "docs/a.md": text})
    world.commit({"docs/a.md": None, "notes/a.md": text})
    assert kinds(memory.comparisons.of_commit()) == {"notes/a.md": "added"}
    world.commit({"docs/a.md": text, "notes/a.md": None})
    assert kinds(memory.comparisons.of_commit()) == {"notes/a.md": "deleted"}


def test_a_file_that_cannot_be_shown_says_why(git_world):
    memory = git_world.init()
    git_world.commit(
        {"a/x.md": b"\xff\xfe", "a/y.md": b"a\0b", "a/z.md": b"x" * (2 * 1024 * 1024 + 1)}
    )
    found = {diff.path: diff.unshown for diff in memory.comparisons.of_commit().diffs()}
    assert found == {
        "a/x.md": "it is not UTF-8 text",
        "a/y.md": "it is not UTF-8 text",
        "a/z.md": "it is larger than 2,097,152 bytes",
    }


def test_since_a_moment_and_between_two(world):
    memory = world.init()
    made = memory.notes.update("a/x.md", "one\n")
    world.clock.advance(days=1)
    second = memory.notes.update("a/y.md", "two\n")
    world.clock.advance(days=1)
    memory.notes.update("a/x.md", "three\n", made.sha)
    asked = memory.comparisons.asked
    assert kinds(asked([made.commit])) == {"a/x.md": "edited", "a/y.md": "added"}
    assert kinds(asked(["a/x.md", made.commit])) == {"a/x.md": "edited"}
    assert kinds(asked([made.commit[:9], second.commit])) == {"a/y.md": "added"}
    assert kinds(asked(["today"])) == {"a/x.md": "edited"}
    assert kinds(asked(["yesterday", "a", "yesterday"])) == {"a/y.md": "added"}
    before_all = kinds(asked(["999w"]))
    assert before_all == {"a/x.md": "added", "a/y.md": "added", "context/general.md": "added"}
    for words in (["soon"], ["7d", "3d", "1d"], ["a/x.md", "a/y.md"], ["a/none.md"], ["f" * 40]):
        with pytest.raises((InvalidRequest, NotFound)):
            asked(words)


def test_what_names_a_folder_is_a_path(world):
    memory = world.init()
    memory.notes.update("7d/x.md", "one\n")
    made = memory.notes.update("2026/y.md", "two\n")
    assert kinds(memory.comparisons.asked(["7d"])) == {"7d/x.md": "added"}
    assert kinds(memory.comparisons.asked(["2026"])) == {"2026/y.md": "added"}
    assert kinds(memory.comparisons.asked(["2026/y"])) == {"2026/y.md": "added"}
    memory.notes.delete("2026/y.md", made.sha)
    assert kinds(memory.comparisons.asked(["2026/y.md"])) == {"2026/y.md": "deleted"}


def test_a_file_that_was_moved_and_changed_far_away(world):
    memory = world.init()
    lines = [f"line {number} of the note\n" for number in range(20)]
    first = memory.notes.update("a/x.md", "".join(lines))
    moved = memory.notes.move("a/x.md", "b/y.md", first.sha)
    memory.notes.update("b/y.md", "".join([*lines[:10], "new\n", *lines[10:]]), moved.sha)
    (diff,) = memory.comparisons.asked([first.commit]).diffs()
    assert (diff.change, diff.old_path) == (ChangeKind.MOVED, "a/x.md")
    assert kinds(memory.comparisons.asked(["b/y.md", first.commit])) == {"b/y.md": "moved"}


def test_edits_by_hand_come_first(git_world):
    memory = git_world.init()
    memory.notes.update("a/x.md", "one\n")
    before = memory.comparisons.asked()
    assert not before.is_by_hand
    assert kinds(before) == {"a/x.md": "added"}
    git_world.edit("a/new.md", "hand\n")
    git_world.edit("context/general.md", None)
    by_hand = memory.comparisons.asked()
    assert by_hand.is_by_hand
    assert told(by_hand)["a/new.md"] == ("added", "", "hand\n")
    assert kinds(by_hand) == {"a/new.md": "added", "context/general.md": "deleted"}
    assert kinds(memory.comparisons.asked(["a/new.md"])) == {"a/new.md": "added"}
    assert kinds(memory.comparisons.asked(["a/x.md"])) == {"a/x.md": "added"}
    assert kinds(memory.comparisons.asked([str(git_world.connector.head())])) == kinds(by_hand)


def test_a_merge_is_what_it_brought_to_its_first_parent(git_world):
    memory = git_world.init()
    base = git_world.connector.head()
    memory.notes.update("a/ours.md", "ours\n")
    git(git_world.folder, "checkout", "-q", "-b", "side", base)
    git_world.commit({"a/theirs.md": "theirs\n"})
    git(git_world.folder, "checkout", "-q", "-")
    git(git_world.folder, "merge", "-q", "--no-edit", "side")
    found = memory.comparisons.of_commit()
    assert len(found.commit.parents) == 2
    assert list(kinds(found)) == ["a/theirs.md"]
