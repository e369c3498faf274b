"""Lines that were there before."""

from hypothesis import given
from hypothesis import strategies as st

from pack.history.differences.line_hunks import git_lines
from pack.history.differences.line_owners import NONE, LineKeys, hand_over

LINES = st.lists(st.sampled_from(["", "a", "b", "a long enough line", "another long line"]))


def handed(new, old):
    return hand_over(new, list(range(len(new))), old)


def test_lines_are_compared_by_their_words():
    keys = LineKeys()
    assert keys.of(b"  a  b\t\r\n\nc") == ["a b", "", "c"]
    assert keys.of(b"") == []
    assert keys.of(b"\n") == [""]


@given(st.text(alphabet="a \r\n"))
def test_a_version_has_as_many_keys_as_lines(text):
    assert len(LineKeys().of(text.encode())) == len(git_lines(text))


@given(LINES, LINES)
def test_each_line_is_handed_over_once_or_left(new, old):
    before, left = handed(new, old)
    places = [place for place in (*before, *left) if place != NONE]
    assert sorted(places) == list(range(len(new)))
    assert all(new[place] == old[at] for at, place in enumerate(before) if place != NONE)


@given(LINES)
def test_the_same_text_is_handed_over_whole(lines):
    assert handed(lines, lines) == (list(range(len(lines))), [NONE] * len(lines))


def test_a_long_line_is_recognised_elsewhere_and_a_short_one_is_not():
    old = ["first", "a line that is long", "x", "stays"]
    assert handed(["first", "stays", "x", "a line that is long"], old) == (
        [0, 3, NONE, 1],
        [NONE, NONE, 2, NONE],
    )
