"""What a new text leaves out, wherever its lines stand."""

from __future__ import annotations

import pytest

from pack.files.losses import loses_unseen, loss


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


@pytest.mark.parametrize(
    ("after", "loses"),
    [
        (body(*range(60)), True),  # line 60 of the body is line 70 of the file, which was not shown
        (body(*range(11), *range(61, 200)), True),
        (body(*range(60, 200)), True),  # without line 10, which is line 20 of the file
        (body(10, *range(60, 200)), False),
        (body(*reversed(range(60, 200)), 10).replace("\n", "  \r\n"), False),
        (body(*range(200)), False),
    ],
)
def test_only_lines_that_were_shown_may_be_left_out(after: str, loses: bool) -> None:
    assert loses_unseen(body(*range(200)), after, 10, [(1, 19), (21, 69)]) is loses


def test_a_note_may_be_long_in_few_lines_and_blank_lines_are_no_loss() -> None:
    long = f"{'a' * 9_000}\n\n\nb\n"
    assert loses_unseen(long, "b\n", 1, [(4, 4)])
    assert not loses_unseen(long, "b\n", 1, [(1, 1), (4, 4)])
    assert not loses_unseen("a\nb\n", "b\n", 1, [(2, 2)])
    assert loses_unseen(long, "b\n", 1, [])
