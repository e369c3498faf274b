"""Where the link labels of a text stand, and a text in which they have other names."""

import pytest

from pack.sync.label_spans import compared, label_targets, renamed


def test_labels_are_compared_without_case_and_white_space():
    assert compared(" A\n b ") == compared("a B") == compared("ẞ").replace("SS", "A B")


def test_a_label_leads_where_its_first_definition_says():
    text = "[A]: https://a.example 'T'\n[a]: https://other.example\n\n[^n]: a note\n"
    assert dict(label_targets(text)) == {"A": "https://a.example\nT", "^N": ""}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[a]: u\n", "[a-2]: u\n"),
        (
            "[x][a] and [a] and [a][]\n\n[a]: u\n",
            "[x][a-2] and [a][a-2] and [a][a-2]\n\n[a-2]: u\n",
        ),
        ("![x][a]\n\n[a]: u\n", "![x][a-2]\n\n[a-2]: u\n"),
        ("`[a]` \\[a] [a](v)\n\n[a]: u\n", "`[a]` \\[a] [a](v)\n\n[a-2]: u\n"),
        ("> see [a]\n>\n> [a]: u\n", "> see [a][a-2]\n>\n> [a-2]: u\n"),
        ("[b]\n\n[b]: u\n", "[b]\n\n[b]: u\n"),
        ("see[^a]\n\n[^a]: n\n", "see[^a]\n\n[^a]: n\n"),
    ],
)
def test_a_label_gets_another_name_and_shows_the_same_text(text, expected):
    assert renamed(text, frozenset(["A"]), "-2") == expected
