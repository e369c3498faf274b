"""Lines that differ."""

from hypothesis import given
from hypothesis import strategies as st

from pack.history.differences.line_hunks import LineOp, git_lines, line_hunks

TEXTS = st.lists(st.sampled_from(["a\n", "b\n", "c\r\n", "\n", "d"]), max_size=30).map("".join)


@given(TEXTS, TEXTS)
def test_the_hunks_lead_from_one_text_to_the_other(old, new):
    a, b = git_lines(old), git_lines(new)
    found, done = [], 0
    for hunk in line_hunks(old, new):
        start = hunk.old_start - (hunk.count(LineOp.NEW) > 0)
        found += a[done:start]
        assert hunk.new_start - (hunk.count(LineOp.OLD) > 0) == len(found)
        found += [line.text for line in hunk.lines if line.op is not LineOp.OLD]
        done = start + hunk.count(LineOp.NEW)
        assert a[start:done] == [line.text for line in hunk.lines if line.op is not LineOp.NEW]
    assert found + a[done:] == b


def test_a_hidden_line_is_in_no_hunk_and_shifts_none():
    old = "---\nupdated: 1\n---\na\n"
    new = "---\nupdated: 2\n---\nb\n"
    (hunk,) = line_hunks(old, new, hidden=({1}, {1}))
    assert (hunk.old_start, hunk.new_start) == (3, 3)
    assert [line.text for line in hunk.lines] == ["---\n", "a\n", "b\n"]
    assert line_hunks(old, old.replace("1", "2"), hidden=({1}, {1})) == []


def test_far_changes_are_in_hunks_of_their_own():
    lines = [f"{number}\n" for number in range(30)]
    other = [*lines[:2], "x\n", *lines[3:25], "y\n", *lines[26:]]
    hunks = line_hunks("".join(lines), "".join(other))
    assert [(hunk.old_start, len(hunk.lines)) for hunk in hunks] == [(1, 7), (23, 8)]
