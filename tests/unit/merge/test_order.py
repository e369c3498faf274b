"""Lists whose items are there or not: both sides' additions and removals count."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pack.merge.order import merge_order, merge_sync_order


@given(*[st.lists(st.sampled_from("abcdef"), unique=True)] * 3)
def test_the_order_of_lists(base: list[str], ours: list[str], theirs: list[str]) -> None:
    result = merge_order(base, ours, theirs)
    kept = {x for x in base if x in ours and x in theirs}
    new = set(ours + theirs) - set(base)
    assert sorted(result) == sorted(kept | new)
    assert result == merge_order(base, theirs, ours)
    assert merge_order(base, ours, base) == merge_order(base, ours, ours) == ours


def test_the_order_for_sync() -> None:
    base = ["a/1.md", "a/2.md", "a/3.md"]
    ours = ["a/3.md", "a/1.md", "a/2.md"]
    theirs = ["a/1.md", "a/2.md", "a/3.md", "a/4.md"]
    assert merge_sync_order(base, ours, theirs) == ("a/3.md", "a/1.md", "a/2.md", "a/4.md")
