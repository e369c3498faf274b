"""Three-way merge of lists without duplicates: tags, keys, the order for sync."""

from __future__ import annotations

from collections.abc import Sequence

from pack.merge.lines import LineSpan, merge_lines


def merge_order(base: Sequence[str], ours: Sequence[str], theirs: Sequence[str]) -> list[str]:
    """The items that neither side removed and those that either side added, each once.

    If one side changed the order, its order counts. If both did, or both added items at the same
    place, the order depends on the items and not on which side is called ours.
    """
    first, second = sorted((list(ours), list(theirs)))

    def union(span: LineSpan, other: LineSpan) -> Sequence[str]:
        return [
            item
            for part in sorted((first[span.start : span.end], second[other.start : other.end]))
            for item in part
        ]

    kept = set(first) & set(second) | (set(first) ^ set(second)) - set(base)
    merged = merge_lines(base, first, second, union=union).lines
    ordered = dict.fromkeys(item for item in merged if item in kept)
    return [*ordered, *sorted(kept.difference(ordered))]


def merge_sync_order(
    base: Sequence[str], ours: Sequence[str], theirs: Sequence[str]
) -> tuple[str, ...]:
    """The `sync_order` for a merged `index.md`, from that of all three versions (`read_head`).

    It may still contain paths of files that are gone; `pack.index.format.next_order` drops them.
    """
    return tuple(merge_order(base, ours, theirs))
