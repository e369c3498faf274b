"""The dates that PACK writes."""

import pytest

from pack.files.markdown import split_lines
from pack.history.differences.stamps import same_but_stamps, stamped_lines

NOTE = "---\ntopic: A\nupdated: 2026-01-01\n---\nupdated: in the text\n"


def test_only_the_line_in_the_frontmatter_is_a_stamp():
    assert stamped_lines(NOTE, split_lines(NOTE)) == {2}
    assert stamped_lines("updated: x\n", ["updated: x\n"]) == frozenset()
    assert stamped_lines("", []) == frozenset()


@pytest.mark.parametrize(
    ("after", "same"),
    [
        (NOTE.replace("2026-01-01", "2026-02-02"), True),
        (NOTE.replace("updated: 2026-01-01\n", ""), True),
        (NOTE.replace("topic: A", "topic: B"), False),
        (NOTE.replace("in the text", "in this text"), False),
        (NOTE.replace("\n", "\r\n"), False),
    ],
)
def test_texts_that_differ_in_the_date_only(after, same):
    assert same_but_stamps(NOTE, after) is same
    assert same_but_stamps(after, NOTE) is same
