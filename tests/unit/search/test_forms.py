"""The forms of a query's words that a memory holds, and words derived from the same word."""

import pytest

from pack.search.forms import expand
from pack.search.query import Alternative, parse_query
from pack.search.stems import stem_key


class Words:
    """A vocabulary, most frequent first."""

    def __init__(self, *terms, **counts):
        self.counts = dict.fromkeys(terms, 1) | counts

    def with_stems(self, wanted, limit):
        found = [[term for term in self.counts if stem_key(term) in keys] for keys in wanted]
        return [{term: self.counts[term] for term in terms[:limit]} for terms in found]

    def containing(self, part, limit, at_end=False):
        return [t for t in self.counts if (t.endswith(part) if at_end else part in t)][:limit]

    def frequencies(self, terms):
        return {term: n for term, n in self.counts.items() if term in terms}


def alternatives(text, *terms, **counts):
    (clause,) = expand(parse_query(text), Words(*terms, **counts)).clauses
    return clause.alternatives


def forms(text, *terms):
    return [one.terms[0] for one in alternatives(text, *terms)]


def word(term, **weight):
    return Alternative((term,), **weight)


def test_the_typed_word_comes_first_and_only_forms_that_are_there_follow():
    assert forms("painted", "paint", "painting", "pain", "other") == [
        "painted",
        "paint",
        "painting",
    ]
    assert forms("painted") == ["painted"]


def test_a_word_has_a_bounded_number_of_forms(monkeypatch):
    many = [f"paint{number}" for number in range(500)]
    monkeypatch.setattr("pack.search.forms.stem_key", lambda term: "paint")
    words = Words(*many)
    words.with_stems = lambda wanted, limit: [dict.fromkeys(many[:limit], 1)]
    (clause,) = expand(parse_query("paint"), words).clauses
    assert len(clause.alternatives) < 100


def test_a_quotation_and_a_beginning_are_taken_as_they_are():
    assert forms('"painted"', "paint", "painting") == ["painted"]
    assert forms("painted*", "paint", "painting") == ["painted"]


@pytest.mark.parametrize(
    ("typed", "derived"),
    [
        ("paint", "painter"),
        ("painter", "paint"),
        ("photographer", "photography"),
        ("childhood", "children"),
        ("injured", "injury"),
    ],
)
def test_words_derived_from_the_same_one_are_found_for_less(typed, derived):
    assert alternatives(typed, typed, derived) == (word(typed), word(derived, weight=0.5))


@pytest.mark.parametrize("other", ["care", "car", "pain", "art"])
def test_nothing_is_derived_from_short_words(other):
    for typed in ("career", "paint", "artist"):
        assert alternatives(typed, typed, other) == (word(typed),)


def test_a_derived_word_that_is_far_more_common_is_left_out_unless_there_is_nothing_else():
    child = word("child", weight=0.5)
    assert alternatives("childhood", childhood=3, child=31) == (word("childhood"),)
    assert alternatives("childhood", childhood=3, child=30) == (word("childhood"), child)
    assert alternatives("childhood", child=500) == (word("childhood"), child)


def test_what_is_excluded_or_quoted_has_no_derived_words():
    query = expand(parse_query('-paint "paint"'), Words("paint", "painter"))
    assert query.excluded[0].alternatives == query.clauses[0].alternatives == (word("paint"),)
