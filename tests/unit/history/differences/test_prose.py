"""Prose compared: what is marked, and that no character is lost."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pack.history.differences.prose import SegmentOp, compare_prose, new_text, old_text
from tests.unit.history.differences.rewrites import REWRITES, after, before

SIGNS = {"=": "{}", "-": "[-{}-]", "+": "{{+{}+}}"}
LEADS = {SegmentOp.MOVED: "> ", SegmentOp.MOVED_AWAY: "< "}
PARTS = st.sampled_from(
    [
        *("The cat sleeps. ", "It purrs! ", "word ", "e.g. ", "\n", "\r\n", "\r", "\n\n"),
        *(
            "- item\n",
            "# Head\n",
            "```\n",
            "| a | b |\n",
            "    code\n",
            "> quote\n",
            "Title\n---\n",
        ),
        *("---\n", "tags: [a]\n", "updated: 2026-01-01\n", "\ufeff"),
        *("会議。", "火曜日", "👩‍👩‍👧", "👩", "\u200d", "e\u0301", "\u202eشمس", "🇩🇪", "🇫"),
    ]
)
TEXTS = st.lists(PARTS, max_size=25).map("".join)


def marked(old, new):
    segments = compare_prose(old, new)
    assert old_text(segments) == old
    assert new_text(segments) == new
    return "".join(
        LEADS.get(one.op, "") + "".join(SIGNS[piece.op].format(piece.text) for piece in one.pieces)
        for one in segments
    )


@pytest.mark.parametrize("name", REWRITES)
def test_a_rewrite_is_marked_where_it_was_changed(name):
    rewrite = REWRITES[name]
    assert before(rewrite) != after(rewrite)
    assert marked(before(rewrite), after(rewrite)) == rewrite


@given(TEXTS, TEXTS)
def test_the_pieces_put_together_are_both_texts(old, new):
    marked(old, new)


@given(TEXTS)
def test_the_same_text_has_no_marks(text):
    assert all(one.op is SegmentOp.SAME for one in compare_prose(text, text))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("a b c\n", "a b c\r\n"),
        ("a b c\n", "a b c"),
        (
            "The quick brown fox jumps over the lazy dog and then\nit runs away from it.\n",
            "The quick brown fox jumps over the lazy\ndog and then it runs away from it.\n",
        ),
    ],
)
def test_line_ends_and_wrapped_lines_show_nothing(old, new):
    marked(old, new)
    assert not any(one.is_visible for one in compare_prose(old, new))


def test_lines_are_those_of_the_files():
    old = "---\na: 1\n---\n\nOne. Two.\nThree is here.\n"
    new = "---\na: 1\n---\n\n\nOne. Two.\nThree was here.\n"
    (found,) = (one for one in compare_prose(old, new) if one.is_visible)
    assert (found.old_line, found.new_line) == (6, 7)


def test_a_section_that_was_moved_is_moved_with_its_heading():
    part = "## Garden\n\nThe roses need water every day.\n\n- spade\n\n"
    rest = "## House\n\nThe roof was repaired in spring.\n\n## Car\n\nThe car needs new tyres.\n\n"
    found = compare_prose(part + rest, rest + part)
    assert "".join(
        piece.text for one in found if one.op is SegmentOp.MOVED for piece in one.pieces
    ) in (part, rest)
    assert not any(one.op in (SegmentOp.NEW, SegmentOp.OLD) and one.is_visible for one in found)


def hostile_texts():
    pick = random.Random(1)
    words = [" ".join(pick.choices(["aa", "b", "c.", "D"], k=4000)) for _ in range(2)]
    yield "x\n" * 20_000, "y\n" * 20_000
    yield "word word. " * 8000, "word. word " * 8000
    yield "会議月曜日" * 8000, "会議火曜日" * 8000
    yield " " * 90_000, "x" + " " * 90_000 + "y"
    yield "." * 90_000, "!" * 90_000 + "."
    yield words[0], words[1]
    yield "a\n" * 60_000 + "b\n" + "c\n" * 9, "a\n" * 60_000 + "d\r\n" + "c\n" * 9
    yield "a\n" * 60_000, "a\n" * 60_001
    yield "\u0301" * 30_000, "e" + "\u0301" * 30_001


@pytest.mark.parametrize("number", range(9))
def test_hostile_texts_are_compared_as_well(number):
    old, new = list(hostile_texts())[number]
    marked(old, new)
