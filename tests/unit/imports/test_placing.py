import unicodedata
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pack.imports.placing import ImportPlaces, slug_of
from pack.imports.records import ImportedRecord, ImportKind, RecordClass
from pack.paths import fold, is_archived, parse_memory_path
from tests.support import examples

MAY = datetime(2024, 5, 1, tzinfo=UTC)


def _record(title: str, number: int = 0, kind: RecordClass = RecordClass.TRANSCRIPT, **more):
    return ImportedRecord(kind, f"id-{number}", title, created=MAY, **more)


def _places(*taken: str) -> ImportPlaces:
    return ImportPlaces(ImportKind.CHATGPT, taken, at_root=False)


@pytest.mark.parametrize(
    ("title", "path"),
    [
        ("Trip / to: “Rome”?", "archive/chatgpt/2024/trip-to-rome.md"),
        ("CON", "archive/chatgpt/2024/con-note.md"),
        ("nul.txt", "archive/chatgpt/2024/nul-txt.md"),
        ("🎉 Party 🎉", "archive/chatgpt/2024/party.md"),
        ("日本語のタイトル", "archive/chatgpt/2024/日本語のタイトル.md"),
        ("../../etc/passwd", "archive/chatgpt/2024/etc-passwd.md"),
        ("index", "archive/chatgpt/2024/index-note.md"),
        ("a\u202eb\0c", "archive/chatgpt/2024/a-b-c.md"),
        (f"{'long ' * 100}end", f"archive/chatgpt/2024/{'long-' * 15}long.md"),
    ],
)
def test_a_title_becomes_a_name_that_every_system_takes(title: str, path: str) -> None:
    assert _places().place(_record(title)) == path


@pytest.mark.parametrize("title", ["", "🎉", "...", "/", "\ud800"])
def test_what_has_no_title_is_named_by_its_id(title: str) -> None:
    first, second = (_places().place(_record(title, number)) for number in (1, 2))
    assert first.startswith("archive/chatgpt/2024/untitled-")
    assert first != second
    assert _places().place(_record(title, 1)) == first


def test_equal_titles_and_case_twins_get_paths_of_their_own() -> None:
    places = _places("archive/chatgpt/2024/TRIP.md")
    found = [places.place(_record(title, n)) for n, title in enumerate(("Trip", "trip", "TRIP!"))]
    assert len({fold(path) for path in [*found, "archive/chatgpt/2024/TRIP.md"]}) == 4


@settings(max_examples=examples(60))
@given(st.lists(st.text(max_size=250), min_size=1, max_size=12))
def test_any_titles_get_one_stable_legal_path_each(titles: list[str]) -> None:
    def placed() -> list[str]:
        places = _places()
        return [places.place(_record(title, n)) for n, title in enumerate(titles)]

    found = placed()
    assert found == placed()
    assert len(set(map(fold, found))) == len(titles)
    for path in found:
        assert parse_memory_path(path) == path == unicodedata.normalize("NFC", path)
        assert is_archived(path)


def test_kinds_of_records_have_their_folders() -> None:
    places = _places()
    found = {kind: places.place(_record("A", 0, kind)) for kind in RecordClass}
    assert found == {
        RecordClass.NOTE: "notes/a.md",
        RecordClass.MEMORY: "profiles/a.md",
        RecordClass.INSTRUCTION: "profiles/a-2.md",
        RecordClass.PROJECT: "projects/a.md",
        RecordClass.DOCUMENT: "projects/a-2.md",
        RecordClass.TRANSCRIPT: "archive/chatgpt/2024/a.md",
        RecordClass.ATTACHMENT: "notes/a-2.md",
    }


def test_a_source_may_say_where_and_how_its_files_are_called() -> None:
    record = _record("T", 0, RecordClass.DOCUMENT, folder="projects/x", name="Plan: B?.md")
    assert _places().place(record) == "projects/x/Plan- B-.md"


def test_a_transcript_without_dates_is_undated() -> None:
    record = ImportedRecord(RecordClass.TRANSCRIPT, "1", "A")
    assert _places().place(record) == "archive/chatgpt/undated/a.md"


def test_a_slug_is_cut_between_words() -> None:
    assert slug_of("x" * 200) == "x" * 80
    assert slug_of(f"{'x' * 70} {'y' * 70}") == "x" * 70
