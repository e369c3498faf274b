"""Which units are versions of each other."""

from pack.history.differences.pairs import UnitPair, pair_units
from pack.history.differences.units import split_units
from pack.merge.diff import find_hunks


def paired(old, new):
    a, b = split_units(old), split_units(new)
    hunks = find_hunks([unit.text for unit in a], [unit.text for unit in b])
    return pair_units(a, b, hunks)


def test_versions_in_one_place_keep_their_order():
    found = paired("- buy red apples\n- call old Tom\n", "- buy green apples\n- call young Tom\n")
    assert found.in_place == [[UnitPair(0, 1, 0, 1), UnitPair(1, 2, 1, 2)]]
    assert found.moved == {}


def test_what_changed_places_is_moved():
    found = paired(
        "- buy one kilo of apples\n- call Tom about the car\n- x\n",
        "- x\n- call Tom about a car\n- buy one kilo of apples\n",
    )
    assert found.moved
    assert all(len(pairs) <= 1 for pairs in found.in_place)


def test_a_table_row_does_not_become_a_sentence():
    found = paired("| buy | red | apples |\n", "Buy red apples.\n")
    assert found.in_place == [[]]


def test_where_nearly_everything_differs_nothing_is_paired():
    old = "".join(f"- item {number}\n" for number in range(6000))
    found = paired(old, old.replace("item", "thing"))
    assert found.in_place == [[]]
    assert found.moved == {}
