"""The line of commits between two: when it is one that has nothing in common."""

from datetime import UTC, datetime

from pack.lineage import CommitFacts, Lineage
from pack.model import CommitId

FIRST = CommitFacts(CommitId("1" * 40), (), "first", datetime(2026, 1, 1, tzinfo=UTC))
SECOND = CommitFacts(CommitId("2" * 40), (FIRST.id,), "second", FIRST.at)


def test_a_rewritten_line_that_begins_with_a_first_commit_is_unrelated():
    assert Lineage((FIRST, SECOND), is_rewritten=True).is_unrelated
    assert not Lineage((SECOND,), is_rewritten=True).is_unrelated
    assert not Lineage((FIRST, SECOND)).is_unrelated
    assert not Lineage((), is_rewritten=True).is_unrelated
