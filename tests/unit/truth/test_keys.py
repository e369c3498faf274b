import pytest

from pack.core.truths import LineState, LineTruth, NoteTruth
from pack.files import frontmatter
from pack.history.differences.line_hunks import git_lines
from pack.truth.keys import judge_keys

HEAD = "---\n# mine\ntopic: A\ntags:\n  - a\n  - ~b\nown: ~1\ncreated: 2026-01-01\n---\n"


def judged(after):
    truth = tuple(
        LineTruth(5 if "~" in line else 1, "x", LineState.WRITTEN, None) for line in git_lines(HEAD)
    )
    return judge_keys(frontmatter.read(HEAD), NoteTruth(truth), frontmatter.read(after), 5)


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("# mine\n", "", 2),
        ("topic: A", "topic: B", 3),
        ("  - ~b\n", "", 4),
        ("2026-01-01", "2025-01-01", 8),
    ],
)
def test_a_key_of_the_person_stays(old, new, line):
    found = judged(HEAD.replace(old, new))
    assert [one.line for one in found.protected] == [line]
    assert found.head == HEAD


def test_other_keys_are_free():
    for after in (
        HEAD.replace("own: ~1", "own: 2"),
        HEAD.replace("own: ~1\n", ""),
        HEAD.replace("own: ~1", "own: ~1\nttl: 3d"),
        HEAD.replace("created:", "updated: 2026-01-02\ncreated:"),
    ):
        found = judged(after)
        assert found.protected == ()
        assert found.head == after


def test_a_text_without_frontmatter_loses_all_of_it():
    found = judged("text\n")
    assert [one.line for one in found.protected] == [2, 3, 4, 8]
    assert found.head == HEAD.replace("own: ~1\n", "")


@pytest.mark.parametrize("end", ["\u2028", "\u2029", "\x85", "\r"])
def test_what_ends_a_line_for_yaml_alone_moves_no_key_to_other_lines(end):
    head = f'---\nits: "~{end * 3}b"\nown: never\nits2: ~2\n---\n'
    truth = tuple(
        LineTruth(5 if "~" in line else 1, "x", LineState.WRITTEN, None) for line in git_lines(head)
    )
    after = head.replace("never", "always").replace("~2", "3")
    found = judge_keys(frontmatter.read(head), NoteTruth(truth), frontmatter.read(after), 5)
    assert [(one.line, one.text) for one in found.protected] == [(3, "own: never")]
    assert found.head == head.replace("~2", "3")


def test_what_cannot_be_read_is_not_judged_key_by_key():
    assert judged(HEAD.replace("topic: A", "topic: [")) is None
