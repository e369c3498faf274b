"""Dates of notes that were taken over."""

from datetime import UTC, datetime

import pytest

from pack.catalog import imported
from pack.catalog.imported import dated, dates_in, read_record, recorded
from pack.catalog.row import describe
from pack.files.note import Note
from pack.limits import MAX_FILE_BYTES
from pack.merge.file import merge_mapping_file
from pack.model import BlobId, MemoryPath, blob_id
from pack.paths import DATES, MORE_DATES
from tests.support import assert_true_index

OLD = datetime(2020, 9, 14, 8, tzinfo=UTC)
SCAFFOLD: dict[str, str] = {}


def listed(world):
    return {note.path: note.updated for note in world.memory.notes.list().files}


def only(blob, files=None):
    (put,) = recorded({BlobId(blob): OLD}, (files or {}).get)
    return put


def test_a_record_can_be_read_again_and_merged():
    assert recorded({}, {}.get) == []
    first, second = only("a").content, only("b").content
    assert read_record(first) == {"a": "2020-09-14T08:00:00Z"}
    merged = merge_mapping_file(None, first, second)
    assert merged.kept is None
    assert read_record(merged.content).keys() == {"a", "b"}


def test_what_is_known_stays_in_the_record():
    taken = Note(DATES, only("a").content)
    put = only("b", {DATES: taken})
    assert (put.path, put.expect) == (DATES, taken.sha)
    assert read_record(put.content).keys() == {"a", "b"}


def test_more_dates_than_a_file_may_hold_are_in_several(world):
    count = 40_000
    blobs = [blob_id(f"{number}".encode()) for number in range(count)]
    puts = recorded(dict.fromkeys(blobs, OLD), {}.get)
    assert [put.path for put in puts] == list(MORE_DATES.values())
    assert max(len(put.content) for put in puts) < MAX_FILE_BYTES
    world.memory.lifecycle.init(SCAFFOLD, {"a/x.md": b"old\n"}, dates={"a/x.md": OLD})
    world.commit({put.path: put.content for put in puts})
    found = dates_in(world.connector)
    assert found.keys() == {*blobs, blob_id(b"old\n")}
    more = recorded({blob_id(b"new"): OLD}, world.memory._session.core.reader.find)
    assert [put.path for put in more] == [DATES]
    assert_true_index(world)


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{", b"\xff", b'{"a": 1, "b": "soon"}', b"[" * 9999]
)
def test_a_damaged_record_says_nothing(content):
    assert read_record(content) == {}


def test_what_is_taken_over_keeps_its_date_until_it_changes(world):
    notes = {
        "a/old.md": b"old\n",
        "journals/2020_05_14.md": b"j\n",
        "a/made.md": b"---\ncreated: 1589450400000\n---\nx\n",
        "a/stated.md": b"---\nlastmod: 2019-01-01\n---\nx\n",
    }
    world.memory.lifecycle.init(SCAFFOLD, notes, dates=dict.fromkeys(notes, OLD))
    expected = {
        "a/made.md": "2020-05-14",
        "a/old.md": "2020-09-14",
        "a/stated.md": "2019-01-01",
        "journals/2020_05_14.md": "2020-05-14",
    }
    assert listed(world) == expected
    assert world.files().keys() >= {DATES, *notes}
    world.open()  # a new process, which knows nothing yet
    assert listed(world) == expected
    assert world.memory.notes.get("a/old.md").updated_at == "2020-09-14T08:00:00Z"
    sha = world.memory.notes.get("a/old.md").sha
    world.memory.notes.move("a/old.md", "b/old.md", sha)
    world.open()
    assert listed(world)["b/old.md"] == "2020-09-14"
    world.commit({"b/old.md": "new\n"})
    assert listed(world)["b/old.md"] != "2020-09-14"


def test_a_row_has_the_date_of_its_bytes_or_of_its_making():
    for path, text, changed in (
        ("a/x.md", b"x", "2020-09-14"),
        ("a/2019-01-02.md", b"y", "2019-01-02"),
        ("a/z.md", b"---\ncreated: 2018-01-02\n---\n", "2018-01-02"),
        ("a/w.md", b"---\nupdated: 2018-01-02\n---\n", None),
    ):
        row = describe(Note(MemoryPath(path), text))
        assert row is not None
        assert dated(row, {blob_id(b"x"): "2020-09-14T08:00:00Z"}).changed == changed


def test_what_is_taken_over_with_many_others_has_its_date(monkeypatch, world):
    monkeypatch.setattr(imported, "_MOST", 100)
    notes = {f"a/{number}.md": f"{number}\n".encode() for number in range(9)}
    world.memory.lifecycle.init(SCAFFOLD, notes, dates=dict.fromkeys(notes, OLD))
    assert listed(world) == dict.fromkeys(notes, "2020-09-14")
    world.open()  # a new process, which knows nothing yet
    assert listed(world) == dict.fromkeys(notes, "2020-09-14")
    assert len(world.files().keys() & set(MORE_DATES.values())) > 1
    assert DATES not in world.files()
