"""Restoring one file as it was: byte for byte, in one commit that can be undone."""

import pytest

from pack.errors import (
    AskThePerson,
    CannotRestore,
    InvalidPath,
    InvalidRequest,
    NotFound,
    RefusedForSafety,
)
from pack.history.undoing.undone import UndoChoice
from pack.log import LogQuery
from pack.provenance import Origin, Source
from tests.support import World, git

OTHER = Origin(Source.AI_LOCAL, "other")


@pytest.fixture
def mem():
    """A memory in a store without git, where git does not matter."""
    made = World(None)
    made.init()
    yield made
    made.close()


def sha(memory, path):
    return memory.notes.get(path).sha


def versions(world, *texts, path="a/x.md"):
    """The commits that made these the texts of a file, an hour after each other."""
    made = []
    for text in texts:
        world.clock.advance(hours=1)
        world.commit({path: text})
        made.append(world.connector.head())
    return made


def test_a_deleted_file_comes_back_as_it_was_and_where_it_was(world):
    memory = world.init()
    versions(world, "\ufeffone\r\ntwo", path="a/b.md")
    memory.notes.update("a/a.md", "a\n")
    index = world.files()["index.md"]
    world.commit(
        {"index.md": index.replace(b"  - a/a.md\n  - a/b.md\n", b"  - a/b.md\n  - a/a.md\n")}
    )
    before, source = world.files(), world.connector.head()
    memory.notes.delete("a/b.md", sha(memory, "a/b.md"))
    deleted = world.files()
    done = memory.undo.restore("a/b.md")
    assert world.files() == before
    assert done.source == source
    (commit,) = world.connector.log(LogQuery(done.written.commit, limit=1))
    assert commit.trailers["Pack-Restores"] == source
    assert commit.message.startswith(f"a/b.md: restore from {source[:12]}\n")
    assert memory.care.validate() == []
    memory.undo.undo(UndoChoice())
    assert world.files() == deleted


def test_without_a_moment_a_file_is_as_before_its_last_change(mem):
    made = versions(mem, "one\n", "two\n", "three\n")
    assert mem.memory.undo.restore("a/x").source == made[1]
    assert mem.files()["a/x.md"] == b"two\n"


def test_a_file_as_it_was_at_a_moment(mem):
    made = versions(mem, "one\n", "two\n", "three\n")
    for as_of, text in ((made[0][:9], b"one\n"), ("1h", b"two\n"), (made[2], b"three\n")):
        mem.memory.undo.restore("a/x.md", as_of)
        assert mem.files()["a/x.md"] == text
    with pytest.raises(CannotRestore, match="like that already"):
        mem.memory.undo.restore("a/x.md", made[2])


def test_a_moved_file_is_followed(mem):
    made = versions(mem, "one\n", "two\n")
    mem.memory.notes.move("a/x.md", "b/y.md", sha(mem.memory, "a/x.md"))
    mem.memory.notes.move("b/y.md", "c/z.md", sha(mem.memory, "b/y.md"))
    mem.memory.undo.restore("c/z.md")
    assert mem.files()["c/z.md"] == b"one\n"
    mem.memory.undo.restore("c/z.md", made[1])
    assert mem.files()["c/z.md"] == b"two\n"
    with pytest.raises(CannotRestore, match=r"moved to b/y\.md"):
        mem.memory.undo.restore("a/x.md")
    mem.memory.undo.restore("a/x.md", made[0])
    assert (mem.files()["a/x.md"], mem.files()["c/z.md"]) == (b"one\n", b"two\n")


def test_a_new_file_at_the_path_of_a_deleted_one_is_not_replaced_by_accident(mem):
    old = versions(mem, "old\n")[0]
    mem.commit({"a/x.md": None})
    versions(mem, "new\n")
    with pytest.raises(CannotRestore, match="no version of it before"):
        mem.memory.undo.restore("a/x.md")
    mem.memory.undo.restore("a/x.md", old)
    assert mem.files()["a/x.md"] == b"old\n"


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("a/never.md", NotFound),
        ("index.md", InvalidPath),
        ("MEMORY.md", InvalidPath),
        ("../x.md", InvalidPath),
        ("a/p.png", InvalidPath),
    ],
)
def test_what_was_never_a_note_is_refused(mem, path, error):
    mem.commit({"MEMORY.md": "x\n", "a/p.png": "x\n"})
    head = mem.connector.head()
    with pytest.raises(error):
        mem.memory.undo.restore(path)
    with pytest.raises((error, InvalidRequest)):
        mem.memory.undo.restore(path, head)
    assert mem.connector.head() == head


def test_a_moment_before_the_file_is_refused(mem):
    start = mem.connector.head()
    versions(mem, "one\n")
    with pytest.raises(NotFound, match="at"):
        mem.memory.undo.restore("a/x.md", start)


def test_a_path_that_is_taken_meanwhile_is_refused(mem):
    versions(mem, "one\n")
    mem.commit({"a/x.md": None, "A/X.md": "other\n"})
    with pytest.raises((InvalidPath, CannotRestore)):
        mem.memory.undo.restore("a/x.md")
    versions(mem, "b\n", path="b/c/d.md")
    mem.commit({"b/c/d.md": None})
    mem.commit({"b/c": "a file\n"})
    with pytest.raises(RefusedForSafety, match="is a file now"):
        mem.memory.undo.restore("b/c/d.md")


def test_what_pack_yaml_leaves_out_is_not_restored(mem):
    made = versions(mem, "one\n", "two\n")
    mem.commit({".pack.yaml": "version: 1\nexclude: [a/]\n"})
    with pytest.raises(InvalidPath, match="leaves it out"):
        mem.memory.undo.restore("a/x.md", made[0])


def test_an_edit_by_hand_is_recorded_before_it_is_replaced(git_world):
    memory = git_world.init()
    versions(git_world, "one\n", "two\n")
    git_world.edit("a/x.md", "mine\n")
    done = memory.undo.restore("a/x.md")
    assert (git_world.folder / "a/x.md").read_bytes() == b"two\n"
    assert git(git_world.folder, "show", f"{done.written.commit}^:a/x.md") == b"mine\n"
    git_world.edit("a/x.md", None)
    memory.undo.restore("a/x.md")
    assert (git_world.folder / "a/x.md").read_bytes() == b"two\n"
    assert git(git_world.folder, "status", "--porcelain") == b""


def test_a_client_may_restore_only_what_it_took_away_itself(mem):
    memory = mem.memory
    limited = memory.undo.for_its_own()
    made = memory.notes.update("a/x.md", "one\n")
    memory.notes.delete("a/x.md", made.sha)
    limited.restore("a/x.md")
    memory.written_by(OTHER).notes.update("a/x.md", "two\n", sha(memory, "a/x.md"))
    with pytest.raises(AskThePerson) as caught:
        limited.restore("a/x.md")
    assert caught.value.words[0] == "a/x.md"
