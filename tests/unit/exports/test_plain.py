"""JSON lines, and back."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pack.exports.plain import read_jsonl_line, write_jsonl
from pack.exports.values import ExportedNote
from pack.files.note import Note
from pack.model import MemoryPath
from tests.unit.exports.exported_notes import memories


@given(memories)
def test_each_line_gives_its_note_again(notes):
    lines = [piece.content.decode() for piece in write_jsonl(notes)]
    assert all(line.count("\n") == 1 for line in lines)
    read = [read_jsonl_line(line) for line in lines]
    assert [(one.path, one.content, one.updated) for one in read] == [
        (one.path, one.note.content, one.updated) for one in notes
    ]


@given(st.binary(max_size=20))
def test_bytes_that_are_no_text_come_back_too(content):
    one = ExportedNote(Note(MemoryPath("a/b.md"), content), "B")
    (piece,) = write_jsonl([one])
    assert read_jsonl_line(piece.content.decode()).content == content


@pytest.mark.parametrize(
    "line",
    [
        *("", "[]", "{", "{}", '{"path": 1}', '{"path": "a.md"}', "[" * 100_000),
        '{"path": "a.md", "content": 1}',
        '{"path": "a.md", "content": "\\ud800"}',
        '{"path": "a.md", "content_base64": "?"}',
    ],
)
def test_any_other_line_gives_none(line):
    assert read_jsonl_line(line) is None


def test_a_line_says_what_a_listing_does():
    note = Note(MemoryPath("a/b.md"), b"text\n")
    (piece,) = write_jsonl([ExportedNote(note, "B", ("x",), "2026-01-01", None)])
    assert json.loads(piece.content) == {
        "path": "a/b.md",
        "topic": "B",
        "tags": ["x"],
        "created": "2026-01-01",
        "updated": None,
        "sha": note.sha,
        "content": "text\n",
    }
