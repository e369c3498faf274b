"""What a passage gets from the others of its file."""

import pytest

from pack.search.context import from_file


def test_a_file_of_one_passage_gets_nothing():
    assert from_file([3.0], [{0: 3.0}]) == 0.0


def test_what_only_another_passage_holds_counts_more():
    apart = from_file([3.0, 2.0], [{0: 3.0}, {1: 2.0}])
    together = from_file([3.0, 2.0], [{0: 3.0}, {0: 2.0}])
    assert apart - together == pytest.approx(0.35 * 2.0)
    assert 0 < together < 2.0


def test_the_share_of_other_passages_is_bounded():
    assert from_file([3.0] * 1000, [{0: 3.0}] * 1000) == pytest.approx(3.0)
