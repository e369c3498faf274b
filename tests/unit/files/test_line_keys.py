"""What makes a line the same line."""

import pytest

from pack.files.line_keys import line_key


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
