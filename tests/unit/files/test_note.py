"""A note says what its bytes say, however it was made, and works it out once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pack.errors import InvalidContent
from pack.files import frontmatter
from pack.files.note import Note, title_from_path
from pack.model import MemoryPath, blob_id

PATH = MemoryPath("context/a-b.md")
TEXTS = st.lists(
    st.sampled_from(["---\n", "topic: One\n", "tags: [a]\n", "mine: x\n", "# Title\n", "text\r\n"]),
    max_size=8,
).map("".join)


@given(TEXTS)
def test_a_planned_note_is_the_note_of_its_bytes(text):
    planned = Note.planned(PATH, text.encode(), frontmatter.read(text))
    read = Note(PATH, text.encode())
    assert planned == read
    assert (planned.sha, planned.text, planned.head) == (read.sha, read.text, read.head)
    assert planned.passages() == read.passages()
    assert planned.title() == read.title()


def test_what_was_worked_out_is_kept(monkeypatch):
    note = Note(PATH, b"---\ntopic: One\n---\nbody\n")
    head, text, sha = note.head, note.text, note.sha
    monkeypatch.setattr("pack.files.frontmatter.read", None)
    monkeypatch.setattr("pack.files.note.blob_id", None)
    assert note.head is head
    assert note.text is text
    assert note.sha is sha


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("---\ntopic: One\n---\n# Two\n", "One"),
        ("# Two\n", "Two"),
        ("text\n", "A b"),
        ("---\ntopic: [\n---\ntext\n", "A b"),
    ],
)
def test_what_a_note_is_called(text, title):
    assert Note(PATH, text.encode()).title() == title


@pytest.mark.parametrize(
    ("path", "title"),
    [("a/b-c_d.md", "B c d"), ("a/-.md", "-"), ("a/Éa.md", "Éa"), ("MEMORY.md", "MEMORY")],
)
def test_a_title_from_a_path(path, title):
    assert title_from_path(path) == title


def test_bytes_that_are_no_text_are_named_with_their_place():
    note = Note(PATH, b"ab\xff")
    assert note.text == "ab\ufffd"
    with pytest.raises(InvalidContent, match=r"context/a-b\.md is not valid UTF-8 \(byte 3\)"):
        note.exact_text()
    assert Note(PATH, "ab\ufffd".encode()).exact_text() == "ab\ufffd"


def test_the_id_is_that_of_the_bytes():
    assert Note(PATH, b"x").sha == blob_id(b"x")
