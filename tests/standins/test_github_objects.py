"""Trees and commits that the stand-in makes are those that git makes."""

import os
import subprocess
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.standins.git_edits import PathMissing, edit_tree, write_blobs
from tests.standins.git_objects import (
    EMPTY_TREE,
    CommitData,
    GitObject,
    Signature,
    TreeItem,
    encode_tree,
    parse_commit,
    parse_tree,
)
from tests.standins.github_store import GitRepository, git_environment

# Names that sort differently as files and as folders, and beyond ASCII.
NAMES = st.sampled_from(["a", "a-b", "a.b", "a0", "b", "ü", "夏", "a b", "#%+"])
PATHS = st.lists(NAMES, min_size=1, max_size=3).map("/".join)


@pytest.fixture(scope="module")
def git(tmp_path_factory):
    made = GitRepository(tmp_path_factory.mktemp("objects") / "bare.git")
    yield made
    made.close()


def without_clashes(paths: set[str]) -> set[str]:
    """No path is a folder of another."""
    return {p for p in paths if not any(other.startswith(p + "/") for other in paths)}


def tree_by_git(git: GitRepository, items: dict[str, TreeItem]) -> str:
    """The tree as git's own index writes it."""
    lines = [f"{item.mode} {item.oid}\t{path}\0" for path, item in items.items()]
    with TemporaryDirectory() as folder:
        environment = git_environment() | {"GIT_INDEX_FILE": str(Path(folder) / "index")}
        for args, stdin in (
            (["update-index", "-z", "--index-info"], "".join(lines)),
            (["write-tree"], ""),
        ):
            done = subprocess.run(
                ["git", *args], cwd=git.folder, env=environment, input=stdin.encode(),
                capture_output=True, check=True,
            )  # fmt: skip
    return done.stdout.decode().strip()


@given(
    before=st.sets(PATHS, max_size=6).map(without_clashes),
    after=st.sets(PATHS, min_size=1, max_size=6).map(without_clashes),
)
def test_an_edited_tree_is_the_one_git_writes(git, before, after):
    old = write_blobs(git, dict.fromkeys(before, b"old"))
    first, made = edit_tree(git, None, dict(old))
    git.add(made)
    assert first == (tree_by_git(git, old) if old else EMPTY_TREE)
    new = write_blobs(git, {path: path.encode() for path in after})
    gone = before - after
    # What takes the place of a folder or a file that goes is no deletion of its own.
    replaced = {
        p for p in gone if any(q.startswith(p + "/") or p.startswith(q + "/") for q in after)
    }
    changes = {**new, **dict.fromkeys(gone - replaced)}
    second, made = edit_tree(git, first, changes)
    git.add(made)
    assert second == tree_by_git(git, new)


def test_a_deletion_of_nothing_names_the_path(git):
    files = write_blobs(git, {"a/b.md": b"x"})
    tree, made = edit_tree(git, None, dict(files))
    git.add(made)
    with pytest.raises(PathMissing, match=r"a/c\.md"):
        edit_tree(git, tree, {"a/c.md": None})


@given(st.dictionaries(NAMES, st.sampled_from(["100644", "100755", "120000", "40000"]), max_size=5))
def test_a_tree_is_read_as_it_was_written(modes):
    items = {
        name: TreeItem(mode, f"{number:040x}") for number, (name, mode) in enumerate(modes.items())
    }
    assert parse_tree(encode_tree(items).data) == items


WHEN = st.integers(0, 4_000_000_000).flatmap(
    lambda seconds: st.integers(-12 * 60, 14 * 60).map(
        lambda minutes: datetime.fromtimestamp(seconds, timezone(timedelta(minutes=minutes)))
    )
)


@given(WHEN, st.text(st.characters(exclude_categories=["C"]), max_size=50), st.booleans())
def test_a_commit_is_read_as_it_was_written(when, message, signed):
    who = Signature("A. Ü. Thor", "a@example.org", when)
    parents = ("1" * 40, "2" * 40)
    data = CommitData("3" * 40, parents, who, who, message, "-----\n\nx\n-----" if signed else None)
    assert parse_commit(data.encode()) == data


def test_git_accepts_packs_small_and_large(git):
    for count in (3, 500):
        objects = [GitObject("blob", os.urandom(40)) for _ in range(count)]
        git.add(objects)
        assert [git.get(made.oid, "blob") for made in objects] == [made.data for made in objects]
    git.git("fsck", "--strict")


def test_a_ref_is_no_revision_expression(git):
    who = Signature("A", "a@example.org", datetime(2026, 1, 1, tzinfo=UTC))
    empty = encode_tree({})
    commit = GitObject("commit", CommitData(empty.oid, (), who, who, "m").encode())
    git.add([empty, commit])
    assert git.swap("refs/heads/main", commit.oid, None)
    assert git.ref("refs/heads/main") == commit.oid
    for name in ("refs/heads/main@{0}", "refs/heads/main~0", "refs/heads/main^{tree}", "main"):
        assert git.ref(name) is None
    assert not git.swap("refs/heads/main", None, "1" * 40)
    assert git.swap("refs/heads/main", None, commit.oid)
