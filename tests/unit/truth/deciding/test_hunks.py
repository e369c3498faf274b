"""A proposal falls into hunks that can be applied one by one, in any choice."""

from itertools import chain, combinations

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from pack.history.differences.file_diff import FileDiff
from pack.log import ChangeKind
from pack.model import MemoryPath
from pack.truth.deciding.hunks import OfferedFile, offer_files
from tests.support import examples

A = MemoryPath("a/x.md")
LINES = st.lists(st.sampled_from(["one", "two", "three", "four", "", "- x"]), max_size=9)


def edited(before: str, after: str) -> FileDiff:
    return FileDiff(A, ChangeKind.EDITED, None, before, after)


def only(before: str, after: str) -> OfferedFile:
    (file,) = offer_files([edited(before, after)])
    return file


def test_changes_apart_are_hunks_of_their_own_with_what_is_around_them() -> None:
    file = only("a\nb\nc\nd\ne\nf\n", "a\nB\nc\nd\nf\ng\n")
    assert [(h.number, h.line, h.old, h.new) for h in file.hunks] == [
        (1, 2, ("b\n",), ("B\n",)),
        (2, 5, ("e\n",), ()),
        (3, 7, (), ("g\n",)),
    ]
    assert (file.hunks[0].above, file.hunks[0].below) == (("a\n",), ("c\n", "d\n"))


def test_paragraphs_are_decided_on_one_by_one() -> None:
    assert [hunk.new for hunk in only("a\n\nb\n", "A\n\nB\n").hunks] == [("A\n",), ("B\n",)]


def test_one_hunk_alone_leaves_everything_else_as_it_is() -> None:
    file = only("a\nb\nc\nd\ne\n", "A\nb\nc\nd\nE\n")
    second = file.with_only({2})
    assert second is not None
    assert second.after == "a\nb\nc\nd\nE\n"
    assert file.with_only({3}) is None


def test_what_pack_stamps_is_in_no_hunk() -> None:
    before = "---\ntopic: T\nupdated: 2026-01-01\n---\n\none\ntwo\n"
    after = before.replace("2026-01-01", "2026-02-02")
    assert offer_files([edited(before, after)]) == ()
    file = only(before, after.replace("topic: T", "topic: U").replace("two", "2"))
    assert [hunk.old for hunk in file.hunks] == [("topic: T\n",), ("two\n",)]
    assert "2026-02-02" not in file.diff.after


STAMPS = "updated: 2026-01-01\ntruth_level: 5\norigin_source: ai-cloud:mcp\n"


def test_stamps_that_the_new_text_lacks_are_in_no_hunk_either() -> None:
    before = f"---\ntopic: T\n{STAMPS}tags:\n- a\n---\n\none\ntwo\n"
    after = before.replace(STAMPS, "").replace("two", "2")
    file = only(before, after)
    assert [hunk.old for hunk in file.hunks] == [("two\n",)]
    assert file.line_counts == (1, 1)
    assert file.diff.after == before.replace("two", "2")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("topic: T\n{}tags:\n- a\n", "topic: U\ntags:\n- a\n"),
        ("tags:\n- a\n{}topic: T\n", "tags:\n- a\n- b\ntopic: T\n"),
        ("tags:\n- a\n{}topic: T\n", "tags:\n- a\n- b\n"),
        ("tags:\n- a\n{}aliases:\n- a\n- c\n", "aliases:\n- a\n- c\ntags:\n- a\n- b\n"),
        ("aliases:\n- a\n{}", "tags:\n- a\n- b\naliases:\n- a\n- c\n"),
        ("{}", "topic: T\n"),
        ("topic: T\n{}", ""),
    ],
)
def test_stamps_stand_between_the_keys_of_the_new_text(old: str, new: str) -> None:
    before = f"---\n{old.format(STAMPS)}---\none\n"
    after = only(before, f"---\n{new}---\none\n").diff.after
    head = yaml.safe_load(after.split("---\n")[1])
    assert {key: head.pop(key) for key in yaml.safe_load(STAMPS)} == yaml.safe_load(STAMPS)
    assert head == (yaml.safe_load(new) or {})


def test_a_file_that_comes_goes_or_moves_is_one_hunk() -> None:
    other = MemoryPath("a/y.md")
    files = offer_files(
        [
            FileDiff(A, ChangeKind.DELETED, None, "a\nb\n", ""),
            FileDiff(other, ChangeKind.MOVED, A, "a\n", "a\nb\n"),
            FileDiff(other, ChangeKind.ADDED, None, "", "x\n"),
        ]
    )
    assert [[hunk.number for hunk in file.hunks] for file in files] == [[1], [2], [3]]


@settings(max_examples=examples(40))
@given(LINES, LINES)
def test_all_hunks_together_are_the_proposal_and_none_is_today(
    old: list[str], new: list[str]
) -> None:
    before, after = "".join(f"{line}\n" for line in old), "".join(f"{line}\n" for line in new)
    files = offer_files([edited(before, after)])
    if not files:
        assert before == after
        return
    numbers = [hunk.number for hunk in files[0].hunks]
    choices = chain.from_iterable(combinations(numbers, size) for size in range(len(numbers) + 1))
    for choice in choices:
        rest = [number for number in numbers if number not in choice]
        chosen = files[0].with_only(choice)
        text = chosen.after if chosen else before
        if rest and chosen:
            left = offer_files([edited(text, after)])
            assert sum(len(hunk.old) for hunk in left[0].hunks) <= len(old) + len(new)
        if not rest and chosen:
            assert text == after


def test_hidden_characters_are_found_where_they_would_be() -> None:
    before = "\ufeff# T\n\none\u200b\n\ntwo\n\nthree\n"
    after = before.replace("two", "\ufefftwo").replace("# T", "# U\n\ufeffV")
    file = only(before, after)
    assert [(one.line, one.column) for one in file.hidden] == [(2, 1), (6, 1)]
    (new,) = offer_files([FileDiff(A, ChangeKind.ADDED, None, "", "\ufeffa\n\u202eb\n")])
    assert [(one.line, one.column) for one in new.hidden] == [(2, 1)]
