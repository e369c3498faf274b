"""Undo and redo: each takes back one commit, keeps what came later, and rewrites nothing."""

import itertools

import pytest

from pack.actions import Action
from pack.errors import (
    AskThePerson,
    CannotUndo,
    InvalidRequest,
    NotFound,
    NothingToUndo,
    RefusedForSafety,
    UndoConflict,
)
from pack.history.undoing.undone import UndoChoice
from pack.log import LogQuery
from pack.memory import Memory
from pack.provenance import Origin, Source
from tests.support import AGENT, SCAFFOLD, World, git

LAST = UndoChoice()
PERSON = Origin(Source.USER, "cli")
OTHER = Origin(Source.AI_LOCAL, "other")


@pytest.fixture
def mem():
    """A memory in a store without git, where git does not matter."""
    made = World(None)
    yield made
    made.close()


def sha(memory, path):
    return memory.notes.get(path).sha


def write(memory, path, text):
    there = path in [file.path for file in memory.notes.list(limit=1000).files]
    return memory.notes.update(path, text, sha(memory, path) if there else None).commit


def trailers(world, commit):
    (found,) = world.connector.log(LogQuery(commit, limit=1))
    return dict(found.trailers)


def undo(memory, *commits, **choice):
    return memory.undo.undo(UndoChoice(commits, **choice))


def test_an_undo_takes_the_last_change_back_and_says_so_in_the_log(world):
    memory = world.init()
    write(memory, "a/x.md", "one\n")
    before = world.files()
    world.clock.advance(minutes=1)
    made = write(memory, "a/x.md", "two\n")
    done = memory.written_by(PERSON).undo.undo(LAST)
    assert world.files() == before
    ((commit, by, origin),) = [(one.commit, one.by, one.origin) for one in done.undone]
    assert (commit, by, origin) == (made, done.commit, AGENT.label)
    assert done.commit == world.connector.head()
    found = trailers(world, done.commit)
    assert (found["Pack-Undoes"], found["Pack-Origin"]) == (made, PERSON.label)
    assert world.messages()[0].splitlines()[0] == f"a/x.md: undo {made[:12]} (a/x.md: update)"
    assert memory.care.validate() == []


def test_undoing_again_goes_further_back_and_redo_comes_forward(mem):
    memory = mem.init()
    states = [mem.files()]
    for number in range(3):
        mem.clock.advance(days=1)
        write(memory, f"a/n{number}.md", f"{number}\n")
        states.append(mem.files())
    for state in reversed(states[:-1]):
        memory.undo.undo(LAST)
        assert mem.files() == state
    with pytest.raises(NothingToUndo):
        memory.undo.undo(LAST)
    for state in states[1:]:
        memory.undo.redo()
        assert mem.files() == state
    with pytest.raises(NothingToUndo):
        memory.undo.redo()


def test_a_new_change_ends_what_can_be_redone(mem):
    memory = mem.init()
    write(memory, "a/x.md", "x\n")
    memory.undo.undo(LAST)
    write(memory, "a/y.md", "y\n")
    with pytest.raises(NothingToUndo):
        memory.undo.redo()
    memory.undo.undo(LAST)
    memory.undo.redo()
    assert "a/y.md" in mem.files()
    with pytest.raises(NothingToUndo):
        memory.undo.redo()


def test_undoing_an_undo_is_redo(mem):
    memory = mem.init()
    write(memory, "a/x.md", "x\n")
    after = mem.files()
    first = memory.undo.undo(LAST).commit
    again = undo(memory, first)
    assert mem.files() == after
    assert again.undone[0].is_redo
    assert "a/x.md: redo" in mem.messages()[0]
    third = undo(memory, again.commit)  # and that of a redo is an undo, which redo takes back
    assert "a/x.md" not in mem.files()
    assert not third.undone[0].is_redo
    memory.undo.redo()
    assert mem.files() == after


def test_what_was_changed_since_is_kept(mem):
    memory = mem.init()
    write(memory, "a/x.md", "# X\n\none\n\ntwo\n\nthree\n")
    made = write(memory, "a/x.md", "# X\n\nONE\n\ntwo\n\nthree\n")
    write(memory, "a/x.md", "# X\n\nONE\n\ntwo\n\nTHREE\n")
    write(memory, "b/y.md", "y\n")
    undo(memory, made[:10])
    files = mem.files()
    assert files["a/x.md"].endswith(b"one\n\ntwo\n\nTHREE\n")
    assert "b/y.md" in files
    assert memory.care.validate() == []


def test_a_conflict_changes_nothing_and_has_both_texts(mem):
    memory = mem.init()
    write(memory, "a/x.md", "one\n")
    made = write(memory, "a/x.md", "two\n")
    before = write(memory, "a/x.md", "three\n")
    with pytest.raises(UndoConflict) as caught:
        undo(memory, made)
    (conflict,) = caught.value.conflicts
    assert conflict.path == "a/x.md"
    assert conflict.ours.endswith(b"three\n")
    assert conflict.theirs.endswith(b"one\n")
    assert mem.connector.head() == before


def test_a_conflict_in_one_of_several_changes_nothing(mem):
    memory = mem.init()
    write(memory, "a/x.md", "one\n")
    old = write(memory, "a/x.md", "two\n")
    write(memory, "a/x.md", "three\n")
    new = write(memory, "b/y.md", "y\n")
    before = mem.connector.head()
    with pytest.raises(UndoConflict):
        undo(memory, new, old)
    assert mem.connector.head() == before


def test_a_file_that_was_added_and_edited_since_stays(mem):
    memory = mem.init()
    made = write(memory, "a/x.md", "x\n")
    write(memory, "a/x.md", "y\n")
    with pytest.raises(UndoConflict) as caught:
        undo(memory, made)
    assert caught.value.conflicts[0].theirs is None


def test_several_are_undone_newest_first_each_by_a_commit(mem):
    memory = mem.init()
    before = mem.files()
    made = [write(memory, "a/x.md", text) for text in ("one\n", "two\n", "three\n")]
    done = undo(memory, *made)
    assert [one.commit for one in done.undone] == made[::-1]
    assert [trailers(mem, one.by)["Pack-Undoes"] for one in done.undone] == made[::-1]
    assert mem.files() == before
    memory.undo.redo(3)
    assert mem.files()["a/x.md"].endswith(b"three\n")


def test_a_deleted_file_comes_back_in_its_place(world):
    memory = world.init()
    for name in ("c", "a", "b"):
        write(memory, f"n/{name}.md", f"{name}\n")
    index = world.files()["index.md"].decode()
    world.commit(
        {
            "index.md": index.replace(
                "  - n/a.md\n  - n/b.md\n  - n/c.md\n", "  - n/c.md\n  - n/a.md\n  - n/b.md\n"
            )
        }
    )
    before = world.files()
    assert "  - n/c.md\n  - n/a.md" in before["index.md"].decode()
    memory.notes.delete("n/a.md", sha(memory, "n/a.md"))
    memory.undo.undo(LAST)
    assert world.files() == before
    memory.notes.move("n/c.md", "n/d.md", sha(memory, "n/c.md"))
    memory.undo.undo(LAST)
    assert world.files() == before


def test_a_move_is_undone_and_an_edit_made_since_moves_back(mem):
    memory = mem.init()
    write(memory, "a/x.md", "# X\n\ntext\n")
    before = mem.files()
    moved = memory.notes.move("a/x.md", "b/y.md", sha(memory, "a/x.md")).commit
    undo(memory, moved)
    assert mem.files() == before
    again = memory.undo.redo().commit
    write(memory, "b/y.md", "# X\n\nother text\n")
    undo(memory, again)
    files = mem.files()
    assert b"other text" in files["a/x.md"]
    assert "b/y.md" not in files


def test_an_edit_is_undone_where_the_file_is_now(world):
    memory = world.init()
    write(memory, "a/x.md", "# X\n\none\n")
    made = write(memory, "a/x.md", "# X\n\ntwo\n")
    memory.notes.move("a/x.md", "b/y.md", sha(memory, "a/x.md"))
    undo(memory, made)
    files = world.files()
    assert files["b/y.md"].endswith(b"one\n")
    assert "a/x.md" not in files
    assert memory.care.validate() == []


def test_what_is_undone_cannot_be_undone_again(mem):
    memory = mem.init()
    made = write(memory, "a/x.md", "x\n")
    done = undo(memory, made)
    with pytest.raises(CannotUndo, match=done.commit[:12]):
        undo(memory, made)
    memory.undo.redo()
    undo(memory, made)
    assert "a/x.md" not in mem.files()


def test_the_first_commit_is_not_undone(mem):
    memory = mem.init()
    head = mem.connector.head()
    for choice in ((head,), ()):
        with pytest.raises((CannotUndo, NothingToUndo)):
            undo(memory, *choice)
    assert mem.connector.head() == head


def test_a_memory_without_commits_has_nothing_to_undo(git_world):
    git_world.edit("index.md", "---\nversion: 2\nsync_order: []\n---\n")
    for call in (lambda: git_world.memory.undo.undo(LAST), git_world.memory.undo.redo):
        with pytest.raises(InvalidRequest, match="no history"):
            call()


@pytest.mark.parametrize("name", ["f" * 40, "0123abcd", "nonsense", "7d", "2026-01-01", "HEAD"])
def test_what_names_no_commit_is_refused(mem, name):
    memory = mem.init()
    with pytest.raises((InvalidRequest, NotFound)):
        undo(memory, name)


def test_a_commit_made_with_git_is_undone_as_far_as_it_is_memory(world):
    memory = world.init()
    world.commit({"a/x.md": "x\n", "src/code.py": "one\n"})
    before = world.files()
    world.commit({"a/x.md": "y\n", "src/code.py": "two\n"})
    done = memory.undo.undo(LAST)
    assert done.undone[0].left == ("src/code.py",)
    assert "src/code.py" in done.warnings[0]
    files = world.files()
    assert files["a/x.md"] == before["a/x.md"]
    assert files["src/code.py"] == b"two\n"
    world.commit({"src/code.py": "three\n"})
    with pytest.raises(CannotUndo, match="not memory"):
        undo(memory, world.connector.head())
    memory.undo.redo()  # a commit that changed no note ends nothing
    assert world.files()["a/x.md"] == b"y\n"
    assert world.files()["src/code.py"] == b"three\n"


def test_what_pack_yaml_leaves_out_is_not_touched(mem):
    memory = mem.init()
    mem.commit({"a/x.md": "x\n", "b/y.md": "y\n"})
    mem.commit({"a/x.md": "X\n", "b/y.md": "Y\n"})
    made = mem.connector.head()
    mem.commit({".pack.yaml": "version: 1\nexclude: [b/]\n"})
    assert undo(memory, made).undone[0].left == ("b/y.md",)
    assert mem.files()["b/y.md"] == b"Y\n"


def test_an_import_is_one_step_with_its_attachments_and_dates(world):
    memory = world.init()
    before = world.files()
    notes = {"a/x.md": b"x\n", "a/y.md": b"y\n"}
    dates = {"a/x.md": world.clock.now}
    memory.lifecycle.init(SCAFFOLD, notes, attachments={"a/p.png": b"\x89"}, dates=dates)
    after = world.files()
    assert after.keys() >= {"a/x.md", "a/p.png", ".pack-dates.json"}
    memory.undo.undo(LAST)
    assert world.files() == before
    memory.undo.redo()
    assert world.files() == after
    assert memory.care.validate() == []


def test_choosing_by_number_time_and_writer(mem):
    memory = mem.init()
    mem.clock.advance(days=1)
    write(memory, "a/x.md", "x\n")
    mem.clock.advance(days=1)
    write(memory.written_by(OTHER), "a/y.md", "y\n")
    mem.clock.advance(days=1)
    start = write(memory.written_by(PERSON), "a/z.md", "z\n")
    write(memory, "a/w.md", "w\n")

    def would(**choice):
        plan = memory.undo.undo(UndoChoice(**choice), dry_run=True)
        return [change.path for one in plan.undone for change in one.changes]

    assert would(last=2) == ["a/w.md", "a/z.md"]
    assert would(since="30h") == ["a/w.md", "a/z.md", "a/y.md"]
    assert would(since=start) == ["a/w.md"]
    assert would(by="ai-local") == ["a/y.md"]
    assert would(by=AGENT.label) == ["a/w.md", "a/x.md"]
    assert would(by=AGENT.label, last=1) == ["a/w.md"]
    for wrong in ({"last": 0}, {"last": -1}):
        with pytest.raises(InvalidRequest):
            would(**wrong)
    with pytest.raises(InvalidRequest):
        would(commits=[start], last=1)
    with pytest.raises(NothingToUndo):
        would(by="nobody")
    assert mem.messages()[0].startswith("a/w.md")


def test_a_client_may_take_back_only_what_it_wrote_within_a_day(mem):
    memory = mem.init()
    own = write(memory, "a/x.md", "x\n")
    other = write(memory.written_by(OTHER), "a/y.md", "y\n")
    limited = memory.undo.for_its_own()
    with pytest.raises(AskThePerson, match="other") as caught:
        limited.undo(UndoChoice([other]))
    assert (caught.value.action, caught.value.words) == (Action.UNDO, (other[:12],))
    assert limited.undo(LAST).undone[0].commit == own
    mem.clock.advance(hours=25)
    with pytest.raises(AskThePerson):
        limited.undo(LAST)


def test_a_dry_run_changes_nothing(mem):
    memory = mem.init()
    write(memory, "a/x.md", "x\n")
    head = mem.connector.head()
    plan = memory.undo.undo(LAST, dry_run=True)
    (change,) = plan.undone[0].changes
    assert (change.path, change.after, plan.commit, plan.undone[0].by) == (
        "a/x.md",
        None,
        None,
        None,
    )
    assert mem.connector.head() == head


def test_whoever_does_not_agree_changes_nothing(mem):
    memory = mem.init()
    write(memory, "a/x.md", "x\n")
    head = mem.connector.head()

    def refuse(plan):
        assert [one.message for one in plan] == ["a/x.md: add"]
        raise NothingToUndo("agree to")

    with pytest.raises(NothingToUndo):
        memory.undo.undo(LAST, refuse)
    assert mem.connector.head() == head


def test_what_git_ignores_now_is_not_touched(git_world):
    memory = git_world.init()
    write(memory, "a/x.md", "x\n")
    write(memory, "b/y.md", "y\n")
    made = undo(memory, last=2).undone[0].by
    git_world.commit({".gitignore": "/b/\n"})
    with pytest.raises(CannotUndo, match="b/y"):
        undo(memory, made)
    assert "b/y.md" not in git_world.files()


# --- edits by hand -------------------------------------------------------------------------------


def test_an_edit_by_hand_on_top_is_recorded_and_kept(git_world):
    memory = git_world.init()
    write(memory, "a/x.md", "# X\n\none\n\ntwo\n\nthree\n")
    made = write(memory, "a/x.md", "# X\n\nONE\n\ntwo\n\nthree\n")
    text = git_world.files()["a/x.md"].replace(b"three", b"3")
    git_world.edit("a/x.md", text)
    done = undo(memory, made)
    assert git_world.files()["a/x.md"].endswith(b"one\n\ntwo\n\n3\n")
    assert git(git_world.folder, "show", f"{done.commit}^:a/x.md") == text
    assert git(git_world.folder, "status", "--porcelain") == b""
    assert memory.care.validate() == []


def test_an_edit_by_hand_in_the_way_is_a_conflict_and_stays(git_world):
    memory = git_world.init()
    write(memory, "a/x.md", "one\n")
    made = write(memory, "a/x.md", "two\n")
    git_world.edit("a/x.md", "mine\n")
    head = git_world.connector.head()
    with pytest.raises(UndoConflict) as caught:
        undo(memory, made)
    assert caught.value.conflicts[0].ours == b"mine\n"
    assert git_world.connector.head() == head
    assert (git_world.folder / "a/x.md").read_bytes() == b"mine\n"


def test_a_recorded_edit_by_hand_is_undone(git_world):
    memory = git_world.init()
    write(memory, "a/x.md", "one\n")
    before = git_world.files()
    git_world.edit("a/x.md", "mine\n")
    memory.hand_edits.commit()
    memory.undo.undo(LAST)
    assert git_world.files() == before


def test_a_file_moved_by_hand_gets_the_undo_where_it_is(git_world):
    memory = git_world.init()
    write(memory, "a/x.md", "# X\n\none\n")
    made = write(memory, "a/x.md", "# X\n\ntwo\n")
    text = git_world.files()["a/x.md"]
    git_world.edit("b/y.md", text)
    git_world.edit("a/x.md", None)
    undo(memory, made)
    assert (git_world.folder / "b/y.md").read_bytes().endswith(b"one\n")
    assert not (git_world.folder / "a/x.md").exists()


def test_a_folder_where_a_file_should_come_back_is_refused(git_world):
    memory = git_world.init()
    write(memory, "a/x.md", "x\n")
    gone = memory.notes.delete("a/x.md", sha(memory, "a/x.md")).commit
    git_world.commit({"a/x.md/inside.md": "y\n"})
    head = git_world.connector.head()
    with pytest.raises(RefusedForSafety, match="folder"):
        undo(memory, gone)
    assert git_world.connector.head() == head


# --- what PACK does with a whole memory ----------------------------------------------------------


def test_what_a_target_records_is_no_step(mem):
    memory = mem.init()
    write(memory, "a/x.md", "x\n")
    message = "a/x.md: note its page\n\nPack-Request: r\nPack-Sync: skip"
    mem.commit({".notion-pages.json": "{}\n"}, message)
    with pytest.raises(CannotUndo, match="sync target"):
        undo(memory, mem.connector.head())
    memory.undo.undo(LAST)
    assert "a/x.md" not in mem.files()


def test_a_merge_is_undone_against_the_side_it_was_made_on(git_world):
    memory, folder = git_world.init(), git_world.folder
    git(folder, "branch", "side")
    write(memory, "a/ours.md", "ours\n")
    before = git_world.files()
    git(folder, "checkout", "--quiet", "side")
    git_world.commit({"a/theirs.md": "theirs\n"})
    git(folder, "checkout", "--quiet", "-")
    git(folder, "merge", "--quiet", "--no-ff", "-m", "merge", "side")
    merge = git_world.connector.head()
    done = undo(memory, merge)
    assert git_world.files() == before
    assert done.undone[0].commit == merge
    memory.undo.redo()
    assert git_world.files()["a/theirs.md"] == b"theirs\n"
    assert [change.path for change in memory.undo.undo(LAST).undone[0].changes] == ["a/theirs.md"]


def test_a_merge_of_heads_has_no_side_to_go_back_to(mem):
    mem.init()
    mem.commit({"a/x.md": "x\n"}, "a/x.md: merge both sides\n\nPack-Request: r\nPack-Merge: 1")
    with pytest.raises(CannotUndo, match="joined two histories"):
        undo(mem.memory, mem.connector.head())


# --- histories that are not whole ----------------------------------------------------------------


def test_a_shallow_clone_undoes_what_it_knows(git_world, tmp_path):
    memory = git_world.init()
    for text in ("one\n", "two\n", "three\n"):
        write(memory, "a/x.md", text)
    clone = tmp_path / "clone"
    source = git_world.folder.as_uri()
    git(tmp_path, "clone", "--quiet", "--depth", "2", source, str(clone))
    shallow = World(None)
    shallow.folder = clone
    memory = shallow.open()
    try:
        memory.undo.undo(LAST)
        assert (clone / "a/x.md").read_bytes().endswith(b"two\n")
        with pytest.raises(NothingToUndo):
            memory.undo.undo(LAST)
        oldest = git(clone, "rev-list", "--max-parents=0", "HEAD").decode().strip()
        with pytest.raises(CannotUndo, match="the first one that is known here"):
            undo(memory, oldest)
    finally:
        shallow.close()


def test_after_a_rewrite_commits_of_the_former_history_are_unknown(git_world):
    memory = git_world.init()
    made = write(memory, "a/x.md", "x\n")
    memory.undo.undo(LAST)
    git(git_world.folder, "reset", "--quiet", "--hard", "HEAD~2")
    git_world.commit({"a/z.md": "z\n"})
    with pytest.raises(NotFound):
        undo(memory, made)
    with pytest.raises(NothingToUndo):
        memory.undo.redo()
    memory.undo.undo(LAST)
    assert "a/z.md" not in git_world.files()


class Killed(BaseException):
    """The process ends here, as far as PACK is concerned."""


def test_a_process_that_dies_between_two_of_several_leaves_whole_commits(git_world):
    memory = git_world.init()
    start = git_world.files()
    made = [write(memory, f"a/n{number}.md", "x\n") for number in range(4)]
    numbers = itertools.count(1)

    def kill(pending):
        if next(numbers) == 3:
            raise Killed
        return pending.decision

    dying = Memory.over(
        git_world.connector,
        git_world.catalog,
        clock=git_world.clock,
        origin=AGENT,
        new_request=lambda: "request",
        guards=[kill],
    )
    with pytest.raises(Killed):
        undo(dying, *made)
    files = git_world.files()
    assert [path for path in sorted(files) if path.startswith("a/")] == ["a/n0.md", "a/n1.md"]
    assert memory.care.validate() == []
    assert git(git_world.folder, "status", "--porcelain") == b""
    undo(memory, last=2)
    assert git_world.files() == start
    memory.undo.redo(4)
    assert git_world.files().keys() - start.keys() == {f"a/n{n}.md" for n in range(4)}


def test_a_write_by_somebody_else_meanwhile_is_kept(mem):
    memory = mem.init()
    write(memory, "a/x.md", "# X\n\none\n\ntwo\n")
    last = write(memory, "a/x.md", "# X\n\nONE\n\ntwo\n")

    def meanwhile(plan):
        assert [one.commit for one in plan] == [last]
        write(memory, "a/x.md", "# X\n\nONE\n\nTWO\n")

    memory.undo.undo(LAST, meanwhile)
    assert mem.files()["a/x.md"].endswith(b"one\n\nTWO\n")

    def undone_meanwhile(plan):
        undo(memory, plan[0].commit)

    with pytest.raises(CannotUndo, match="already"):
        memory.undo.undo(LAST, undone_meanwhile)


def put_in_place(world, gone, new):
    """One commit of git in which a file gives way to one for which it was in the way."""
    (world.folder / gone).unlink()
    if gone.startswith(f"{new}/"):
        (world.folder / new).rmdir()
    world.edit(new, "Something else.\n")
    git(world.folder, "add", "-A")
    git(world.folder, "commit", "--quiet", "-m", "in its place")
    return world.open().written_by(PERSON)


@pytest.mark.parametrize(
    ("gone", "new", "said"),
    [
        ("a/x.md", "a/x.md/inner.md", r"a/x\.md is a folder now"),
        ("a/x.md/inner.md", "a/x.md", r"a/x\.md on the way to a/x\.md/inner\.md is a file now"),
    ],
)
def test_a_file_in_place_of_a_folder_or_a_folder_of_a_file_is_named(git_world, gone, new, said):
    memory = git_world.init()
    git_world.commit({gone: "The words of the note.\n"})
    made = memory.notes.update("a/y.md", "Between.\n").commit
    memory = put_in_place(git_world, gone, new)
    with pytest.raises(RefusedForSafety, match=said):
        undo(memory)
    assert undo(memory, made).commit  # an earlier change can be taken back by its id


def test_an_undo_says_which_newer_changes_it_passes_over(git_world):
    memory = git_world.init().written_by(PERSON)
    made = write(memory, "a/x.md", "one\n")
    git_world.commit({"a/pic.png": b"\x89PNG"})
    picture = git_world.connector.head()
    memory = git_world.open().written_by(PERSON)
    for dry_run in (True, False):
        done = memory.undo.undo(LAST, dry_run=dry_run)
        assert [one.commit for one in done.undone] == [made]
        assert done.warnings == (
            f"passed over, as it cannot be undone: {picture[:12]} "
            "(what it changed is not memory (a/pic.png))",
        )
    write(memory, "a/x.md", "two\n")
    assert memory.undo.undo(UndoChoice(by="user")).warnings == ()
