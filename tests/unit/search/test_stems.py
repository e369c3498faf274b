"""Which words are forms of one word."""

import pytest

from pack.search.stems import stem_key, stem_keys


@pytest.mark.parametrize(
    "forms",
    [
        "paint paints painted painting",
        "go goes went gone going",
        "child children",
        "buy buys bought buying",
        "query queries",
        "live lives lived living life",
        "index indices",
    ],
)
def test_the_forms_of_a_word_have_one_key(forms):
    assert len(set(stem_keys(forms.split()))) == 1


@pytest.mark.parametrize(("one", "other"), [("was", "wash"), ("検索", "検"), ("cafe", "care")])
def test_different_words_have_different_keys(one, other):
    assert stem_key(one) != stem_key(other)


def test_very_long_terms_and_other_scripts_are_their_own_key():
    for term in ("a" * 50 + "ing", "検索", "x" * 5000, "иод"):
        assert stem_key(term) == term
