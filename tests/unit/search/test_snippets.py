"""The line of a passage that answers a query best, and a snippet of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pack.search import snippets
from pack.search.matches import TextMatches, find_matches
from pack.search.query import parse_query
from pack.search.snippets import SNIPPET_CHARACTERS, find_line, find_lines
from pack.search.words import searchable_texts

WORDS = st.sampled_from(["blue", "Blue", "car", "blueCar", "a", "é", "—", "検索", "-", ".", "#"])
LINES = st.lists(st.lists(WORDS, max_size=4).map(" ".join), max_size=5)
TEXTS = st.tuples(LINES, st.sampled_from(["\n", "\r\n"])).map(lambda one: one[1].join(one[0]))


def known_in(query, texts):
    """The matches in texts, as ranking finds them."""
    marked = searchable_texts(texts)
    found, start = [], 0
    for text, matches in zip(marked, find_matches(query.clauses, marked), strict=True):
        found.append(TextMatches(text, start, matches))
        start += len(text) + 1
    return found


@given(
    st.sampled_from(["blue", "blue car", '"blue car"', "blueCar", "blu*", "é blue", "検索"]),
    st.lists(TEXTS, min_size=1, max_size=4),
)
def test_what_ranking_has_found_makes_no_other_snippets(query, texts):
    parsed = parse_query(query)
    passages = [(text, 10) for text in texts]
    expected = find_lines(parsed, passages)
    assert find_lines(parsed, passages, known_in(parsed, texts)) == expected


def test_what_ranking_has_found_is_not_looked_for_again(monkeypatch):
    query, texts = parse_query("blue car"), ["one\na blue car\n", "two\nBlue!\n"]
    known = known_in(query, texts)
    monkeypatch.setattr(snippets, "searchable_lines", None)
    found = find_lines(query, [(text, 1) for text in texts], known)
    assert found == [(2, "a blue car"), (2, "Blue!")]


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
