"""Sentences and lines."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pack.history.differences.units import UnitKind, split_units

NOTE = """---
topic: A
---
# Head

One. Two e.g. three? "Four." He said: J. S. Bach!
- item. With two sentences.
  continued here
| a | b |
> quote. More.

```
code. Not prose.

```
Title
=====
会議です。終わり。
    not code, after a line of text

    code
"""


def test_the_units_of_a_note():
    found = [(unit.kind.value, unit.text.rstrip(), unit.line) for unit in split_units(NOTE)]
    assert [one for one in found if one[0] != "blank"] == [
        ("frontmatter", "---", 1),
        ("frontmatter", "topic: A", 2),
        ("frontmatter", "---", 3),
        ("heading", "# Head", 4),
        ("text", "One.", 6),
        ("text", "Two e.g. three?", 6),
        ("text", '"Four."', 6),
        ("text", "He said: J. S. Bach!", 6),
        ("item", "- item. With two sentences.", 7),
        ("text", "  continued here", 8),
        ("row", "| a | b |", 9),
        ("item", "> quote. More.", 10),
        ("code", "```", 12),
        ("code", "code. Not prose.", 13),
        ("code", "", 14),
        ("code", "```", 15),
        ("heading", "Title", 16),
        ("heading", "=====", 17),
        ("text", "会議です。", 18),
        ("text", "終わり。", 18),
        ("text", "not code, after a line of text", 19),
        ("code", "    code", 21),
    ]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Likes tea\nLives in Bonn\nHas a cat", 3),
        ("A line that is as long as this paragraph is wide, so\nThat it had to be broken.", 1),
        ("It goes\non in lower case", 1),
        ("x " * 800 + "\n" + "y " * 800, 2),
    ],
)
def test_a_line_end_ends_a_sentence_unless_the_line_is_wrapped(text, count):
    assert len(split_units(text)) == count


@given(st.text(alphabet="aB.!? \n\r-#|>`=*\t。\ufeff"))
def test_the_units_joined_are_the_text(text):
    units = split_units(text)
    assert "".join(unit.text for unit in units) == text
    assert all(unit.text and unit.kind in UnitKind for unit in units)
