"""The forms of a query's words that a memory holds."""

from pack.search.forms import expand
from pack.search.query import parse_query
from pack.search.stems import stem_key


class Words:
    """A vocabulary, most frequent first."""

    def __init__(self, *terms):
        self.terms = terms

    def with_stems(self, keys, limit):
        return dict.fromkeys([term for term in self.terms if stem_key(term) in keys][:limit], 1)

    def containing(self, part, limit):
        return [term for term in self.terms if part in term][:limit]

    def ending(self, part, limit):
        return [term for term in self.terms if term.endswith(part)][:limit]


def forms(text, *terms):
    (clause,) = expand(parse_query(text), Words(*terms)).clauses
    return [one.terms[0] for one in clause.alternatives]


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
    words.with_stems = lambda keys, limit: dict.fromkeys(many[:limit], 1)
    (clause,) = expand(parse_query("paint"), words).clauses
    assert len(clause.alternatives) < 100


def test_a_quotation_and_a_beginning_are_taken_as_they_are():
    assert forms('"painted"', "paint", "painting") == ["painted"]
    assert forms("painted*", "paint", "painting") == ["painted"]
