"""What commits hold is listed as git lists it, and folders that they share are read once."""

import pytest
from pack_connectors.local_git.objects import ObjectStore
from pack_connectors.local_git.past.listing import SharedListing
from pack_connectors.local_git.process import GitRunner
from pack_connectors.local_git.repository import open_repository

from pack.errors import NotFound
from pack.model import BlobId, Entry, EntryType
from tests.support import git


class Counting(ObjectStore):
    """Counts the trees that it is asked for."""

    reads = 0

    def read_tree(self, tree):
        self.reads += 1
        return super().read_tree(tree)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("listing")
    git(made, "init", "--quiet")
    return made


@pytest.fixture
def store(folder):
    made = Counting(GitRunner(open_repository(folder)))
    yield made
    made.close()


def tree_of(folder, *lines):
    """A tree with these entries, each as `git mktree` takes it."""
    return (
        git(folder, "mktree", stdin="".join(f"{line}\n" for line in lines).encode())
        .decode()
        .strip()
    )


def blob_of(folder, text):
    return git(folder, "hash-object", "-w", "--stdin", stdin=text.encode()).decode().strip()


def test_files_links_and_submodules_are_listed_with_their_paths(folder, store):
    blob = blob_of(folder, "x")
    inner = tree_of(folder, f"120000 blob {blob}\tlink", f"100755 blob {blob}\trun é")
    outer = tree_of(folder, f"040000 tree {inner}\tb", f"160000 commit {'1' * 40}\tmodule")
    assert sorted(SharedListing(store).entries(outer), key=lambda entry: entry.path) == [
        Entry("link", "b/link", EntryType.SYMLINK, BlobId("")),
        Entry("run é", "b/run é", EntryType.FILE, blob),
        Entry("module", "module", EntryType.SUBMODULE, BlobId("")),
    ]


def test_a_folder_that_two_trees_share_is_read_once(folder, store):
    blob = blob_of(folder, "x")
    shared = tree_of(folder, f"100644 blob {blob}\tone.md")
    trees = [tree_of(folder, f"040000 tree {shared}\ta", f"100644 blob {blob}\t{n}") for n in "xyz"]
    listing = SharedListing(store)
    for tree in (*trees, *trees):
        assert "a/one.md" in {entry.path for entry in listing.entries(tree)}
    assert store.reads == len(trees) + 1
    moved = tree_of(folder, f"040000 tree {shared}\tb")
    assert [entry.path for entry in listing.entries(moved)] == ["b/one.md"]


def test_what_is_remembered_has_an_end(folder, store):
    blob = blob_of(folder, "x")
    trees = [tree_of(folder, f"100644 blob {blob}\t{n}") for n in range(5)]
    listing = SharedListing(store, most=4)
    for tree in (*trees, *trees[-2:], trees[0]):
        assert len(list(listing.entries(tree))) == 1
    assert store.reads == len(trees) + 1


def test_a_tree_that_is_missing_is_told(store):
    with pytest.raises(NotFound):
        list(SharedListing(store).entries("2" * 40))
