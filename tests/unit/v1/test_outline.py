"""Where a reader would cut a text."""

import pytest

from pack.files.markdown import headings, split_lines
from pack.v1.outline import find_sections, is_generic, is_ruler


def sections(text):
    title, found = find_sections(headings(text), split_lines(text))
    return title and title.title, [(one.start, one.name) for one in found]


@pytest.mark.parametrize(
    ("text", "title", "found"),
    [
        ("# T\n\n## A\n## B\n", "T", [(3, "A"), (4, "B")]),
        ("# A\nx\n# B\ny\n", None, [(1, "A"), (3, "B")]),
        ("# T\n## A\n# P\n\n## B\n# Q\nx\n## C\n", "T", [(2, "A"), (3, "B"), (6, "Q"), (8, "C")]),
        ("# T\n## ===\n## A\n## ===\n", "T", [(2, "A")]),
        ("# T\n## ---\n\n## A\n", "T", [(4, "A")]),
        ("# Atlas\n## Results\n## Work\n", "Atlas", [(2, "Atlas: Results"), (3, "Work")]),
        ("# My memory\n## Results\n", "My memory", [(2, "Results")]),
        ("# T\n## A\n# V\nx\n## 2. Next steps:\n", "T",
         [(2, "A"), (3, "V"), (5, "V: 2. Next steps:")]),
        ("## A\n### Deep\n", None, [(1, "A")]),
        ("", None, []),
    ],
)  # fmt: skip
def test_sections(text, title, found):
    assert sections(text) == (title, found)


def test_rulers_and_generic_headings():
    assert all(map(is_ruler, ["====", "- - -", "───", "*** ***"]))
    assert not any(map(is_ruler, ["", "=", "##", "🔑", "a ===", "v1.2"]))
    assert all(map(is_generic, ["Results", "3. Next Steps", "TODO:", "Nächste Schritte"]))
    assert not any(map(is_generic, ["", "Results of May", "Atlas"]))
