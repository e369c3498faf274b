from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pack.merge.lines import LineSpan, MergedLines, merge_lines

LINES = st.lists(st.sampled_from("abcdefg"), max_size=14)


# --- merge -----------------------------------------------------------------------------------


def merge(base: str, ours: str, theirs: str) -> tuple[str, bool]:
    """Merge lines of a character each; insertions at one place are kept, the smaller first."""

    def union(our_span: LineSpan, their_span: LineSpan) -> list[str]:
        return list("".join(sorted((ours[slice(*our_span)], theirs[slice(*their_span)]))))

    merged = merge_lines(base, ours, theirs, union=union)
    return "".join(merged.lines), merged.is_clean


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "result"),
    [
        ("abc", "aXc", "abc", "aXc"),  # one side changed
        ("abc", "aXc", "aXc", "aXc"),  # both the same
        ("abcde", "Xbcde", "abcdX", "XbcdX"),  # different places
        ("abc", "Xbc", "aYc", "XYc"),  # neighbouring lines
        ("abcd", "XYcd", "aYZd", "XYZd"),  # one line alike, the others by one side each
        ("ab", "aXb", "abY", "aXbY"),
        ("ab", "aXb", "Yb", "YXb"),  # an insertion behind a changed line
        ("ab", "aXb", "aY", "aXY"),  # an insertion before a changed line
        ("abc", "aXbc", "aXc", "aXc"),  # one side inserts what the other puts for a line
        ("abc", "abXc", "aXc", "aXc"),
        ("abcd", "abcXYd", "aXYd", "aXYd"),
        ("abc", "aXbXc", "aXc", "aXXc"),
        ("a", "aX", "aY", "aXY"),  # both at the end
        ("a", "aY", "aX", "aXY"),
        ("a", "Xa", "Ya", "XYa"),  # both at the beginning
        ("abcd", "ad", "abd", "ad"),  # both deleted, one of them more
        ("abcde", "acde"[0:1] + "de", "abe", "ae"),  # both deleted, overlapping
        ("abc", "ac", "abcX", "acX"),
        ("", "X", "Y", "XY"),
        ("abc", "", "abc", ""),
    ],
)
def test_merge(base: str, ours: str, theirs: str, result: str) -> None:
    assert merge(base, ours, theirs) == (result, True)
    assert merge(base, theirs, ours) == (result, True)


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "result"),
    [
        ("abc", "aXc", "aYc", "aXc"),  # the same line
        ("abc", "ac", "aYc", "ac"),  # deleted and changed
        ("abc", "aYc", "ac", "aYc"),
        ("abcd", "ad", "abXcd", "ad"),  # deleted, and something inserted between
        ("abcde", "aXcde", "aYcdZ", "aXcdZ"),  # the rest is merged all the same
    ],
)
def test_in_a_conflict_ours_stays(base: str, ours: str, theirs: str, result: str) -> None:
    assert merge(base, ours, theirs) == (result, False)


def test_without_a_union_two_insertions_are_a_conflict() -> None:
    assert merge_lines("a", "aX", "aY") == MergedLines(("a", "X"), is_clean=False)


def test_what_is_added_to_a_removed_section_has_lost_its_place() -> None:
    base, added = ["a", "## S", "s", "## T"], ["a", "## S", "s", "new", "## T"]
    removed = ["a", "## T"]
    assert merge_lines(base, removed, added).is_clean
    merged = merge_lines(base, removed, added, headings={1, 3})
    assert merged == MergedLines(("a", "## T"), is_clean=False)
    merged = merge_lines(base, added, removed, headings={1, 3})
    assert merged == MergedLines(tuple(added), is_clean=False)


@given(LINES, LINES, LINES)
def test_merging_is_fair(base: list[str], ours: list[str], theirs: list[str]) -> None:
    b, o, t = map("".join, (base, ours, theirs))
    assert merge(b, o, b) == merge(b, b, o) == merge(b, o, o) == (o, True)
    result, clean = merge(b, o, t)
    other, other_clean = merge(b, t, o)
    assert clean == other_clean
    if clean:
        assert result == other
        assert set(o + t) - set(b) <= set(result)
    assert set(result) <= set(o + t + b)
