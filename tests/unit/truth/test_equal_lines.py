"""Which of equal lines stay, where some of them go."""

from collections import deque

from pack.core.truths import LineState, LineTruth
from pack.merge.diff import Hunk
from pack.truth.equal_lines import (
    KeyedLines,
    in_question,
    last_are_weakest,
    strongest_stay,
    weaker_ones,
)

MINE, ITS = (LineTruth(level, "x", LineState.WRITTEN, None) for level in (1, 5))
LINE = "a line that is long enough"


def test_lines_that_came_went_or_changed_their_form_are_in_question():
    old = KeyedLines(["a", "b", "c", ""], [b"a", b"b", b"c", b""])
    new = KeyedLines(["a", "b", "d", ""], [b"a", b"  b", b"d", b" "])
    assert in_question(old, new, [Hunk(2, 3, 2, 3)]) == {"b", "c", "d"}
    assert in_question(old, old, []) == set()


def test_the_stronger_of_two_stays_and_is_not_gone():
    old, new = KeyedLines([LINE, LINE]), KeyedLines([LINE])
    found = [ITS]
    assert strongest_stay(old, [ITS, MINE], new, found, {LINE}) == {1}
    assert found == [MINE]
    assert strongest_stay(old, [ITS, MINE], new, found, {LINE}) == set()


def test_a_line_that_is_as_it_was_counts_for_more_than_one_with_blanks_at_its_end():
    old = KeyedLines([LINE], [LINE.encode()])
    new = KeyedLines([LINE, LINE], [f"{LINE} ".encode(), LINE.encode()])
    found = [MINE, None]
    strongest_stay(old, [MINE], new, found, {LINE})
    assert found == [None, MINE]


def test_what_goes_while_others_stay_is_what_is_trusted_least():
    assert weaker_ones(["a", "a", "b"], [ITS, MINE, ITS], {"a": 1}) == {"a": deque([ITS])}
    assert last_are_weakest(["a", "b", "a"], [ITS, MINE, MINE]) == (MINE, MINE, ITS)
