"""Which words are forms of one word."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pack.search.stems import derived_keys, stem_key, stem_keys


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


@given(st.text("acdeghinorst", min_size=5, max_size=20))
def test_two_words_are_derived_from_each_other_or_not_at_all(key):
    keys = derived_keys(key)
    assert key not in keys
    assert len(keys) == len(set(keys)) < 200
    assert key + "hood" in keys
    assert key in derived_keys(key + "hood")


@pytest.mark.parametrize("key", ["", "cat", "検索検索検索", "x86x64", "a" * 41])
def test_nothing_is_derived_from_short_words_identifiers_and_other_scripts(key):
    assert derived_keys(key) == ()
