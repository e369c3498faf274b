"""Files of a commit are counted, each tree once, however many there are."""

import sys

import pytest
from pack_connectors.local_git.objects import ObjectStore
from pack_connectors.local_git.past.tree_size import refuse_endless
from pack_connectors.local_git.process import GitRunner
from pack_connectors.local_git.repository import create_repository, open_repository

from pack.errors import LimitExceeded, NotFound
from pack.model import CommitId
from tests.support import git, make_again

USER = ("-c", "user.name=x", "-c", "user.email=x@example.org")
MODES = ("100644 blob", "120000 blob", "100755 blob")


@pytest.fixture
def folder(tmp_path):
    make_again(create_repository, tmp_path / "memory")
    return tmp_path / "memory"


@pytest.fixture
def store(folder):
    made = ObjectStore(GitRunner(open_repository(folder)))
    yield made
    made.close()


def tree(folder, *rows):
    lines = "".join(f"{kind} {name}\t{number}\n" for number, (kind, name) in enumerate(rows))
    return git(folder, "mktree", "--missing", stdin=lines.encode()).decode().strip()


def commit(folder, top):
    return CommitId(git(folder, *USER, "commit-tree", "-m", "x", top).decode().strip())


def leaf(folder):
    """A tree with a file, a link, a program and a submodule."""
    blob = git(folder, "hash-object", "-w", "--stdin", stdin=b"x").decode().strip()
    return tree(folder, *((kind, blob) for kind in MODES), ("160000 commit", "2" * 40))


def test_what_is_in_folders_counts_as_often_as_it_is_named(folder, store):
    inner = leaf(folder)
    outer = tree(folder, *[("040000 tree", inner)] * 3)
    made = commit(folder, tree(folder, ("040000 tree", outer), ("040000 tree", inner)))
    refuse_endless(store, made, 16)
    with pytest.raises(LimitExceeded, match="15 files"):
        refuse_endless(store, made, 15)
    refuse_endless(store, commit(folder, tree(folder)), 0)


def test_no_tree_is_read_often(folder, store, monkeypatch):
    top = leaf(folder)
    for _ in range(30):
        top = tree(folder, *[("040000 tree", top)] * 50)
    made, read = commit(folder, top), []
    monkeypatch.setattr(store, "read_tree", lambda name: read.append(name) or found(store, name))
    found = ObjectStore.read_tree
    with pytest.raises(LimitExceeded):
        refuse_endless(store, made)
    assert len(read) <= 2 * 31


def test_a_tree_that_is_missing_is_told(folder, store):
    made = commit(folder, tree(folder, ("040000 tree", "1" * 40)))
    with pytest.raises(NotFound):
        refuse_endless(store, made)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits the memory of a child")
@pytest.mark.parametrize(
    ("command", "is_limited"),
    [
        (["diff-tree", "--stdin"], True),
        (["log", "--stdin"], True),
        (["cat-file", "--batch"], False),
    ],
)
def test_a_git_that_lists_files_gets_so_much_memory_and_no_more(folder, command, is_limited):
    from resource import RLIMIT_DATA, getrlimit, prlimit  # noqa: PLC0415 - only Linux has it

    with GitRunner(open_repository(folder)).start(command) as child:
        limit = prlimit(child.pid, RLIMIT_DATA)
        child.communicate(b"")
    assert limit == ((1024**3, 1024**3) if is_limited else getrlimit(RLIMIT_DATA))
