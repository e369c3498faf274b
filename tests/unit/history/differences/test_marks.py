"""Words marked inside a sentence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pack.history.differences.marks import PieceOp, mark_words
from pack.merge.diff import Budget


def text_of(pieces, without):
    return "".join(piece.text for piece in pieces if piece.op is not without)


@pytest.mark.parametrize(
    ("old", "new", "pieces"),
    [
        ("a b", "a b", [("=", "a b")]),
        ("a b\n", "a b", [("=", "a b"), ("-", "\n")]),
        ("", "a", [("+", "a")]),
        (
            "buy two red apples now",
            "buy six big apples now",
            [("=", "buy "), ("-", "two red"), ("+", "six big"), ("=", " apples now")],
        ),
        (
            "nothing here is the same",
            "quite another sentence the end",
            [("-", "nothing here is the same"), ("+", "quite another sentence the end")],
        ),
    ],
)
def test_marks(old, new, pieces):
    assert [tuple(piece) for piece in mark_words(old, new)] == pieces


@given(
    st.text(alphabet="ab .,é\u0301会\n"), st.text(alphabet="ab .,é\u0301会\n"), st.integers(0, 50)
)
def test_the_pieces_are_both_texts_however_little_may_be_compared(old, new, limit):
    pieces = mark_words(old, new, Budget(limit))
    assert text_of(pieces, PieceOp.NEW) == old
    assert text_of(pieces, PieceOp.OLD) == new


def test_what_is_no_sentence_is_replaced_whole():
    pieces = mark_words("a " * 30_000, "a " * 30_000 + "b")
    assert [piece.op for piece in pieces] == [PieceOp.OLD, PieceOp.NEW]
