"""What a passage is worth by itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pack.search.points import rarity


@given(st.integers(0, 1000), st.integers(0, 1000))
def test_a_word_is_never_worth_less_than_nothing(frequency, passages):
    assert rarity(frequency, passages) >= 0


@pytest.mark.parametrize("passages", [10, 10_000])
def test_rare_words_are_worth_more(passages):
    worth = [rarity(frequency, passages) for frequency in (1, 2, 5, 10)]
    assert worth == sorted(worth, reverse=True)
    assert len(set(worth)) == 4
