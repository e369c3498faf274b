"""The words of a text, in every script."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pack.history.differences.tokens import is_word, split_words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("It's 9:30, on 2026-01-31.", "It's| |9:30|,| |on| |2026-01-31|."),
        ("会議は9時。", "会|議|は|9|時|。"),
        ("e\u0301te\u0301 x", "e\u0301te\u0301| |x"),
        ("कि ताब", "कि| |ताब"),
        ("ที่นี่", "ที่|นี่"),
        ("👩‍👩‍👧👍🏽!", "👩‍👩‍👧|👍🏽|!"),
        ("🇩🇪🇫🇷", "🇩🇪|🇫🇷"),
        ("می‌خواهم", "می‌خواهم"),
        ("a\r\nb\tc", "a|\r\n|b|\t|c"),
    ],
)
def test_words(text, words):
    assert split_words(text) == words.split("|")


@given(st.text())
def test_the_words_joined_are_the_text(text):
    assert "".join(split_words(text)) == text


def test_what_is_a_word():
    assert all(map(is_word, ("a", "7", "会", "👍", "9:30")))
    assert not any(map(is_word, (" ", ".", "—", "\n", "。")))
