"""Which versions a version was made from."""

from pack.core.truths import LineState, LineTruth
from pack.log import ChangeKind, CommitFacts, FileChange
from pack.model import BlobId, CommitId, MemoryPath
from pack.truth.ancestry import ancestry, made_from, oldest_first
from tests.support import START

KNOWN = (LineTruth(1, "user:cli", LineState.WRITTEN, None),)


def step(name, sha, *olds):
    change = FileChange(MemoryPath("a/x.md"), ChangeKind.EDITED, None, BlobId(sha), olds)
    return CommitFacts(CommitId(name), (), "x", START), change


def order(steps, sha="A", known=(), most=100):
    newest = ancestry(
        BlobId(sha), steps, lambda commit, _: KNOWN if commit.id in known else None, most
    )
    return newest and [
        (one.commit.id, [old and old.commit.id for old in one.before])
        for one in oldest_first(newest)
    ]


def test_a_line_of_versions_ends_where_one_is_known():
    steps = [step("3", "A", "B"), step("2", "B", "C"), step("1", "C", None)]
    assert order(steps) == [("1", []), ("2", ["1"]), ("3", ["2"])]
    assert order(steps, known={"1"}) == [("2", ["1"]), ("3", ["2"])]
    assert order(steps, known={"3"}) == []
    assert order(steps, most=1) == [("3", [None])]
    assert order(steps, sha="Z") is None


def test_no_more_steps_are_asked_for_than_it_takes():
    def steps():
        yield step("2", "A", "B")
        yield step("1", "B", None)
        raise AssertionError

    assert order(steps()) == [("1", []), ("2", ["1"])]


def test_the_same_text_twice_is_two_versions():
    steps = [step("3", "A", "B"), step("2", "B", "A"), step("1", "A", None)]
    assert order(steps) == [("1", []), ("2", ["1"]), ("3", ["2"])]


def test_a_merge_and_what_was_not_kept_of_a_side():
    steps = [
        step("4", "A", "B", "C"),
        step("9", "Z", "B"),
        step("3", "C", "D"),
        step("2", "B", "D"),
    ]
    found = order([*steps, step("1", "D", None)])
    assert [name for name, _ in found][::3] == ["1", "4"]
    assert dict(found)["4"] == ["2", "3"]
    assert made_from(step("4", "A", "B", "A")[1]) == ["A"]


def test_a_log_whose_order_is_not_that_of_the_commits():
    steps = [step("3", "A", "B"), step("1", "C", None), step("2", "B", "C")]
    assert order(steps) == [("1", []), ("2", ["1"]), ("3", ["2"])]
    again = [
        step("4", "A", "B", "D"),
        step("2", "B", "C"),
        step("3", "D", "B"),
        step("1", "C", None),
    ]
    assert order(again)[-1] == ("4", ["2", "3"])
    assert dict(order(again))["3"] == ["2"]


def test_nothing_is_made_from_itself():
    assert order([step("2", "A", "B"), step("1", "B", "A")]) == [("1", [None]), ("2", ["1"])]
