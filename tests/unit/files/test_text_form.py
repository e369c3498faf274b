"""What a text is besides its lines is put aside and put back byte for byte."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pack.files.text_form import TextForm, form_of, formed, merge_forms, unformed

TEXTS = st.lists(st.sampled_from(["\ufeff", "a", "b\n", "\r\n", "\r", "\n", " "])).map("".join)
PLAIN = form_of("a\n")


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("", TextForm(False, None, False, None)),
        ("a", TextForm(False, None, False, False)),
        ("a\r\nb\r\n", TextForm(False, "\r\n", False, True)),
        ("\ufeffa\nb\nc\r\nd", TextForm(True, "\n", True, False)),
    ],
)
def test_the_form_of_a_text(text, form):
    assert form_of(text) == form


@given(TEXTS)
def test_a_text_is_its_lines_in_its_form(text):
    form = form_of(text)
    assert formed(unformed(text, keep_line_ends=True), form, keep_line_ends=True) == text
    if not form.is_mixed:
        assert formed(unformed(text, keep_line_ends=False), form, keep_line_ends=False) == text


@given(TEXTS, TEXTS, TEXTS)
def test_it_does_not_matter_which_side_is_ours(base, ours, theirs):
    forms = [form_of(text) for text in (base, ours, theirs)]
    assert merge_forms(*forms) == merge_forms(forms[0], forms[2], forms[1])


def test_what_one_side_changed_counts():
    other = form_of("\ufeffa\r\n")
    assert merge_forms(PLAIN, PLAIN, other) == other
    assert merge_forms(None, PLAIN, PLAIN) == PLAIN
