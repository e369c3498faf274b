import tracemalloc
from collections.abc import Iterator
from datetime import timedelta

import pytest

from pack.errors import NotInitialised, PackError
from pack.history.undoing.undone import UndoChoice
from pack.imports.records import (
    ImportedPart,
    ImportedRecord,
    RecordClass,
    SkippedRecord,
)
from pack.memory import Memory
from pack.provenance import Origin, Source
from pack.use_cases.imports import bases as import_bases
from pack.use_cases.imports.comparing import DELETED_HERE, YOURS_STAYS
from pack.use_cases.imports.results import Imported
from tests.support import World, assert_true_index
from tests.unit.use_cases.imports.taking import MAY, USER, A, Reader, file, note, take

TOOL = Origin(Source.AI_CLOUD, "chatgpt")
SECRET = "ghp_" + "FAKEfake0123456789FAKEfake0123456789"  # made up


@pytest.fixture
def memory(world: World) -> Memory:
    return world.init()


def _text(world: World, path: str) -> str:
    return world.files()[path].decode()


def _with(memory: Memory, path: str, old: str, new: str) -> None:
    found = memory.notes.get(path)
    mine = memory.written_by(USER).notes
    mine.update(path, found.content.replace(old, new), found.sha)


# --- one commit ----------------------------------------------------------------------------------


def test_an_import_is_one_commit_of_the_person(world: World, memory: Memory) -> None:
    before = len(world.messages())
    done = take(memory, *(note(f"N{n}", f"text {n}\n") for n in range(30)))
    assert (done.written, done.unchanged, done.found) == (30, 0, {"notes": 30})
    message, *others = world.messages()
    assert len(others) == before
    assert "Pack-Origin: user:import\nPack-Truth-Level: 1\n" in message
    assert "\nPack-Imported-From: chatgpt" in message
    assert done.commit == world.connector.head()
    assert_true_index(world)


def test_a_dry_run_says_the_same_and_changes_nothing(world: World, memory: Memory) -> None:
    head, refs = world.connector.head(), world.connector.side_refs("imports")
    planned = take(memory, note("A", "a\n"), dry_run=True)
    assert (planned.written, planned.commit) == (1, None)
    assert (world.connector.head(), world.connector.side_refs("imports")) == (head, refs)
    assert take(memory, note("A", "a\n")).written == 1


def test_a_dry_run_holds_no_more_than_one_record(memory: Memory) -> None:
    text = "0123456789abcde\n" * 2_000
    records = (note(f"N{n}", f"{n}\n{text}") for n in range(20))
    tracemalloc.start()
    try:
        planned = memory.written_by(USER).importing.take(Reader(records), dry_run=True)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert planned.written == 20
    assert peak < 15 * len(text)


def test_nothing_is_left_of_an_import_that_was_refused(world: World, memory: Memory) -> None:
    def refuse(_: Imported) -> None:
        raise NotInitialised("no")

    head = world.connector.head()
    with pytest.raises(PackError):
        take(memory, note("A", "a\n"), agree=refuse)
    assert world.connector.head() == head
    assert world.connector.side_refs("imports") == {}
    assert take(memory, note("A", "a\n")).written == 1


def test_an_agent_gets_no_authority_by_importing(world: World, memory: Memory) -> None:
    agent = memory.written_by(Origin(Source.AI_CLOUD, "agent"))
    agent.importing.take(Reader([note("A", "a\n")]))
    assert "Pack-Origin: ai-cloud:agent\n" in world.messages()[0]


def test_an_import_can_be_undone(world: World, memory: Memory) -> None:
    before = world.files()
    chat = note("Chat", "hello\n", kind=RecordClass.TRANSCRIPT)
    take(memory, note("A", "a\n"), chat)
    memory.written_by(USER).undo.undo(UndoChoice())
    after = world.files()
    assert A not in after
    assert "archive/chatgpt/2024/chat.md" not in after
    assert before.keys() == after.keys()


# --- again, and again ----------------------------------------------------------------------------


def test_the_same_export_again_changes_nothing(world: World, memory: Memory) -> None:
    records = [note("A", "a\n"), note("B", "b\n", kind=RecordClass.TRANSCRIPT)]
    take(memory, *records)
    head, refs = world.connector.head(), world.connector.side_refs("imports")
    world.clock.now += timedelta(days=3)
    again = take(world.open(), *records)
    assert (again.written, again.unchanged, again.commit) == (0, 2, None)
    assert (world.connector.head(), world.connector.side_refs("imports")) == (head, refs)


def test_a_newer_export_brings_only_its_news(world: World, memory: Memory) -> None:
    take(memory, note("A", "a\n"), note("B", "b\n"))
    done = take(memory, note("A", "a\nmore\n"), note("B", "b\n"), note("C", "c\n"))
    assert (done.written, done.unchanged) == (2, 1)
    assert set(done.paths) == {A, "notes/c.md"}
    assert _text(world, A).endswith("a\nmore\n")


def test_an_export_that_is_only_a_part_removes_nothing(world: World, memory: Memory) -> None:
    take(memory, note("A", "a\n"), note("B", "b\n"))
    done = take(memory, note("B", "b\n"))
    assert (done.written, done.unchanged) == (0, 1)
    assert A in world.files()
    assert take(memory, note("A", "a\n"), note("B", "b\n")).written == 0


def test_a_list_that_was_gathered_keeps_what_earlier_exports_had(
    world: World, memory: Memory
) -> None:
    take(memory, note("A", "- a\n- b\n", grows=True), place="/1.zip")
    _with(memory, A, "- a\n", "")
    newer = note("A", "- c\n", grows=True, created=MAY + timedelta(days=9))
    assert take(memory, newer, place="/2.zip").paths == (A,)
    assert _text(world, A).endswith("\n\n- b\n- c\n")  # what the person took out stays out
    assert "created: 2024-05-01" in _text(world, A)
    for place in ("/2.zip", "/3.zip"):
        assert take(memory, newer, place=place).unchanged == 1


def test_the_persons_edits_win_and_news_come_beside_them(world: World, memory: Memory) -> None:
    take(memory, note("A", "one\n\ntwo\n\nthree\n"))
    _with(memory, A, "one", "ONE")
    done = take(memory, note("A", "one\n\ntwo\n\nthree\n\nfour\n"))
    assert done.written == 1
    assert _text(world, A).endswith("ONE\n\ntwo\n\nthree\n\nfour\n")


def test_where_both_changed_the_same_line_the_persons_stays(world: World, memory: Memory) -> None:
    take(memory, note("A", "one\n"))
    _with(memory, A, "one", "mine")
    done = take(memory, note("A", "theirs\n"))
    assert "mine\n" in _text(world, A)
    assert "theirs" not in _text(world, A)
    assert done.skipped == (SkippedRecord(A, YOURS_STAYS),)


def test_what_did_not_come_is_named_until_it_is_here(world: World, memory: Memory) -> None:
    take(memory, note("A", "one\n\ntwo\n"), note("B", "b\n"))
    _with(memory, A, "one", "mine")
    newer = [note("A", "theirs\n\ntwo\n\nthree\n"), note("B", "b\n")]
    assert take(memory, *newer).paths == (A,)
    assert take(memory, note("B", "b\n")).skipped == ()
    for _ in range(2):
        again = take(memory, *newer)
        assert (again.written, again.unchanged) == (0, 1)
        assert again.skipped == (SkippedRecord(A, YOURS_STAYS),)
    _with(memory, A, "mine", "mine, and\n\ntheirs")
    assert take(memory, *newer).skipped == ()
    assert take(memory, *newer).unchanged == 2


@pytest.mark.parametrize("is_edited", [False, True])
def test_what_was_moved_stays_moved(world: World, memory: Memory, is_edited: bool) -> None:
    take(memory, note("A", "one\n\ntwo\n"))
    memory.written_by(USER).notes.move(A, "areas/mine.md", memory.notes.get(A).sha)
    if is_edited:
        _with(memory, "areas/mine.md", "one", "ONE")
    assert take(memory, note("A", "one\n\ntwo\n")).written == 0
    done = take(memory, note("A", "one\n\ntwo\n\nthree\n"))
    assert done.paths == ("areas/mine.md",)
    assert A not in world.files()
    assert "three\n" in _text(world, "areas/mine.md")


@pytest.mark.parametrize("is_verbatim", [False, True])
def test_another_note_at_the_place_of_a_moved_one_is_never_touched(
    world: World, memory: Memory, is_verbatim: bool
) -> None:
    def given(text: str) -> ImportedRecord:
        return file(A, text.encode()) if is_verbatim else note("A", text)

    mine = memory.written_by(USER).notes
    take(memory, given("one\n\ntwo\n"))
    mine.move(A, "areas/mine.md", memory.notes.get(A).sha)
    mine.update(A, "# Another\n\nmine alone\n", None)
    other = _text(world, A)
    done = take(memory, given("one\n\ntwo\n\nthree\n"))
    assert done.paths == ("areas/mine.md",)
    assert _text(world, A) == other
    assert take(memory, given("one\n\ntwo\n\nthree\n")).written == 0


@pytest.mark.parametrize("is_verbatim", [False, True])
def test_another_note_at_the_place_of_a_deleted_one_is_never_touched(
    world: World, memory: Memory, is_verbatim: bool
) -> None:
    def given(text: str) -> ImportedRecord:
        return file(A, text.encode()) if is_verbatim else note("A", text)

    mine = memory.written_by(USER).notes
    take(memory, given("one\n\ntwo\n"))
    mine.delete(A, memory.notes.get(A).sha)
    mine.update(A, "# Another\n\nmine alone\n", None)
    other = _text(world, A)
    done = take(memory, given("one\n\ntwo\n\nthree\n"))
    assert (done.written, done.skipped) == (0, (SkippedRecord(A, YOURS_STAYS),))
    assert _text(world, A) == other


def test_what_was_deleted_stays_deleted(world: World, memory: Memory) -> None:
    take(memory, note("A", "a\n"), note("B", "b\n"))
    memory.written_by(USER).notes.delete(A, memory.notes.get(A).sha)
    same = take(memory, note("A", "a\n"), note("B", "b\n"))
    assert (same.written, same.unchanged) == (0, 1)
    assert same.skipped == (SkippedRecord(A, DELETED_HERE),)
    done = take(memory, note("A", "a\nmore\n"), note("B", "b\n"))
    assert done.written == 0
    assert SkippedRecord(A, DELETED_HERE) in done.skipped
    assert A not in world.files()


def test_paths_stay_when_titles_change_and_others_come(world: World, memory: Memory) -> None:
    first = note("A", "a\n")
    take(memory, first)
    renamed = ImportedRecord(
        RecordClass.NOTE, "id-A", "Renamed", [ImportedPart("a\n")], created=MAY
    )
    twin = ImportedRecord(RecordClass.NOTE, "id-2", "a", [ImportedPart("twin\n")], created=MAY)
    done = take(memory, twin, renamed)
    assert done.written == 2
    assert "topic: Renamed\n" in _text(world, A)
    assert "twin\n" in _text(world, "notes/a-2.md")


def test_a_file_of_the_persons_is_never_taken(world: World, memory: Memory) -> None:
    memory.written_by(USER).notes.update(A, "mine\n", None)
    take(memory, note("A", "a\n"))
    assert "mine" in _text(world, A)
    assert "a\n" in _text(world, "notes/a-2.md")


def test_only_new_dates_are_no_news(world: World, memory: Memory) -> None:
    take(memory, note("A", "a\n"))
    assert take(memory, note("A", "a\n", created=MAY + timedelta(days=9))).written == 0


# --- what comes ----------------------------------------------------------------------------------


def test_dates_are_the_sources(world: World, memory: Memory) -> None:
    verbatim = ImportedRecord(
        RecordClass.NOTE, "v", "V", folder="notes", name="v.md", updated=MAY, verbatim=b"plain\n"
    )
    take(memory, note("A", "a\n"), verbatim)
    assert world.files()["notes/v.md"] == b"plain\n"
    listed = {file.path: file.updated for file in memory.notes.list().files}
    assert listed[A].startswith("2024-05-01")
    assert listed["notes/v.md"].startswith("2024-05-01")


def test_secrets_are_counted_and_come_all_the_same(world: World, memory: Memory) -> None:
    done = take(memory, note("A", f"my token is {SECRET}\n"))
    assert (done.written, done.secrets) == (1, 1)
    assert SECRET not in repr(done)
    assert SECRET in _text(world, A)


def test_no_name_holds_a_secret(world: World, memory: Memory) -> None:
    text = f"my token is {SECRET}\n"
    records = [note(text.strip(), text, source_id=f"id-{n}") for n in "ab"]
    done = take(memory, *records, records[0], SkippedRecord(f"item {SECRET}", "it is damaged"))
    assert (done.written, len(done.skipped), done.secrets) == (2, 2, 2)
    assert SECRET not in repr(done)
    assert SECRET not in world.messages()[0]
    assert not any("ghp" in path for path in world.files())
    assert SECRET not in _text(world, "index.md")
    assert all(_text(world, path).endswith(text) for path in done.paths)


def test_a_broken_record_does_not_stop_the_rest(world: World, memory: Memory) -> None:
    given = [note(f"N{n}", f"{n}\n") for n in range(83)]
    given[10:10] = [SkippedRecord(f"broken {n}", "it is damaged") for n in range(17)]
    done = take(memory, *given)
    assert done.written == 83
    assert [one.what for one in done.skipped] == [f"broken {n}" for n in range(17)]


def test_of_very_many_that_are_left_out_some_are_named(world: World, memory: Memory) -> None:
    done = take(memory, *(SkippedRecord(f"x{n}", "why") for n in range(1000)), dry_run=True)
    assert sum(one.count for one in done.skipped) == 1000
    assert len(done.skipped) < 200


def test_a_record_that_comes_twice_is_taken_once(world: World, memory: Memory) -> None:
    done = take(memory, note("A", "a\n"), note("A", "b\n"))
    assert (done.written, len(done.skipped)) == (1, 1)


def test_an_ignored_path_is_named_and_left_out(world: World, memory: Memory) -> None:
    world.commit({".gitignore": "notes/\n"})
    done = take(memory, note("A", "a\n"), note("P", "p\n", kind=RecordClass.PROJECT))
    assert done.written == 1
    assert "A" in {one.what for one in done.skipped}


def test_a_large_conversation_becomes_several_notes(world: World, memory: Memory) -> None:
    parts = [ImportedPart(f"{n} {'word ' * 80_000}\n", TOOL if n % 2 else None) for n in range(7)]
    record = ImportedRecord(RecordClass.TRANSCRIPT, "c", "Long", parts, created=MAY)
    done = take(memory, record)
    assert (done.written, done.found) == (2, {"transcripts": 1})
    assert take(memory, record).written == 0


def test_an_import_that_was_killed_is_no_base(
    world: World, memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    def records() -> Iterator[ImportedRecord]:
        yield from (note(f"N{n}", "x\n") for n in range(5))
        assert world.connector.side_refs("imports").keys() == {"chatgpt-pending"}
        raise KeyboardInterrupt

    monkeypatch.setattr(import_bases, "_PART_FILES", 2)

    with pytest.raises(KeyboardInterrupt):
        memory.importing.take(Reader(records()))
    assert world.connector.side_refs("imports") == {}
    assert take(memory, note("N1", "x\n")).written == 1


def test_what_another_machine_has_imported_is_not_brought_twice(
    world: World, memory: Memory
) -> None:
    twin = ImportedRecord(RecordClass.NOTE, "id-2", "a", [ImportedPart("twin\n")], created=MAY)
    take(memory, note("A", "a\n"), twin)
    (tip,) = world.connector.side_refs("imports").values()
    world.connector.move_aside("imports/chatgpt", None, tip)  # it stayed over there
    again = take(memory, twin, note("A", "a\n"))
    assert (again.written, again.unchanged) == (0, 2)
    assert take(memory, twin, note("A", "a\nmore\n")).paths == (A,)
