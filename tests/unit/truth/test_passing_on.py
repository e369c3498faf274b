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


@pytest.mark.parametrize("text", [f"{RULE}\nits", f"its\n{RULE}", RULE])
@pytest.mark.parametrize("rule", [RULE, "- Ask."])
@pytest.mark.parametrize("is_first", [True, False])
def test_where_one_of_two_equal_lines_stays_it_is_the_stronger(text, rule, is_first):
    first, last = (MINE, ITS) if is_first else (ITS, MINE)
    old = version((rule, first), ("its", ITS), (rule, last))
    text = text.replace(RULE, rule)
    found = dict(zip(keys(text), passed(text, old), strict=True))
    assert found[rule] == MINE


def test_as_many_equal_lines_stay_the_persons_as_there_were():
    old = version((RULE, ITS), (RULE, MINE), ("its", ITS), (RULE, MINE), (RULE, ITS))
    for count, expected in ((1, [MINE]), (2, [MINE] * 2), (3, [MINE, MINE, ITS])):
        found = passed("\n".join([RULE] * count), old)
        assert sorted(found, key=lambda one: one.level) == expected


def test_a_short_line_that_stays_where_it_was_is_the_persons_whatever_goes_around_it():
    old = version(("# R", MINE), ("Ask.", MINE), ("a its", ITS), ("b its", ITS))
    assert passed("# R\na its\nb its\nAsk.", old)[3] == MINE


def test_an_unattributed_line_is_as_strong_as_the_persons():
    nobodys = LineTruth(1, "unattributed:x", LineState.UNATTRIBUTED, CommitId("2" * 40))
    old = version((RULE, ITS), ("its", ITS), (RULE, nobodys))
    assert passed(f"{RULE}\nits", old)[0] == nobodys
    assert passed(RULE, version((RULE, nobodys), ("its", ITS), (RULE, MINE)))[0].level == 1


def as_they_are(text):
    return [line.encode() for line in text.split("\n")]


def passed_as_it_is(text, *old):
    parent = version(*old)._replace(lines=[line.encode() for line, _ in old])
    return pass_on(keys(text), [parent], HERE, as_they_are(text)).truths


def test_a_copy_in_another_form_does_not_take_over_what_the_line_has():
    for text in (f"{RULE}\n- no:\n  {RULE}", f"  {RULE}\n- no:\n{RULE}", f"  {RULE}\n{RULE}  "):
        found = passed_as_it_is(text, (RULE, MINE))
        assert {line: one for line, one in zip(text.split("\n"), found, strict=True) if one} == {
            next(line for line in text.split("\n") if line.rstrip() == RULE): MINE
        }
    assert passed_as_it_is(f"  {RULE}", (RULE, MINE)) == [MINE]
    assert passed_as_it_is("- [x] do", ("- [ ] do", MINE)) == [MINE]


def test_lines_in_two_forms_that_change_places_keep_what_each_has():
    found = passed_as_it_is(
        f"  {RULE}\nits\n{RULE}", (RULE, MINE), ("its", ITS), (f"  {RULE}", ITS)
    )
    assert found == [ITS, ITS, MINE]


def test_of_equal_lines_of_two_sides_the_strongest_stays():
    ours = version((RULE, ITS), ("its", ITS), (RULE, MINE))
    theirs = version((RULE, ITS), ("its", ITS))
    for parents in ((ours, theirs), (theirs, ours)):
        assert passed(f"{RULE}\nits", *parents)[0] == MINE


def test_of_two_equal_lines_the_weaker_comes_back():
    for former in (version((RULE, ITS), (RULE, MINE)), version((RULE, MINE), (RULE, ITS))):
        for found in ([MINE, None], [None, MINE]):
            bring_back([RULE, RULE], former, found, [RULE])
            assert sorted(one.level for one in found) == [1, 5]


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
        pairs = zip(old, parent.truths, strict=True)
        before = sum(one == MINE for key, one in pairs if key == text)
        after = sum(one == MINE for key, one in zip(new, found, strict=True) if key == text)
        joined = " ".join(filter(None, old))
        assert after <= before or joined.count(text) > old.count(text)


@given(LINES, LINES, st.lists(st.sampled_from([MINE, ITS, LOCAL]), min_size=8, max_size=8))
def test_the_person_loses_no_line_of_which_an_equal_one_stays(new, old, truths):
    found = pass_on(new, [Version(old, truths[: len(old)])], HERE).truths
    for text in ("long enough a", "long enough b"):
        before = sum(one == MINE for key, one in zip(old, truths, strict=False) if key == text)
        after = sum(one == MINE for key, one in zip(new, found, strict=True) if key == text)
        assert after >= min(before, new.count(text))


FORMS = st.lists(st.sampled_from(["", RULE, f"  {RULE}", f"    {RULE}", "its", "x"]), max_size=7)


@given(FORMS, FORMS, st.lists(st.sampled_from([MINE, ITS]), min_size=7, max_size=7))
def test_nor_in_any_form_and_nobody_gains_one(new, old, truths):
    parent = tuple(zip(old, truths, strict=False))
    found = passed_as_it_is("\n".join(new), *parent) if new else []

    def count(lines, form):
        return sum(one == MINE for line, one in lines if form in {line, line.strip()})

    there = list(zip(new, found, strict=True))
    for line in {*new} - {"", "x", "its"}:
        assert sum(one == MINE for text, one in there if text == line) >= min(
            sum(one == MINE for text, one in parent if text == line), new.count(line)
        )
    assert count(there, RULE) <= count(parent, RULE)
