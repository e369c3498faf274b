"""Where text that comes back comes from."""

import pytest

from pack.history.undoing.stack import UNDOES
from pack.history.undoing.undone import UndoChoice
from pack.log import LogQuery
from pack.model import blob_id
from pack.provenance import RESTORES, commit_message
from pack.truth.credit import credit_of
from pack.truth.returning import former_states
from tests.support import git
from tests.truth_support import AGENT, PERSON, Writers, put_exactly


@pytest.fixture
def writers(world):
    return Writers(world)


@pytest.fixture
def git_writers(git_world):
    return Writers(git_world)


def states(world):
    """The states that the newest commit brought text back from."""
    core = world.memory._session.core
    head = world.connector.head()
    (facts,) = world.connector.log(LogQuery(head, with_files=True, limit=1))
    (change,) = [one for one in facts.files if one.path == "a/x.md"]

    def credit(commit):
        return credit_of(
            commit, lambda blob: dict(world.connector.read_blobs([blob]))[blob] if blob else b""
        )

    return [(state.head, state.path) for state in former_states(core, facts, change, credit)]


def test_an_undo_brings_back_what_was_before(writers):
    first = writers.person("one\n")
    writers.agent("two\n")
    writers.world.memory.undo.undo(UndoChoice())
    assert states(writers.world) == [(first, "a/x.md")]
    second = writers.world.connector.head()
    writers.world.memory.undo.redo()
    (found,) = states(writers.world)
    assert found[0] != second


def test_nobody_brings_back_what_a_stronger_writer_took_away(writers):
    first = writers.agent("one\n")
    writers.person("two\n")
    writers.person("three\n")
    writers.world.memory.undo.undo(UndoChoice())
    assert states(writers.world) == []
    writers.world.memory.undo.restore("a/x.md", first)
    assert states(writers.world) == []


def test_a_revert_by_git_does_too(writers):
    first = writers.person("one\n")
    undone = writers.person("two\n")
    writers.world.commit({"a/x.md": "one\n"}, f'Revert "x"\n\nThis reverts commit {undone}.')
    assert states(writers.world) == [(first, "a/x.md")]
    writers.world.commit({"a/x.md": "two\n"}, f"This reverts commit {'9' * 40}.")
    assert states(writers.world) == []


X, Y = "A machine wrote this sentence.", "And this one, which stays."


def test_a_restore_from_before_a_move_brings_back_what_was(writers):
    memory = writers.world.memory
    first = writers.agent(f"{X}\n{Y}\n")
    for old, new in (("a/x.md", "a/y.md"), ("a/y.md", "a/z.md")):
        memory.notes.move(old, new, memory.notes.get(old).sha)
    writers.agent(f"{Y}\n", "a/z.md")
    memory.undo.restore("a/z.md", first)
    assert writers.levels("a/z.md") == {X: 5, Y: 5}


def test_a_restore_that_finds_no_file_there_is_nobodys(writers):
    state = writers.agent(f"{Y}\n", "a/other.md")
    put_exactly(writers.world.memory.written_by(PERSON), {"a/x.md": f"{X}\n"}, [(RESTORES, state)])
    assert writers.levels() == {X: "?"}
    put_exactly(
        writers.world.memory.written_by(PERSON), {"a/x.md": f"{Y}\n"}, [(RESTORES, "9" * 40)]
    )
    assert writers.levels() == {Y: "?"}
    put_exactly(writers.world.memory.written_by(AGENT), {"a/x.md": f"{X}\n"}, [(RESTORES, state)])
    assert writers.levels() == {X: 5}


def test_an_undo_of_several_files_of_which_one_has_moved_brings_back_what_was(git_writers):
    world = git_writers.world
    texts = {path: f"{X} {path}\n{Y} {path}\n" for path in ("a/x.md", "a/y.md")}
    for path, text in texts.items():
        git_writers.agent(text, path)
    world.commit({path: f"{Y} {path}\n" for path in texts}, "cut")
    cut = world.connector.head()
    notes = world.memory.notes
    notes.move("a/x.md", "a/z.md", notes.get("a/x.md").sha)
    world.memory.undo.undo(UndoChoice(commits=[cut]))
    for path, now in (("a/x.md", "a/z.md"), ("a/y.md", "a/y.md")):
        assert git_writers.levels(now) == {f"{X} {path}": 5, f"{Y} {path}": 5}


def test_an_undo_of_a_commit_that_is_not_there_is_nobodys(writers):
    put_exactly(writers.world.memory.written_by(PERSON), {"a/x.md": f"{X}\n"}, [(UNDOES, "9" * 40)])
    assert writers.levels() == {X: "?"}


RULE, MADE = "Never deploy on a Friday.", "The machine deployed version 7."


@pytest.mark.parametrize("is_by_pack", [True, False])
def test_no_machine_brings_back_what_the_person_deleted_as_a_revert_of_its_own(writers, is_by_pack):
    writers.person(f"{RULE}\n")
    own = writers.agent(f"{RULE}\n{MADE}\n")
    writers.person("x\n")
    said, text = f"again\nThis reverts commit {own}.", f"x\n{RULE}\n"
    if is_by_pack:
        notes = writers.world.memory.notes
        notes.update("a/x.md", text, blob_id(b"x\n"), message=said)
    else:
        mark = "Co-authored-by: Claude <noreply@anthropic.com>"
        writers.world.commit({"a/x.md": text}, f"{said}\n\n{mark}")
    assert writers.levels()[RULE] == 5


def test_a_first_commit_that_says_it_restores_something(git_world):
    writers = Writers(git_world)
    state = writers.agent(f"{MADE}\n")
    said = commit_message("x", AGENT, "r", trailers=[("Pack-Restores", state)])
    git(git_world.folder, "checkout", "-q", "--orphan", "other")
    git(git_world.folder, "commit", "-q", "-m", said)
    git_world.open(truth=git_world.truth)
    assert writers.levels() == {MADE: 5}
