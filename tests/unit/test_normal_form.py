import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pack import normal_form
from pack.normal_form import MOST_MARKS, normalize

ACUTE, BELOW = "\u0301", "\u0316"


@given(st.sampled_from(["NFC", "NFKC", "NFKD"]), st.text())
def test_an_ordinary_text_gets_the_normal_form_of_unicode(form, text):
    assert normalize(form, text) == unicodedata.normalize(form, text)


def test_a_run_of_marks_is_cut_after_thirty_and_the_rest_of_the_text_stays():
    text = f"x{(ACUTE + BELOW) * 20}y{ACUTE * MOST_MARKS}\u5168\u6587"
    cut = f"x{(ACUTE + BELOW) * 15}y{ACUTE * MOST_MARKS}\u5168\u6587"
    assert normalize("NFC", text) == unicodedata.normalize("NFC", cut)


@pytest.mark.parametrize("mark", [ACUTE, "\u0344", "\u0f73", "\u3099", "\u0345", "\U0001d165"])
def test_every_kind_of_mark_is_cut(mark):
    alone = normalize("NFKD", "x" + mark * MOST_MARKS)
    assert normalize("NFKD", "x" + mark * 1000) == alone


def test_letters_beyond_ascii_are_no_marks():
    text = "\u5168" * 100 + "\u0915\u093f" * 100 + "\uac00" * 100
    assert normalize("NFC", text) == text


def test_no_mark_is_among_the_characters_that_are_not_looked_at():
    marks = [
        chr(code)
        for code in range(0x110000)
        if unicodedata.combining(unicodedata.normalize("NFKD", chr(code))[0])
    ]
    text = "".join(f"{mark * MOST_MARKS}{mark}\u5168" for mark in marks)
    cut = "".join(f"{mark * MOST_MARKS}\u5168" for mark in marks)
    assert normal_form._without_excess(text) == cut
