"""What makes a line the same line."""

import pytest

from pack.files.line_keys import line_form, line_key


@pytest.mark.parametrize(
    ("line", "other"),
    [
        ("a b", "\ta  b \r\n"),
        ("- [ ] call Anna", "  - [x] call Anna"),
        ("- [ ]", "- [X]"),
        ("1. [x] done", "1. [ ] done"),
        ("# Head", "### Head"),
    ],
)
def test_form_makes_no_other_line(line, other):
    assert line_key(line) == line_key(other)


@pytest.mark.parametrize(
    ("line", "other"),
    [
        ("no where", "nowhere"),
        ("- [ ] a", "- a"),
        ("see [x] here", "see [ ] here"),
        ("- [x](target)", "- [ ](target)"),
        ("# Head", "Head"),
        ("#tag", "##tag"),
        ("1. a", "2. a"),
        ("a\u200bb", "ab"),
    ],
)
def test_words_do(line, other):
    assert line_key(line) != line_key(other)


def test_what_must_stay_of_a_line_is_all_but_its_box_and_blanks_at_its_end():
    assert line_form("- [x] do  \n") == line_form("- [ ] do\r\n") == "- [ ] do"
    for line, other in (("a", "  a"), ("a b", "a  b"), ("# a", "## a"), ("- [x](t)", "- [ ](t)")):
        assert line_form(line) != line_form(other)
