"""The read model of commits."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pack.log import ChangeKind, CommitFacts, FileChange, Lineage, compare_trees
from pack.model import CommitId
from pack.provenance import Origin, Source, commit_message

NOW = datetime(2026, 3, 1, tzinfo=UTC)
TREES = st.dictionaries(st.sampled_from("abcdef"), st.sampled_from("123"), max_size=6)


def facts(message):
    return CommitFacts(CommitId("1" * 40), (), message, NOW)


def test_the_trailers_of_a_commit_of_pack_are_read():
    origin = Origin(Source.AI_CLOUD, "claude desktop")
    message = commit_message("a/b.md: update", origin, "r-1", "Why: not\n\nPack-Origin: forged")
    assert facts(message).trailers == {
        "Pack-Origin": "ai-cloud:claude-desktop",
        "Pack-Truth-Level": "5",
        "Pack-Request": "r-1",
    }


@pytest.mark.parametrize(
    "message", ["", "Pack-Origin: x", "a\n\nb", "a\n\nKey: x\nand more", "a\n\nKey: x\n\ntext"]
)
def test_what_is_no_paragraph_of_trailers_gives_none(message):
    assert facts(message).trailers == {}


@given(TREES, TREES)
def test_the_changes_between_two_trees_lead_from_one_to_the_other(before, after):
    tree = dict(before)
    changes = compare_trees(before, after)
    for change in changes:
        if change.kind is ChangeKind.DELETED:
            del tree[change.path]
        elif change.kind is ChangeKind.MOVED:
            assert tree.pop(change.old_path) == change.sha
    for change in changes:
        if change.kind is not ChangeKind.DELETED:
            assert (change.path in before) == (change.kind is ChangeKind.EDITED)
            tree[change.path] = change.sha
    assert tree == after
    assert [change.path for change in changes] == sorted({change.path for change in changes})


def test_of_several_files_with_the_same_bytes_each_is_moved_once():
    changes = compare_trees({"a": "1", "b": "1"}, {"c": "1", "d": "1", "e": "1"})
    assert changes == (
        FileChange("c", ChangeKind.MOVED, "a", "1"),
        FileChange("d", ChangeKind.MOVED, "b", "1"),
        FileChange("e", ChangeKind.ADDED, None, "1"),
    )


def test_a_rewritten_line_that_begins_with_a_first_commit_is_unrelated():
    first = CommitFacts(CommitId("1" * 40), (), "first", NOW)
    second = CommitFacts(CommitId("2" * 40), (first.id,), "second", NOW)
    assert Lineage((first, second), is_rewritten=True).is_unrelated
    assert not Lineage((second,), is_rewritten=True).is_unrelated
    assert not Lineage((first, second)).is_unrelated
    assert not Lineage((), is_rewritten=True).is_unrelated
