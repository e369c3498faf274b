"""Questions that ask for a place, and texts that name one."""

import pytest

from pack.search.place_names import asks_for_place, places_named
from pack.search.query import parse_query


@pytest.mark.parametrize(
    "text",
    [
        "Where does Anna live?",
        "where is it",
        "In which city is the office?",
        "what European countries was she in",
    ],
)
def test_a_question_for_a_place_is_recognised(text):
    assert asks_for_place(text)
    assert parse_query(text).asks_for_place


@pytest.mark.parametrize(
    "text", ["where", "where clause", "SELECT WHERE id", "city", "Who was there?", "which one"]
)
def test_other_queries_ask_for_no_place(text):
    assert not asks_for_place(text)
    assert not parse_query(text).asks_for_place


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("we moved to Lisbon", ["lisbon"]),
        ("a walk in the Alps, at Éze", ["alps", "éze"]),
        ("im Winter in Österreich", ["österreich"]),
        ("in May, and to bed", []),
        ("To Lisbon", []),
        ("Lisbon", []),
        ("in ", []),
    ],
)
def test_a_place_is_a_name_after_a_word_of_place(text, places):
    assert list(places_named(text)) == places
