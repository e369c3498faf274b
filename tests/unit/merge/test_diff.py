"""What differs between two sequences of lines, at a bounded cost."""

from __future__ import annotations

import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pack.merge.diff import Budget, Hunk, budget_for, find_hunks, find_shortest
from tests.support import is_soak

LINES = st.lists(st.sampled_from("abcdefg"), max_size=14)


def _applied(old: list[str], new: list[str], hunks: list[Hunk]) -> list[str]:
    """What comes of a text by its hunks; fails where a hunk leaves out what differs."""
    result, done = [], 0
    for hunk in hunks:
        assert hunk.old_end > hunk.old_start or hunk.end > hunk.start
        result += old[done : hunk.old_start]
        assert len(result) == hunk.start
        result += new[hunk.start : hunk.end]
        done = hunk.old_end
    return result + old[done:]


def _longest_common(a: list[str], b: list[str]) -> int:
    row = [0] * (len(b) + 1)
    for line in a:
        before = row
        row = [0]
        for place, other in enumerate(b):
            row.append(before[place] + 1 if line == other else max(row[-1], before[place + 1]))
    return row[-1]


@given(LINES, LINES)
def test_the_hunks_make_the_new_text_of_the_old_one(old: list[str], new: list[str]) -> None:
    hunks = find_hunks(old, new)
    assert _applied(old, new, hunks) == new
    assert all(a.old_end < b.old_start for a, b in itertools.pairwise(hunks))


@given(LINES, LINES)
def test_without_unique_lines_the_edit_is_the_shortest(old: list[str], new: list[str]) -> None:
    old, new = [*old, *old], [*new, *new]  # no line is unique, so nothing is anchored
    hunks = find_hunks(old, new)
    changed = sum(h.old_end - h.old_start + h.end - h.start for h in hunks)
    assert changed == len(old) + len(new) - 2 * _longest_common(old, new)


@given(LINES, LINES)
def test_the_shortest_edit_is_the_shortest_whatever_is_unique(
    old: list[str], new: list[str]
) -> None:
    hunks = find_shortest(old, new)
    assert _applied(old, new, hunks) == new
    kept = len(old) - sum(hunk.old_end - hunk.old_start for hunk in hunks)
    assert kept == _longest_common(old, new)


def test_an_insertion_stands_in_the_last_place_it_can() -> None:
    old = ["## A", "a", "", "## C", "c"]
    new = ["## A", "a", "", "## B", "b", "", "## C", "c"]
    assert find_hunks(old, new) == [Hunk(3, 3, 3, 6)]


def _hostile() -> dict[str, tuple[list[str], list[str]]]:
    count = 50_000 if is_soak() else 12_500
    chance = random.Random(1)
    numbers = list(map(str, range(count)))
    return {
        "two lines at random": (chance.choices("ab", k=count), chance.choices("ab", k=count)),
        "all in another order": (numbers, chance.sample(numbers, count)),
        "the other way round": (numbers, numbers[::-1]),
        "every line twice, some gone": (
            sorted(numbers + numbers),
            [line for place, line in enumerate(sorted(numbers + numbers)) if place % 7],
        ),
        "nothing but blank lines alike": (
            [line for number in numbers for line in (number, "")],
            [line for number in numbers for line in (f"{number}!", "")],
        ),
    }


HOSTILE = _hostile()


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_texts_cost_a_fixed_number_of_comparisons_a_line(case: str) -> None:
    old, new = HOSTILE[case]
    budget = budget_for(old, new)
    hunks = find_hunks(old, new, budget)
    assert _applied(old, new, hunks) == new
    assert budget.spent <= 20_000 + 12 * (len(old) + len(new))


def test_what_cannot_be_paid_for_is_paired_by_occurrence() -> None:
    old, new = list("xaxbxcx"), list("xdxexfx")
    budget = Budget(0)
    hunks = find_hunks(old, new, budget)
    assert [old[h.old_start : h.old_end] for h in hunks] == [["a"], ["b"], ["c"]]
    assert budget.spent == 0
