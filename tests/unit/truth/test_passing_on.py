"""What keeps its truth, and what is new text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pack.core.truths import LineState, LineTruth
from pack.files.line_keys import line_key
from pack.model import CommitId
from pack.truth.passing_on import Version, bring_back, merged, pass_on, stronger

HERE = CommitId("f" * 40)
MINE = LineTruth(1, "user:cli", LineState.WRITTEN, CommitId("1" * 40))
ITS = LineTruth(5, "ai-cloud:x", LineState.WRITTEN, CommitId("5" * 40))
LOCAL = LineTruth(3, "ai-local:y", LineState.WRITTEN, CommitId("3" * 40))
RULE, LONG = "Never deploy on a Friday.", "A sentence of the person that is long enough."


def keys(text):
    return [line_key(line) for line in text.split("\n")]


def version(*lines):
    """A version, given each line with its truth."""
    return Version([line_key(line) for line, _ in lines], [truth for _, truth in lines])


def passed(text, *parents):
    return pass_on(keys(text), parents, HERE).truths


@pytest.mark.parametrize(
    "text",
    [
        f"new\n{RULE}\n{LONG}",
        f"{LONG}\n{RULE}",
        f"    {RULE}\n\t{LONG}",
        f"{RULE}\n\n{LONG}",
    ],
)
def test_the_persons_lines_stay_the_persons(text):
    found = passed(text, version((RULE, MINE), (LONG, MINE)))
    assert [
        one for line, one in zip(keys(text), found, strict=True) if line in keys(RULE + "\n" + LONG)
    ] == [MINE] * 2


@pytest.mark.parametrize(
    "line",
    [
        "Never deploy on aFriday.",
        "Never deploy on a Friday",
        "Never deploy on a Friday. Or do.",
        "deploy on a Friday.",
        "Never deploy on a Fri\u200bday.",
        "Never de ploy on a Friday.",
    ],
)
def test_other_words_are_new_text(line):
    assert passed(line, version((RULE, MINE))) == [None]


def test_a_copy_is_new_text_and_the_original_is_not():
    found = passed(f"{RULE}\nnew\n{RULE}", version((RULE, MINE)))
    assert sorted(found, key=bool) == [None, None, MINE]


def test_a_short_line_elsewhere_is_new_text():
    old = version(("Ask first?", MINE), ("yes", MINE), ("Delete all?", MINE), ("no", MINE))
    assert passed("Ask first?\nno\nDelete all?\nyes", old)[3] is None


def test_breaking_lines_elsewhere_changes_nothing():
    old = version(
        ("Never deploy on", MINE), ("a Friday.", MINE), ("", ITS), ("by a machine, all", ITS)
    )
    assert passed("Never\ndeploy on a\nFriday.\n\nby a machine, all", old) == [MINE] * 3 + [ITS] * 2
    assert passed("Never deploy on a Friday.", old) == [MINE]


def test_words_left_out_while_breaking_lines_make_new_text():
    old = version(("Never deploy on", MINE), ("a Friday.", MINE))
    assert passed("deploy on a\nFriday.", old) == [None, None]


def test_a_line_joined_from_several_writers_is_nobodys():
    found = passed(
        "Never deploy on a Friday.", version(("Never deploy on", MINE), ("a Friday.", ITS))
    )
    (one,) = found
    assert (one.level, one.state, one.commit) == (1, LineState.UNATTRIBUTED, HERE)


def test_of_two_sides_the_stronger_counts():
    assert passed(RULE, version((RULE, ITS)), version((RULE, MINE))) == [MINE]
    assert stronger(MINE, ITS) == stronger(ITS, MINE) == stronger(None, MINE) == MINE


def test_a_line_that_a_merge_made_is_as_weak_as_both_sides_or_nobodys():
    ours, theirs = version((RULE, ITS)), version(("Never deploy.", ITS))
    text = keys("Never deploy on Friday.")
    found = pass_on(text, [ours, theirs], HERE)
    assert found.truths == [None]
    assert merged(0, [ours, theirs], found.hunks, HERE) == ITS
    theirs = version(("Never deploy.", MINE))
    found = pass_on(text, [ours, theirs], HERE)
    assert merged(0, [ours, theirs], found.hunks, HERE).state is LineState.UNATTRIBUTED
    assert merged(0, [version(), version()], [[], []], HERE) is None


def test_what_comes_back_is_what_it_was():
    found = [None, ITS]
    bring_back(keys(f"yes\n{RULE}"), version(("yes", MINE), (RULE, MINE)), found)
    assert found == [MINE, ITS]


def test_what_was_not_taken_away_does_not_come_back():
    former = version(("yes", MINE), (RULE, MINE))
    for after, back in (((RULE,), [MINE]), (("yes",), [MINE]), (("yes", RULE), [])):
        found = [None, None, None]
        bring_back(keys(f"yes\n{RULE}\nyes"), former, found, keys("\n".join(after)))
        assert [one for one in found if one] == back


LINES = st.lists(
    st.sampled_from(["", "a", "long enough a", "long enough b", "b c", "c"]), max_size=8
)


@given(LINES, LINES, st.lists(st.sampled_from([MINE, ITS, LOCAL]), min_size=8, max_size=8))
def test_nobody_gains_a_line(new, old, truths):
    """Of each text, there are no more lines of a level than before, unless breaks have moved."""
    parent = Version(old, truths[: len(old)])
    found = pass_on(new, [parent], HERE).truths
    for text in {*new} & {*old}:
        before = sum(one == MINE for key, one in zip(*parent, strict=True) if key == text)
        after = sum(one == MINE for key, one in zip(new, found, strict=True) if key == text)
        joined = " ".join(filter(None, old))
        assert after <= before or joined.count(text) > old.count(text)
