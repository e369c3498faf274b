import pytest

from pack.imports.placing import ImportPlaces
from pack.imports.records import ImportedPart, ImportedRecord, ImportKind, RecordClass
from pack.imports.secrecy import is_title_secret, shown, untitled, without_secret_title

TOKEN = "ghp_" + "FAKEfake0123456789FAKEfake0123456789"  # made up


def _record(title: str, text: str, **more) -> ImportedRecord:
    parts = [ImportedPart(text)] if text else []
    return ImportedRecord(RecordClass.MEMORY, "id", title, parts, **more)


def _place(record: ImportedRecord) -> str:
    return ImportPlaces(ImportKind.MEM0, [], at_root=False).place(record)


@pytest.mark.parametrize(
    ("title", "text"),
    [
        (f"My token is {TOKEN}", f"My token is {TOKEN}.\n"),
        ("My token is ghp_FAKE…", f"My token is {TOKEN}\n"),
        ("password: FAKE-hunter2Secret99", ""),
    ],
)
def test_a_title_with_a_secret_names_nothing(title: str, text: str) -> None:
    record = _record(title, text)
    assert is_title_secret(record)
    assert _place(record) == f"profiles/{untitled('id')}.md"
    assert without_secret_title(record).title == ("" if text else title)


def test_names_and_folders_of_files_are_names_too() -> None:
    given = {"folder": f"notes/{TOKEN}/b", "name": f"key {TOKEN}.md", "verbatim": b"x\n"}
    path = _place(_record("", "", **given))
    assert TOKEN not in path
    assert path == f"notes/{untitled(TOKEN)}/b/{untitled(f'key {TOKEN}')}.md"


@pytest.mark.parametrize(("title", "text"), [("Tea", "Tea is good.\n"), ("", "x\n"), ("Tea", "")])
def test_other_titles_stay(title: str, text: str) -> None:
    record = _record(title, text)
    assert not is_title_secret(record)
    assert without_secret_title(record) == record


def test_what_is_shown_holds_no_secret() -> None:
    assert shown("notes/a.md") == "notes/a.md"
    assert TOKEN not in shown(f"notes/{TOKEN}.md")
