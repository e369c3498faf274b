from __future__ import annotations

import pytest

from pack.truth.acceptances import Span
from pack.truth.sync_items.accepted import MOST_SPANS, spans_there

TEXT = "a\nb\nc\nd\n"


@pytest.mark.parametrize(
    ("spans", "after", "found"),
    [
        (None, TEXT, ((1, 4),)),
        (None, "x\na\nb\ny\nc\nd\nz\n", ((2, 3), (5, 6))),
        (None, "a\nd", ((1, 1),)),
        (None, "", ()),
        (((2, 3),), "x\na\nb\nc\n", ((3, 4),)),
        (((2, 2), (4, 9)), TEXT, ((2, 2), (4, 4))),
        ((), TEXT, ()),
    ],
)
def test_lines_are_found_again_by_what_they_say(
    spans: tuple[Span, ...] | None, after: str, found: tuple[Span, ...]
) -> None:
    assert spans_there(spans, TEXT, after) == found


def test_parts_are_not_endless() -> None:
    lines = [f"{number}\n" for number in range(3 * MOST_SPANS)]
    after = "".join(f"x\n{line}" for line in lines)
    assert len(spans_there(None, "".join(lines), after)) == MOST_SPANS
