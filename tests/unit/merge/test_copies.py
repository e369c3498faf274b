"""Conflict copies: their names, and what they say about themselves."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pack.catalog.row import describe
from pack.files.note import Note
from pack.limits import MAX_FILE_BYTES
from pack.merge.copies import (
    conflict_copy_path,
    find_conflict_copies,
    is_conflict_copy,
    mark_copy,
)
from pack.model import MemoryPath, blob_id
from pack.paths import parse_path

NAME = "1a2b3c4"
COPY = f".conflict-{NAME}.md"


@pytest.mark.parametrize(
    ("path", "copy"),
    [
        ("context/a.md", "context/a.conflict-abc.md"),
        ("a.b.md", "a.b.conflict-abc.md"),
        ("x/a", "x/a.conflict-abc"),
        ("x/a.conflict-0f.md", "x/a.conflict-abc.md"),
        ("x/a.conflict-0f-2.md", "x/a.conflict-abc.md"),
        (".hidden/.x.json", "hidden/x.conflict-abc.json"),
        ("x/" + "é" * 126 + ".md", "x/" + "é" * 119 + ".conflict-abc.md"),
    ],
)
def test_the_name_of_a_copy(path: str, copy: str) -> None:
    found = conflict_copy_path(MemoryPath(path), "abc", set())
    assert found == copy == parse_path(copy)
    assert is_conflict_copy(found)
    assert conflict_copy_path(found, "abc", set()) == found


def test_the_names_of_copies_differ() -> None:
    taken = {"x/a.conflict-abc.md", "x/a.conflict-abc-2.md"}
    assert conflict_copy_path(MemoryPath("X/A.md"), "abc", taken) == "X/A.conflict-abc-3.md"


@given(st.text(max_size=60), st.text(max_size=10))
def test_any_file_and_name_give_a_copy_that_is_allowed(path: str, name: str) -> None:
    path = path.encode("utf-8", "replace").decode()
    copy = conflict_copy_path(MemoryPath(path), name, set())
    assert parse_path(copy) == copy
    assert is_conflict_copy(copy)


def test_a_copy_says_what_it_is_a_copy_of() -> None:
    path = MemoryPath("a/x.md")
    marked = mark_copy(path, b"---\ntopic: X # mine\n---\nx\n")
    assert marked == b"---\ntopic: X # mine\nconflict_copy_of: a/x.md\n---\nx\n"
    assert mark_copy(MemoryPath("a/y.md"), marked) == marked
    assert mark_copy(MemoryPath("p.png"), b"x") == b"x"


@pytest.mark.parametrize(
    "content", [b"---\na: [\n---\n", b"\xff", b"x" * MAX_FILE_BYTES, b"---\na: *b\n---\n"]
)
def test_what_cannot_be_marked_is_kept_as_it_is(content: bytes) -> None:
    assert mark_copy(MemoryPath("a/x.md"), content) == content


def test_copies_are_found_in_a_catalog() -> None:
    paths = ["a/x.md", f"a/x{COPY}", "a/conflict-1.md", "a/y.conflict-abc-2.md"]
    rows = [describe(Note.stored(MemoryPath(path), blob_id(b""), b"")) for path in paths]
    found = find_conflict_copies(row for row in rows if row is not None)
    assert found == [f"a/x{COPY}", "a/y.conflict-abc-2.md"]
