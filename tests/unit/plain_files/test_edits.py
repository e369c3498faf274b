"""Edits of a plain text: only line feeds end lines, and nothing else is touched."""

import pytest

from pack.plain_files.edits import insert_after, replace_once
from pack.plain_files.refusals import NoSuchLine, TextNotFound, TextNotUnique


def test_a_quotation_that_occurs_once_is_replaced_and_its_line_is_known():
    assert replace_once("a\nb\nc\n", "b", "x\ny") == ("a\nx\ny\nc\n", 1)
    assert replace_once("", "", "new") == ("new", 0)
    assert replace_once("a\r\nb\r", "\r\n", "\n") == ("a\nb\r", 0)


def test_what_occurs_twice_is_refused_with_the_lines_overlapping_ones_too():
    with pytest.raises(TextNotUnique) as caught:
        replace_once("aaa\nb\naa\naa", "aa", "x")
    assert caught.value.lines == (1, 1, 3, 4)
    with pytest.raises(TextNotUnique) as caught:
        replace_once("a\nb", "", "x")
    assert caught.value.lines == (1, 1, 2, 2)


def test_a_long_list_of_lines_ends():
    with pytest.raises(TextNotUnique) as caught:
        replace_once("x\n" * 50_000, "x", "y")
    assert caught.value.lines == tuple(range(1, 10_001))


def test_what_does_not_occur_verbatim_is_refused():
    with pytest.raises(TextNotFound):
        replace_once("a\r\nb", "a\nb", "x")


@pytest.mark.parametrize(
    ("text", "line", "more", "after"),
    [
        ("", 0, "a", "a\n"),
        ("one\ntwo\n", 0, "zero", "zero\none\ntwo\n"),
        ("one\ntwo\n", 2, "three\n\n", "one\ntwo\nthree\n"),
        ("one\r\ntwo", 1, "x\r", "one\r\nx\r\ntwo\n"),
        ("one", 1, "", "one\n"),
        ("\n", 1, "a", "\na\n"),
    ],
)
def test_lines_are_inserted_after_a_line(text: str, line: int, more: str, after: str):
    assert insert_after(text, line, more) == after


@pytest.mark.parametrize("line", [-1, 3])
def test_a_final_line_feed_makes_no_line_to_insert_after(line: int):
    with pytest.raises(NoSuchLine) as caught:
        insert_after("one\ntwo\n", line, "x")
    assert (caught.value.line, caught.value.last) == (line, 2)
