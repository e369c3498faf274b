import pytest

from pack.history.undoing.undone import UndoChoice
from pack.imports.records import SkippedRecord
from pack.memory import Memory
from pack.use_cases.imports.comparing import DELETED_HERE
from tests.support import World
from tests.unit.use_cases.imports.taking import USER, A, B, file, note, take


@pytest.fixture
def memory(world: World) -> Memory:
    return world.init()


def test_what_was_undone_can_be_imported_again(world: World, memory: Memory) -> None:
    records = [note("A", "a\n"), file("plain.md", b"# P\n\nplain\n")]
    take(memory, *records)
    after = world.files()
    memory.written_by(USER).undo.undo(UndoChoice())
    again = take(memory, *records)
    assert (again.written, again.unchanged, again.skipped) == (2, 0, ())
    assert world.files() == after


def test_news_that_were_undone_can_be_imported_again(world: World, memory: Memory) -> None:
    take(memory, note("A", "one\n\ntwo\n"), note("B", "b\n"))
    mine = memory.written_by(USER)
    found = memory.notes.get(A)
    mine.notes.update(A, found.content.replace("one", "ONE"), found.sha)
    newer = [note("A", "one\n\ntwo\n\nthree\n"), note("B", "b2\n")]
    take(memory, *newer)
    memory.written_by(USER).undo.undo(UndoChoice())
    assert "three" not in world.files()[A].decode()
    assert take(memory, *newer).written == 2
    assert world.files()[A].decode().endswith("ONE\n\ntwo\n\nthree\n")
    assert world.files()[B].decode().endswith("b2\n")


def test_what_came_back_by_a_redo_and_was_deleted_stays_away(world: World, memory: Memory) -> None:
    mine = memory.written_by(USER)
    take(memory, note("A", "a\n"))
    mine.undo.undo(UndoChoice())
    mine.undo.redo()
    mine.notes.delete(A, memory.notes.get(A).sha)
    assert take(memory, note("A", "a\n")).skipped == (SkippedRecord(A, DELETED_HERE),)
