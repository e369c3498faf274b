"""A changed file in the words that a person and an agent read."""

import pytest

from pack.history.differences.file_diff import FileDiff
from pack.history.differences.reading import Reading
from pack.history.differences.told_lines import Mark, signed_line, told_lines
from pack.log import ChangeKind

OLD = "---\ntags: [a]\n---\n# Plan\n\nIt rains today. We stay.\n\n- tea\n"
NEW = "---\ntags: [b]\n---\n# Plan\n\nIt snows today. We stay. All day.\n\n- tea\n"


def told(change, old, new, old_path=None, unshown=None):
    diff = FileDiff("a/x.md", change, old_path, old, new, unshown)
    return [signed_line(line) for line in told_lines(Reading(diff), "look there")]


def test_keys_sections_and_words():
    assert told(ChangeKind.EDITED, OLD, NEW) == [
        "a/x.md: edited",
        "  tags: -a +b",
        "  # Plan",
        "     6    It [-rains-]{+snows+} today.",
        "     6  + All day.",
    ]


@pytest.mark.parametrize(
    ("change", "parts", "lines"),
    [
        (ChangeKind.ADDED, ("", "Tea.\n"), ["a/x.md: added", "     1  + Tea."]),
        (
            ChangeKind.DELETED,
            ("one\ntwo\n", ""),
            ["a/x.md: deleted", "  its 2 lines are gone; look there"],
        ),
        (
            ChangeKind.MOVED,
            ("one\n", "one\n", "b.md"),
            ["a/x.md: moved (was b.md)", "  no word was changed"],
        ),
        (
            ChangeKind.EDITED,
            ("a\n", "a\r\n"),
            ["a/x.md: edited", "  only blanks or line ends differ"],
        ),
        (
            ChangeKind.EDITED,
            ("", "", None, "it is too large"),
            ["a/x.md: edited", "  not shown: it is too large"],
        ),
    ],
    ids=["added", "deleted", "moved", "line ends", "not shown"],
)
def test_what_happened_to_the_whole_file(change, parts, lines):
    assert told(change, *parts) == lines


def test_what_was_moved_is_said_where_it_is_and_where_it_was():
    texts = ["The roof leaks in the north.", "The cellar is dry all year.", "We repaint in May."]
    old = "".join(f"{text}\n\n" for text in texts)
    new = "".join(f"{text}\n\n" for text in (texts[1], texts[2], texts[0]))
    lines = told(ChangeKind.EDITED, old, new)
    assert "     5  > moved here from line 1:" in lines
    assert f"          {texts[0]}" in lines


def test_each_piece_is_marked():
    diff = FileDiff("a/x.md", ChangeKind.EDITED, None, OLD, NEW)
    marks = {mark for line in told_lines(Reading(diff), "") for _, mark in line}
    assert marks == set(Mark)
