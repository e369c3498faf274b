"""What a passage gets from the others of its file."""

import pytest

from pack.search.context import from_file


def test_a_file_of_one_passage_gets_nothing():
    assert from_file([3.0], [{0: 3.0}], 1.0) == 0.0


def test_what_only_another_passage_holds_counts_more():
    apart = from_file([3.0, 2.0], [{0: 3.0}, {1: 2.0}], 1.0)
    together = from_file([3.0, 2.0], [{0: 3.0}, {0: 2.0}], 1.0)
    assert apart - together == pytest.approx(2.0)
    assert 0 < together < 2.0


def test_the_share_of_other_passages_is_bounded():
    assert from_file([3.0] * 1000, [{0: 3.0}] * 1000, 1.0) == pytest.approx(3.0)


def test_a_file_that_is_long_for_its_memory_gets_less_but_never_nothing():
    gains = [from_file([3.0, 2.0], [{0: 3.0}, {1: 2.0}], length) for length in (0.1, 2, 4, 40, 400)]
    assert gains[0] == gains[1]
    assert sorted(set(gains), reverse=True) == gains[1:]
    assert gains[-1] > 0
