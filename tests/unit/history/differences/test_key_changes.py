"""Changes of the frontmatter."""

import pytest

from pack.history.differences.key_changes import key_changes
from pack.history.differences.prose import SegmentOp


def note(block):
    return f"---\n{block}---\nbody\n"


@pytest.mark.parametrize(
    ("old", "new", "changes"),
    [
        ("tags: [a]\n", "tags: [a, b]\n", [("tags", (), ("b",))]),
        ("tags: [a, b]\n", "tags:\n  - b\n", [("tags", ("a",), ())]),
        ("tags: [a, b]\n", "tags: [b, a]\n", [("tags", ("a, b",), ("b, a",))]),
        ("topic: A\n", "topic: B\n", [("topic", ("A",), ("B",))]),
        ("", "sync: false\n", [("sync", (), ("false",))]),
        ("x: {a: 1}\n", "y: 1\n", [("x", ('{"a": 1}',), ()), ("y", (), ("1",))]),
        ("updated: 2026-01-01\n", "updated: 2026-01-02\n", []),
        ("topic: A\n", "topic: A\n", []),
    ],
)
def test_changes(old, new, changes):
    assert [one[:3] for one in key_changes(note(old), note(new))] == changes


@pytest.mark.parametrize(
    ("old", "new", "op"),
    [
        ("a: 1\n", "a: 1\nx: 1\n", SegmentOp.NEW),
        ("a: 1\n", "a: 1\ntags: [x]\n", SegmentOp.NEW),
        ("a: 1\nx: 1\n", "a: 1\n", SegmentOp.OLD),
        ("tags: [a]\n", "tags: [a, b]\n", SegmentOp.CHANGED),
        ("x:\n", "x: 1\n", SegmentOp.CHANGED),
    ],
)
def test_a_key_is_new_or_gone_or_another(old, new, op):
    assert [one.op for one in key_changes(note(old), note(new))] == [op]


def test_stamps_are_shown_if_they_are_asked_for():
    ((key, *_),) = key_changes(note("updated: 1\n"), note("updated: 2\n"), raw=True)
    assert key == "updated"


@pytest.mark.parametrize(("old", "new"), [("a: [\n", "a: 1\n"), ("a: 1 # x\n", "a: 1 # y\n")])
def test_what_can_only_be_shown_as_lines(old, new):
    assert key_changes(note(old), note(new)) is None
