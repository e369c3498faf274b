"""The whole memory as one text, and what a text that comes back adds to it."""

from collections import Counter
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pack.files.markdown import split_lines
from pack.v1.whole_memory import Addition, Base, additions, insert, join

pytestmark = pytest.mark.contract("C2")
DAY = date(2026, 3, 1)
LINES = st.lists(
    st.sampled_from(["a", "b", "c", "- x", "## h", "", " ", "---", "d\r"]), max_size=12
)
TEXTS = LINES.map("\n".join)


def lines(text):
    return Counter(line.strip() for line in split_lines(text) if line.strip())


def merge(current, sent, read=None, now=None):
    known = read if read is not None else current if now is None else now
    base = Base(known, was_read=read is not None)
    return insert(current, additions(sent, base), DAY, in_place=read is not None)


def test_files_are_joined_with_a_heading_and_a_path_each():
    files = [
        ("a/x.md", "Ex", "---\ntopic: Ex\n---\n\nbody\n\n"),
        ("b/y.md", "Why", "# Own title\n\ntext"),
        ("c/z.md", "Empty", ""),
        ("d/w.md", "A section", "---\ntopic: A section\n---\n## =====\n## A section\n\ntext"),
    ]
    assert join(files) == (
        "<!-- a/x.md -->\n# Ex\n\nbody\n\n---\n\n<!-- b/y.md -->\n# Own title\n\ntext\n"
        "\n---\n\n<!-- c/z.md -->\n# Empty\n\n\n"
        "\n---\n\n<!-- d/w.md -->\n## =====\n## A section\n\ntext\n"
    )
    assert join([]) == ""


def test_what_has_a_place_is_inserted_there():
    assert merge("one\nthree\n", "one\ntwo\nthree\n", "one\nthree\n") == "one\ntwo\nthree\n"
    assert merge("one\nthree", "one\nthree\nfour", "one\nthree") == "one\nthree\nfour\n"


def test_what_has_no_place_comes_under_a_heading_with_the_date():
    text = merge("one\n", "new\nold\n", "old\n")
    assert text == "one\n\n## 2026-03-01\n\nnew\n"
    assert merge(text, "more\n") == "one\n\n## 2026-03-01\n\nnew\nmore\n"
    assert merge("", "new") == "## 2026-03-01\n\nnew\n"


def test_an_anchor_that_is_there_twice_is_no_place():
    assert merge("x\ny\nx\n", "x\nnew\n", "x\n") == "x\ny\nx\n\n## 2026-03-01\n\nnew\n"


def test_several_additions_after_one_anchor_keep_their_order():
    added = [Addition("x", ["1\n"]), Addition("x", ["2"])]
    assert insert("x\ny\n", added, DAY, in_place=True) == "x\n1\n2\ny\n"


def test_one_more_of_a_line_is_new_where_it_is_known_what_was_read():
    assert merge("- x\n", "- x\n- x\n", "- x\n") == "- x\n- x\n"
    assert merge("- x\n", "- x\n- x\n") == "- x\n"


def test_what_somebody_removed_since_does_not_come_back_with_an_old_copy():
    assert merge("b\n", "a\nb\nnew\n", read="a\nb\n") == "b\nnew\n"


@given(TEXTS, TEXTS, st.none() | TEXTS, TEXTS)
def test_nothing_is_lost(current, sent, read, elsewhere):
    now = f"{current}\n{elsewhere}"
    result = merge(current, sent, read, now)
    assert not lines(current) - lines(result)
    known = lines(result) + lines(elsewhere) + lines(read or "")
    assert not lines(sent).keys() - known.keys()
    if read is not None:
        assert not (lines(sent) - lines(read)) - lines(result)


@given(TEXTS, TEXTS, st.booleans())
def test_a_text_that_is_sent_again_adds_nothing(current, sent, was_read):
    read = current if was_read else None
    once = merge(current, sent, read)
    known = f"{read}\n{sent}" if was_read else None
    assert merge(once, sent, known) == once


@given(TEXTS, TEXTS)
def test_the_lines_of_a_text_keep_their_order(current, sent):
    result = split_lines(insert(current, [Addition(None, split_lines(sent))], DAY, in_place=False))
    wanted = [line.strip() for line in split_lines(sent)]
    stripped = [line.strip() for line in result]
    assert stripped[len(stripped) - len(wanted) :] == wanted


def test_a_line_too_long_for_a_file_is_several_and_known_the_next_time():
    long = "x" * 600_000
    added = additions(f"{long}\n", Base("", was_read=False))
    assert "".join("".join(addition.lines) for addition in added) == f"{long}\n"
    assert max(len(line) for addition in added for line in addition.lines) == 250_000
    stored = insert("", added, DAY, in_place=False)
    assert additions(f"{long}\n", Base(stored, was_read=False)) == []
    assert additions(f"{long}\n", Base(stored, was_read=True)) == []


def test_many_additions_take_no_more_than_their_length():
    known = [f"known {number}" for number in range(40_000)]
    sent = "\n".join(f"{line}\nnew {line}" for line in known)
    text = merge("\n".join(known), sent, "\n".join(known))
    assert text.splitlines() == sent.splitlines()
