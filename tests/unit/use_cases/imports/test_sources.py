"""Several sources of one kind: what one has never replaces what another has."""

import pytest

from pack.imports.records import ImportedRecord, ImportKind
from pack.memory import Memory
from pack.use_cases.imports.bases import ImportBase
from tests.support import World
from tests.unit.use_cases.imports.taking import A, file, note, take

ONE, OTHER, THIRD = "/vaults/one", "/vaults/other", "/downloads/export.zip"
A_UUID = "6f9619ff-8b86-d011-b42d-00cf4fc964ff"


@pytest.fixture
def memory(world: World) -> Memory:
    return world.init()


def _vault(called: str, *more: str, goals: str = "") -> list[ImportedRecord]:
    text = f"# Goals\n\nof {called}\n{goals}"
    others = (file(f"{called}/{name}.md", f"{name} of {called}\n".encode()) for name in more)
    return [file("plan/Goals.md", text.encode()), *others]


@pytest.mark.parametrize("place", [OTHER, THIRD])
def test_two_vaults_with_a_note_of_one_name_are_both_there(
    world: World, memory: Memory, place: str
) -> None:
    take(memory, *_vault("one", "x", "y"), place=ONE)
    done = take(memory, *_vault("other", "z"), place=place)
    assert done.paths == ("plan/Goals-2.md", "other/z.md")
    assert [one.what for one in done.skipped] == ["plan/Goals-2.md"]
    assert world.files()["plan/Goals.md"] == b"# Goals\n\nof one\n"
    assert world.files()["plan/Goals-2.md"] == b"# Goals\n\nof other\n"
    again = [
        take(memory, *_vault("other", "z"), place=place),
        take(memory, *_vault("one", "x", "y"), place=ONE),
        take(memory, *_vault("one", "x", "y"), place="/moved/one"),
        take(memory, *_vault("other", "z"), place="/moved/other"),
    ]
    assert [(one.written, one.unchanged) for one in again] == [(0, 2), (0, 3), (0, 3), (0, 2)]


def test_each_of_two_vaults_brings_its_news_to_its_notes(world: World, memory: Memory) -> None:
    take(memory, *_vault("one"), place=ONE)
    take(memory, *_vault("other"), place=OTHER)
    for called, place, path in (("one", ONE, ""), ("other", OTHER, "-2")):
        done = take(memory, *_vault(called, "new", goals=f"\nnews of {called}\n"), place=place)
        assert done.paths == (f"plan/Goals{path}.md", f"{called}/new.md")
        assert done.skipped == ()


def test_what_one_vault_has_from_now_on_is_not_what_the_other_had(
    world: World, memory: Memory
) -> None:
    take(memory, *_vault("one", "x"), place=ONE)
    take(memory, file("new.md", b"of other\n"), place=OTHER)
    done = take(memory, *_vault("one", "x"), file("new.md", b"of one\n"), place=ONE)
    assert done.paths == ("context/new-2.md",)
    assert world.files()["context/new.md"] == b"of other\n"


def test_a_note_written_anew_in_its_place_is_the_newer_version(
    world: World, memory: Memory
) -> None:
    take(memory, *_vault("one"), place=ONE)
    done = take(memory, *_vault("all new"), place=ONE)
    assert (done.paths, done.skipped) == (("plan/Goals.md",), ())


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_newer_zip_of_the_same_vault_may_have_a_note_written_anew(
    world: World, memory: Memory, dry_run: bool
) -> None:
    names = ("a", "b", "c", "d")
    take(memory, *_vault("one", *names), place=ONE)
    newer = [file("plan/Goals.md", b"all new\n"), *_vault("one", *names)[1:]]
    done = take(memory, *newer, place=THIRD, dry_run=dry_run)
    assert (done.paths, done.unchanged, done.skipped) == (("plan/Goals.md",), 4, ())
    if not dry_run:
        assert world.files()["plan/Goals.md"] == b"all new\n"
        again = take(memory, *newer, place="/downloads/export (1).zip")
        assert (again.written, again.unchanged) == (0, 5)


def test_a_record_with_a_uuid_is_that_record_in_any_export(world: World, memory: Memory) -> None:
    def given(text: str) -> ImportedRecord:
        return note("A", text, source_id=A_UUID)

    take(memory, given("one\n"), place="/downloads/1.zip")
    done = take(memory, given("another\n"), place="/downloads/2.zip")
    assert done.paths == (A,)


@pytest.mark.parametrize("is_known", [True, False])
def test_a_known_uuid_says_whose_all_the_rest_is(memory: Memory, is_known: bool) -> None:
    def given(text: str, chat: str) -> list[ImportedRecord]:
        return [note("Memory", text), note("Chat", "hi\n", source_id=chat)]

    take(memory, *given("one\n", A_UUID), place="/downloads/1.zip")
    chat = A_UUID if is_known else A_UUID.replace("6", "7")
    done = take(memory, *given("another\n", chat), place="/downloads/2.zip")
    assert done.paths[0] == ("notes/memory.md" if is_known else "notes/memory-2.md")


def test_a_list_that_grows_is_no_new_source_each_time(world: World, memory: Memory) -> None:
    for number in range(3):
        record = note("Memories", f"- {number}\n", grows=True)
        assert take(memory, record, place=f"/{number}.zip").paths == ("notes/memories.md",)
    assert ImportBase(world.connector, ImportKind.CHATGPT).ledger.last == 1


def test_rendered_notes_of_two_sources_are_told_apart_without_a_ledger(
    world: World, memory: Memory
) -> None:
    take(memory, note("User", "- prefers tabs\n"), place=ONE)
    take(memory, note("User", "- prefers spaces\n"), place=OTHER)
    before = world.files()
    assert "notes/user-2.md" in before
    for name, tip in world.connector.side_refs("imports").items():
        world.connector.move_aside(f"imports/{name}", None, tip)
    assert take(memory, note("User", "- prefers spaces\n"), place=OTHER).written == 0
    assert take(memory, note("User", "- prefers tabs\n"), place=ONE).written == 0
    assert world.files() == before


def test_a_name_that_cannot_be_used_here_is_said(memory: Memory) -> None:
    done = take(memory, file("n/nul.md", b"x\n"), file("n/ok.md", b"y\n"))
    assert done.written == 2
    assert [one.what for one in done.skipped] == ["n/nul.md, as n/nul-note.md"]
    assert take(memory, file("n/nul.md", b"x\n")).skipped == ()
