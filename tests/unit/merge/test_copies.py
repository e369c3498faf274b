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
    essence,
    find_conflict_copies,
    is_conflict_copy,
    mark_copy,
    original_path_of,
)
from pack.model import BlobId, MemoryPath, blob_id
from pack.paths import parse_path

ID = BlobId("0123456789" * 4)
COPY = ".conflict-1a2b3c4.md"


@pytest.mark.parametrize(
    ("path", "copy"),
    [
        ("context/a.md", "context/a.conflict-01234567.md"),
        ("a.b.md", "a.b.conflict-01234567.md"),
        ("x/a", "x/a.conflict-01234567"),
        ("x/a.conflict-0f.md", "x/a.conflict-01234567.md"),
        ("x/a.conflict-0f-2.md", "x/a.conflict-01234567.md"),
        (".hidden/.x.json", "hidden/x.conflict-01234567.json"),
        ("x/" + "é" * 126 + ".md", "x/" + "é" * 117 + ".conflict-01234567.md"),
    ],
)
def test_the_name_of_a_copy(path: str, copy: str) -> None:
    found = conflict_copy_path(MemoryPath(path), ID, set())
    assert found == copy == parse_path(copy)
    assert is_conflict_copy(found)
    assert conflict_copy_path(found, ID, set()) == found


def test_the_names_of_copies_differ() -> None:
    taken = {"x/a.conflict-01234567.md", "x/a.conflict-01234567-2.md"}
    assert conflict_copy_path(MemoryPath("X/A.md"), ID, taken) == "X/A.conflict-01234567-3.md"


@given(st.text(max_size=60))
def test_any_file_gives_a_copy_that_is_allowed(path: str) -> None:
    path = path.encode("utf-8", "replace").decode()
    copy = conflict_copy_path(MemoryPath(path), ID, set())
    assert parse_path(copy) == copy
    assert is_conflict_copy(copy)


def test_a_copy_says_what_it_is_a_copy_of() -> None:
    path = MemoryPath("a/x.md")
    marked = mark_copy(path, b"---\ntopic: X # mine\n---\nx\n")
    assert marked == b"---\ntopic: X # mine\nconflict_copy_of: a/x.md\n---\nx\n"
    assert mark_copy(MemoryPath("a/y.md"), marked) == marked
    assert mark_copy(MemoryPath("p.png"), b"x") == b"x"


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("x\n", "---\nconflict_copy_of: a/x.md\n---\nx\n", True),
        ("---\nupdated: 2026-01-01\n---\n\nx\n", "x\n", True),
        ("---\ntopic: X\nupdated: 1\n---\nx\n", "---\ntopic: X\ntruth_level: 5\n---\nx\n", True),
        ("---\ntopic: X\n---\nx\n", "---\ntopic: Y\n---\nx\n", False),
        ("---\na: [\n---\nx\n", "x\n", False),
        ("x\n", "x", False),
    ],
)
def test_what_a_version_says(one: str, other: str, is_same: bool) -> None:
    assert (essence(one.encode()) == essence(other.encode())) == is_same


@pytest.mark.parametrize(
    ("path", "content", "original"),
    [
        ("a/x.conflict-01234567.md", b"", "a/x.md"),
        ("a/x.conflict-01234567-2.md", b"\xff", "a/x.md"),
        ("b/y.conflict-01234567.md", b"---\nconflict_copy_of: a/x.md\n---\n", "a/x.md"),
        ("p.conflict-01234567", b"", "p"),
        ("a/x.md", b"", "a/x.md"),
    ],
)
def test_the_original_of_a_copy(path: str, content: bytes, original: str) -> None:
    assert original_path_of(path, content) == original


@pytest.mark.parametrize(
    "content", [b"---\na: [\n---\n", b"\xff", b"x" * MAX_FILE_BYTES, b"---\na: *b\n---\n"]
)
def test_what_cannot_be_marked_is_kept_as_it_is(content: bytes) -> None:
    assert mark_copy(MemoryPath("a/x.md"), content) == content


def test_copies_are_found_in_a_catalog() -> None:
    paths = ["a/x.md", f"a/x{COPY}", "a/conflict-1.md", "a/y.conflict-01234567-2.md"]
    rows = [describe(Note.stored(MemoryPath(path), blob_id(b""), b"")) for path in paths]
    found = find_conflict_copies(row for row in rows if row is not None)
    assert found == [f"a/x{COPY}", "a/y.conflict-01234567-2.md"]
