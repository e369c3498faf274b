"""Dates of notes that were taken over."""

from datetime import UTC, datetime

import pytest

from pack.catalog.imported import RECORD, dated, read_record, write_record
from pack.catalog.row import describe
from pack.files.note import Note
from pack.merge.file import merge_mapping_file
from pack.model import BlobId, MemoryPath, blob_id

OLD = datetime(2020, 9, 14, 8, tzinfo=UTC)
SCAFFOLD: dict[str, str] = {}


def listed(world):
    return {note.path: note.updated for note in world.memory.notes.list().files}


def test_a_record_can_be_read_again_and_merged():
    first = write_record({BlobId("a"): OLD}, {})
    assert read_record(first) == {"a": "2020-09-14T08:00:00Z"}
    second = write_record({BlobId("b"): OLD}, {})
    merged = merge_mapping_file(None, first, second)
    assert merged.kept is None
    assert read_record(merged.content).keys() == {"a", "b"}


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
    assert world.files().keys() >= {RECORD, *notes}
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
