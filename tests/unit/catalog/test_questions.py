"""Questions to a catalog are values: which files they leave out, and in which order they come."""

import pytest

from pack.catalog.questions import EVERYTHING, Filter, Sort, sort_key
from pack.catalog.row import describe
from pack.files.note import Note
from pack.model import MemoryPath


def row(path, text):
    content = text.encode()
    found = describe(Note(MemoryPath(path), content))
    assert found is not None
    return found


def test_a_filter_that_names_nothing_leaves_nothing_out():
    assert EVERYTHING.is_empty
    assert Filter(folder="").is_empty
    assert not Filter(tag="a").is_empty
    assert not Filter(folder="context").is_empty


@pytest.mark.parametrize(
    ("sort", "value"), [(Sort.PATH, ""), (Sort.UPDATED, "2026-01-02"), (Sort.SIZE, 31)]
)
def test_rows_that_are_equal_are_told_apart_by_their_path(sort, value):
    text = "---\nupdated: 2026-01-02\n---\nab\n"
    assert sort_key(row("a/b.md", text), sort) == (value, "a/b.md")


def test_a_file_without_a_date_has_none_in_the_order():
    assert sort_key(row("a/b.md", "text\n"), Sort.UPDATED) == ("", "a/b.md")
