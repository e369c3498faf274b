"""A link becomes the text that it shows, and reads as before."""

import pytest

from pack.distribution.content.links import find_links
from pack.distribution.content.unlinking import edited, unlinked


def without_links(text):
    return edited(text, [edit for one in find_links(text) for edit in unlinked(text, one)])


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("a [b](c) d", "a b d"),
        ("[![b](c)](d)", "b"),
        ("x\n\n[r]: c 'title'\n\ny\n", "x\n\n\ny\n"),
        ("> [r]: c\n> x\n", "> \n> x\n"),
        ("- [# b](c)\n", "- \\# b\n"),
        ("a [# b](c)\n", "a # b\n"),
        ("x\n[===](c)\n", "x\n\\===\n"),
        ("[***](c)\n", "\\***\n"),
        ("[***b***](c)\n", "***b***\n"),
        ("[12) b](c)\n", "12\\) b\n"),
        ("[`a`](c)\n", "`a`\n"),
        ("[[a/b]] ![[c.png]] [[a|b]]", "b c.png b"),
    ],
)
def test_what_was_read_is_read_still(text, after):
    assert without_links(text) == after
