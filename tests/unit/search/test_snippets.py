"""The line of a passage that answers a query best, and a snippet of it."""

import pytest

from pack.search.query import parse_query
from pack.search.snippets import SNIPPET_CHARACTERS, find_line


@pytest.mark.parametrize(
    ("query", "text", "line", "snippet"),
    [
        ("blue car", "one\ncar\nblue  car\n", 12, "blue car"),
        ("blue car", "car\ncar\n", 10, "car"),
        ("red", "nothing\n", 10, "nothing"),
        ("red", "", 10, ""),
    ],
)
def test_the_line_with_most_of_the_query_is_shown(query, text, line, snippet):
    assert find_line(parse_query(query), text, 10) == (line, snippet)


def test_the_phrase_counts_more_than_its_words_apart():
    text = "car of a blue colour, the car is blue\nblue car\n"
    assert find_line(parse_query("blue car"), text)[0] == 2


@pytest.mark.parametrize("before", [0, 100, 1000])
def test_a_long_line_is_cut_around_what_was_found(before):
    text = "x " * before + "needle" + " y" * 500
    _, snippet = find_line(parse_query("needle"), text)
    assert "needle" in snippet
    assert len(snippet) <= SNIPPET_CHARACTERS + 2
    assert snippet.startswith("…") == (before > 0)
    assert snippet.endswith("…")
