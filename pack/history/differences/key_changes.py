"""What changed in the frontmatter of a note, one line for each key."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import NamedTuple

from pack.files import frontmatter
from pack.history.differences.prose import SegmentOp
from pack.history.differences.stamps import STAMPS


class KeyChange(NamedTuple):
    """A key whose value was changed.

    Attributes:
        key: Its name.
        removed: What it no longer says; of a list, the items that are gone.
        added: What it says now; of a list, the items that are new.
        op: Whether the key itself is new or gone, or only its value is another one.
    """

    key: str
    removed: tuple[str, ...]
    added: tuple[str, ...]
    op: SegmentOp = SegmentOp.CHANGED


def key_changes(old: str, new: str, *, raw: bool = False) -> tuple[KeyChange, ...] | None:
    """The keys that differ, in the order of the texts.

    Args:
        old: The old text of a note.
        new: The new one.
        raw: Whether to include the stamps that PACK sets.

    Returns:
        `None` if the frontmatter of one of them cannot be read, or if it says the same and is only
        written in another way: then its lines are all there is to show.
    """
    before, after = frontmatter.read(old), frontmatter.read(new)
    if before.problem or after.problem:
        return None
    fields = {**before.fields, **after.fields}
    hidden = frozenset() if raw else STAMPS
    found = tuple(
        change._replace(op=_op(key in before.fields, key in after.fields))
        for key in fields
        if key not in hidden
        for change in _change(key, before.fields.get(key), after.fields.get(key))
    )
    if found or raw or _without_stamps(before.block) == _without_stamps(after.block):
        return found
    return found if before.fields != after.fields else None


def _op(was_there: bool, is_there: bool) -> SegmentOp:
    if was_there and is_there:
        return SegmentOp.CHANGED
    return SegmentOp.OLD if was_there else SegmentOp.NEW


def _without_stamps(block: str | None) -> list[str]:
    lines = (block or "").splitlines()
    return [line for line in lines if line.partition(":")[0] not in STAMPS]


def _change(key: str, old: object, new: object) -> Iterator[KeyChange]:
    if repr(old) == repr(new):
        return
    if isinstance(old, list) or isinstance(new, list):
        before, after = _items(old), _items(new)
        held, holds = frozenset(before), frozenset(after)
        removed = tuple(item for item in before if item not in holds)
        added = tuple(item for item in after if item not in held)
        if not removed and not added:  # another order, or an item that was there twice
            removed, added = (", ".join(before),), (", ".join(after),)
    else:
        removed, added = tuple(_items(old)), tuple(_items(new))
    yield KeyChange(str(key), removed, added)


def _items(value: object) -> list[str]:
    if value is None:
        return []
    return [_shown(item) for item in value] if isinstance(value, list) else [_shown(value)]


def _shown(value: object) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, default=str)
