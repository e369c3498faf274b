"""A commit as if it were the current one; `tests/conformance/test_snapshot.py` has the rest."""

import pytest
from pack_connectors.in_memory import InMemoryConnector

from pack.connector import Capability
from pack.errors import ConnectorError, InvalidRequest, LimitExceeded, NotFound
from pack.history.snapshot import PastStore
from pack.limits import MAX_FILE_BYTES
from pack.model import ABSENT, Delete, Put, blob_id
from tests.support import START, git

A = "context/a.md"
B = "context/b.md"


@pytest.fixture
def stores(world):
    """A store whose current commit is another one than the snapshot's, and that snapshot."""
    world.commit({A: "old\n", "other/b.md": "b\n"})
    commit = world.connector.head()
    world.commit({A: "new\n", "other/b.md": None, "later.md": "later\n"})
    return world.connector, PastStore(world.connector, commit, START)


def test_it_shows_its_commit_only(stores):
    store, snapshot = stores
    found = snapshot.get_contents(A)
    assert (found.content, found.sha) == (b"old\n", blob_id(b"old\n"))
    assert found.last_modified == START
    assert [entry.path for entry in snapshot.get_tree()] == [A, "other/b.md"]
    assert [entry.name for entry in snapshot.list_dir(None)] == ["context", "other"]
    assert snapshot.get_committed("later.md") is None
    assert snapshot.edits(snapshot.head()) == {}
    later = {A: blob_id(b"old\n"), "other/b.md": blob_id(b"b\n"), "later.md": None}
    assert snapshot.edits(store.head()) == later
    with pytest.raises(NotFound):
        snapshot.get_contents("later.md")


def test_what_is_edited_by_hand_is_not_of_the_past(git_world):
    git_world.commit({A: "old\n"})
    git_world.edit(A, "by hand\n")
    git_world.edit(B, "by hand\n")
    snapshot = PastStore(git_world.connector, git_world.connector.head(), START)
    assert snapshot.get_contents(A).content == b"old\n"
    assert [entry.path for entry in snapshot.get_tree()] == [A]
    assert Capability.WORKING_TREE not in snapshot.capabilities


def test_a_link_is_not_a_file(git_world):
    git_world.edit(A, "a\n")
    (git_world.folder / B).symlink_to("a.md")
    git_world.commit({A: "a\n"})
    git(git_world.folder, "add", "--all")
    git(git_world.folder, "commit", "--quiet", "--message", "a link")
    snapshot = PastStore(git_world.connector, git_world.connector.head(), START)
    assert snapshot.get_contents(A).content == b"a\n"
    with pytest.raises(NotFound):
        snapshot.get_contents(B)


def test_the_past_cannot_be_changed(stores):
    store, snapshot = stores
    head = store.head()
    sha = blob_id(b"old\n")
    for write in (
        lambda: snapshot.commit(snapshot.head(), [Delete(A, sha)], "m"),
        lambda: snapshot.put_contents(A, b"x", sha, "m"),
        lambda: snapshot.delete_file(A, sha),
        lambda: snapshot.commit_aside("proposals/a", None, head, [], "m"),
        lambda: snapshot.move_aside("proposals/a", None, head),
        lambda: snapshot.write_notes(None, {head: "x"}, "m"),
    ):
        with (
            pytest.raises(InvalidRequest, match="the past cannot be changed"),
            snapshot.exclusive(),
        ):
            write()
    assert store.head() == head
    assert snapshot.side_refs("proposals") == {}
    made = store.write_notes(None, {head: "said today"}, "m")
    assert snapshot.read_notes(snapshot.notes_head()) == {head: "said today"}
    assert snapshot.notes_head() == made


def test_bytes_that_the_store_has_lost_are_not_taken_for_a_file_that_is_not_there():
    store = InMemoryConnector(lambda: START)
    made = store.commit(None, [Put(A, b"a", ABSENT)], "m")
    del store._blobs[blob_id(b"a")]
    snapshot = PastStore(store, made.id, START)
    with pytest.raises(ConnectorError, match="not stored here"):
        snapshot.get_contents(A)
    with pytest.raises(NotFound):
        list(snapshot.read_blobs([blob_id(b"none")]))


def test_a_file_that_is_too_large_is_not_read(git_world):
    git_world.commit({A: b"x" * (MAX_FILE_BYTES + 1)})
    with pytest.raises(LimitExceeded):
        PastStore(git_world.connector, git_world.connector.head(), START).get_contents(A)
