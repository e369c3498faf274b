"""Where the clauses of a query stand in many texts at once."""

import pytest

from pack.search.matches import find_matches
from pack.search.query import Alternative, Clause, ClauseKind
from pack.search.words import searchable_texts


def found(texts, *alternatives):
    clause = Clause("", ClauseKind.WORD, alternatives)
    searched = searchable_texts(texts)
    joined = "\n".join(searched)
    return [
        [(joined[place:].split()[0], weight) for place, _, weight in matches]
        for matches in find_matches([clause], searched)
    ]


def test_each_text_has_its_own_matches():
    assert found(["red car", "blue", "car red"], Alternative(("red",))) == [
        [("red", 1.0)],
        [],
        [("red", 1.0)],
    ]


def test_a_part_of_a_word_is_met_by_a_beginning_only():
    assert found(["bored redder"], Alternative(("red",))) == [[]]
    assert found(["bored redder"], Alternative(("red",), prefix=True)) == [[("redder", 1.0)]]


@pytest.mark.parametrize("text", ["red car", "a red, car", "red\ncar"])
def test_terms_follow_each_other(text):
    assert found([text, "red old car"], Alternative(("red", "car"))) == [[("red", 1.0)], []]


def test_no_phrase_reaches_from_one_text_into_the_next():
    assert found(["old red", "car"], Alternative(("red", "car"))) == [[], []]


def test_of_two_ways_at_one_place_the_heavier_counts():
    light, heavy = Alternative(("red",), weight=0.5), Alternative(("red",))
    assert found(["red"], heavy, light) == found(["red"], light, heavy) == [[("red", 1.0)]]
