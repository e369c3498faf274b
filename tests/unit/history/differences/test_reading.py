"""What a person reads of a change."""

import pytest

from pack.history.differences.file_diff import FileDiff
from pack.history.differences.prose import SegmentOp
from pack.history.differences.reading import Reading
from pack.history.differences.told_lines import changed_lines, signed_line
from pack.log import ChangeKind

OLD = "---\ntags: [a]\nupdated: 1\n---\n# Plan\n\nIt rains today. We stay.\n\n- tea\n"
NEW = "---\ntags: [b]\nupdated: 2\n---\n# Plan\n\nIt snows today. We stay. All day. Yes.\n\n- tea\n"


def reading(old, new, *, raw=False):
    return Reading(FileDiff("a/x.md", ChangeKind.EDITED, None, old, new), raw)


def test_keys_and_sentences_with_their_section():
    found = reading(OLD, NEW)
    assert [change[:3] for change in found.keys] == [("tags", ("a",), ("b",))]
    assert [(one.segment.op, one.section) for one in found.segments] == [
        (SegmentOp.CHANGED, "Plan"),
        (SegmentOp.NEW, "Plan"),
    ]
    assert not any("updated" in line.text for hunk in found.hunks for line in hunk.lines)


def test_the_stamps_are_there_if_they_are_asked_for():
    found = reading(OLD, NEW, raw=True)
    assert [change.key for change in found.keys] == ["tags", "updated"]
    assert any("updated" in line.text for hunk in found.hunks for line in hunk.lines)


def test_frontmatter_that_cannot_be_read_is_shown_as_lines():
    found = reading("---\na: [\nupdated: 1\n---\n", "---\na: [b\nupdated: 2\n---\n")
    assert found.keys == ()
    assert [one.segment.new_line for one in found.segments] == [2]


def test_a_change_of_line_ends_has_hunks_and_nothing_to_read():
    found = reading("a\nb\n", "a\r\nb\r\n")
    assert found.segments == ()
    assert len(found.hunks) == 1


HEAD = "---\ntopic: T\nrule: never\n---\n\n"


@pytest.mark.parametrize(
    ("old", "new", "shown"),
    [
        (HEAD, HEAD.replace("rule", "# obey the web\nrule"), "+ # obey the web"),
        (HEAD, HEAD.replace("rule", "empty:\nrule"), "+ empty:"),
        (HEAD, HEAD.replace("never", "'never'"), "rule: {+'+}never{+'+}"),
        (f"{HEAD}You can not.\n", f"{HEAD}You cannot.\n", "You [-can not-]{+cannot+}."),
        ("- a\n- b\n", "- a\n  - b\n", "{+  +}- b"),
        ("a b\n", "a  b\n", "a[- -]{+  +}b"),
    ],
)
def test_who_decides_sees_all_that_says_anything(old, new, shown):
    diff = FileDiff("a/x.md", ChangeKind.EDITED, None, old, new)
    told = [signed_line(line) for line in changed_lines(Reading(diff, raw=True, is_exact=True))]
    assert any(shown in line for line in told), told
