"""The spellings of a name that a memory holds."""

import pytest

from pack.search.query import parse_query
from pack.search.spellings import with_spellings


class Words:
    """A vocabulary; every term is in one passage."""

    def __init__(self, text):
        self.terms = text.split()

    def containing(self, part, limit):
        return [term for term in self.terms if part in term][:limit]

    def frequencies(self, terms):
        return {term: 1 for term in terms if term in self.terms}


def spellings(text, words):
    (clause,) = parse_query(text).clauses
    found = with_spellings(clause, Words(words))
    return {" ".join(way.terms) for way in found.alternatives if way.weight == 1.0}


@pytest.mark.parametrize(
    ("query", "words", "expected"),
    [
        ('"github actions"', "usegithubactions git hub actions", "git hub actions"),
        ("github_act*", "usegithubactions git hub actions", "git hub act"),
        ("GitHubActions", "github actions", "github actions"),
        ('"iphone 15"', "iphone15", "iphone15"),
        ("iphone15", "iphone 15", "iphone 15"),
        ('"oauth2 client"', "oauth2client o auth 2 client", "o auth 2 client"),
    ],
)
def test_a_spelling_that_the_memory_holds_is_looked_for(query, words, expected):
    assert expected in spellings(query, words)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ('"github actions"', "git hub actions"),  # no name holds it
        ('"github actions"', "githubactions git actions"),  # "hub" is no word
        ('"any one"', "anyone any one"),  # these words were typed apart
        ("github", "git hub usegithub"),  # a single word is a word
        ('"2023-05-08"', "20230508 202305"),
        ('"Größe der Datei"', "größederdatei"),
    ],
)
def test_nothing_else_is(query, words):
    (clause,) = parse_query(query).clauses
    assert with_spellings(clause, Words(words)) == clause


def test_a_name_of_many_parts_has_a_bounded_number_of_spellings():
    parts = ["abcdefgh"] * 8
    halves = {term for at in range(1, 8) for term in (parts[0][:at], parts[0][at:])}
    found = spellings("_".join(parts), " ".join([*halves, "".join(parts), parts[0]]))
    assert len(found) < 100
