"""What a new text leaves out, wherever its lines stand."""

from __future__ import annotations

import pytest

from pack.files.losses import loss


def body(*numbers: int) -> str:
    return "".join(f"line {number}\n" for number in numbers)


@pytest.mark.parametrize(
    ("before", "after", "lost", "is_large"),
    [
        (body(*range(101)), body(*range(50)), 51, True),
        (body(*range(101)), body(*range(51)), 50, False),
        (body(*range(100)), "", 100, False),
        (body(*range(600)), body(*reversed(range(600))), 0, False),
        (body(*range(600)), body(*range(600)).replace("\n", "  \r\n"), 0, False),
        (body(*[1] * 200), body(1), 199, True),
        ("", body(*range(600)), 0, False),
    ],
)
def test_lines_are_lost_if_the_new_text_has_fewer_of_them(
    before: str, after: str, lost: int, is_large: bool
) -> None:
    found = loss(before, after)
    assert (found.lost, found.is_large) == (lost, is_large)
