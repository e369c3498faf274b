"""How many lines a change added and removed."""

import pytest

from pack.history.line_counts import TwoBlobs, count_lines
from pack.log import ChangeKind, FileChange
from pack.model import BlobId

NOTE = "---\ntopic: A\nupdated: 2026-01-01\n---\n\na\nb\n"


@pytest.mark.parametrize(
    ("before", "after", "counts"),
    [
        (None, "a\nb\n", (2, 0)),
        ("a\nb\n", None, (0, 2)),
        ("a\nb\n", "a\nc\n", (1, 1)),
        ("a\r\nb", "a\r\nb\r\n", (1, 1)),
        (NOTE, NOTE.replace("2026-01-01", "2026-02-02"), (0, 0)),
        (NOTE, NOTE.replace("topic: A", "topic: B"), (1, 1)),
        ("一\n二\n", "一\n三\n二\n", (1, 0)),
        ("a\0b", "c\0d", (None, None)),
    ],
)
def test_counts(world, before, after, counts):
    world.init()
    shas = []
    for number, text in enumerate((before, after)):
        path = f"notes/{number}.md"
        if text is not None:
            world.commit({path: text})
        shas.append(world.connector.get_committed(path))
    old, new = shas
    pair = TwoBlobs.of(FileChange("notes/a.md", ChangeKind.EDITED, None, new, (old,)))
    assert count_lines(world.memory._session.core, [pair])[pair] == counts


def test_what_is_not_stored_cannot_be_counted(world):
    world.init()
    pair = TwoBlobs(None, BlobId("1" * 40))
    assert count_lines(world.memory._session.core, [pair])[pair] == (None, None)
