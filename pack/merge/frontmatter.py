"""Three-way merge of frontmatter by key, without touching a byte that neither side touched.

If one side changed a key, its change counts. If both did, the changes are merged where that makes
sense: lists of scalars as sets, `updated` becomes the later date, `created` the earlier, and text
on several lines is merged by line. Otherwise it is a conflict, and our value stays, or the one that
`pack.merge.two_sides` prefers. A key that one side changed and the other deleted stays, because an
edit always beats a deletion, unless the person deleted it and only a machine changed it.

Apart from conflicts, the result does not depend on which side is called ours. A comment that either
side wrote is never dropped: if the merged value has no place for it, that is a conflict.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from pack.errors import InvalidContent, LimitExceeded
from pack.files import frontmatter, yaml_block
from pack.files.dates import as_iso, has_time, parse_day
from pack.files.keys import CREATED, TRUTH_KEYS, UPDATED, key_meant
from pack.files.markdown import split_lines
from pack.files.yaml_block import LINE_END
from pack.files.yaml_keys import KeyBlock, KeyBlocks, cut_keys
from pack.merge.lines import merge_lines
from pack.merge.order import merge_order
from pack.merge.two_sides import KeyClash, TwoSides


@dataclass(frozen=True, slots=True)
class MergedBlock:
    """The result of merging a frontmatter block.

    Attributes:
        text: The YAML. It can be read, and has the intended value for each key.
        is_clean: Whether nothing of either side was left out that is not in `clashes`.
        loses_ours: Whether something of ours was.
        loses_theirs: Whether something of theirs was.
        clashes: Values of single keys that gave way to another; only the log of events has them.
    """

    text: str
    is_clean: bool
    loses_ours: bool = field(default=False, compare=False)
    loses_theirs: bool = field(default=False, compare=False)
    clashes: tuple[KeyClash, ...] = ()


@dataclass(frozen=True, slots=True)
class _Merged:
    """The merged lines of an entry; none if it was deleted."""

    text: str
    loses_ours: bool = False
    loses_theirs: bool = False
    clash: KeyClash | None = None

    @property
    def is_clean(self) -> bool:
        return not (self.loses_ours or self.loses_theirs)


def merge_block(
    base: str, ours: str, theirs: str, sides: TwoSides | None = None
) -> MergedBlock | None:
    """Both sides' changes to a block; `None` if one of them cannot be cut into keys and merged.

    Args:
        base: What both sides started from. Like the others, YAML whose last line ends with a line
            end, or nothing.
        ours: Our version.
        theirs: Their version.
        sides: Decides which of two values stays; `None` for ours.
    """
    old, mine, other = (cut_keys(block) for block in (base, ours, theirs))
    if old is None or mine is None or other is None:
        return None
    head = _merge_text(old.head, mine.head, other.head)
    tail = _merge_text(old.tail, mine.tail, other.tail)
    entries = [_merge_entry(key, old, mine, other, sides) for key in _keys(old, mine, other)]
    merged = [head, *entries, tail]
    text = "".join(part.text for part in merged)
    if not _says(text, [entry.text for entry in entries]):
        return None
    return _block(text, merged)


def _block(text: str, parts: Iterable[_Merged]) -> MergedBlock:
    parts = tuple(parts)
    ours, theirs = (any(part.loses_ours for part in parts), any(p.loses_theirs for p in parts))
    clashes = tuple(part.clash for part in parts if part.clash is not None)
    return MergedBlock(text, not (ours or theirs), ours, theirs, clashes)


def _keys(base: KeyBlocks, ours: KeyBlocks, theirs: KeyBlocks) -> Iterator[str]:
    """All keys of either side, in merged order; those that one side deleted come last."""
    merged = merge_order(*(list(side.entries) for side in (base, ours, theirs)))
    return iter(dict.fromkeys((*merged, *sorted(ours.entries.keys() | theirs.entries.keys()))))


def _says(text: str, entries: Sequence[str]) -> bool:
    """Whether a block can be read and each entry means the same in it as on its own."""
    fields: dict[str, object] = {}
    try:
        for entry in entries:
            fields |= yaml_block.load(entry)
        return repr(yaml_block.load(text)) == repr(fields)
    except (InvalidContent, LimitExceeded):
        return False


def _merge_text(base: str, ours: str, theirs: str) -> _Merged:
    """Comments, or the lines of one entry."""
    if theirs in (ours, base):
        return _Merged(ours)
    if ours == base:
        return _Merged(theirs)
    merged = merge_lines(*map(split_lines, (base, ours, theirs)))
    return _Merged("".join(merged.lines), merged.loses_ours, merged.loses_theirs)


def _merge_entry(
    key: str, base: KeyBlocks, ours: KeyBlocks, theirs: KeyBlocks, sides: TwoSides | None
) -> _Merged:
    old, mine, other = (side.entries.get(key) for side in (base, ours, theirs))
    texts = tuple(entry.text if entry is not None else "" for entry in (old, mine, other))
    old_text, our_text, their_text = texts
    if their_text in (our_text, old_text) or our_text == old_text:
        return _merge_text(*texts)
    if mine is None or other is None:
        return _merge_deleted(key, mine, other, sides)
    merged = _merge_value(key, old, mine, other)
    if merged is not None and _keeps_comments(merged, texts):
        return _Merged(merged)
    by_line = _merge_text(*texts)
    if by_line.is_clean and _is_entry(by_line.text, key):
        return by_line
    if sides is None:
        return _Merged(our_text, loses_theirs=True)
    return _choose(key, mine, other, sides)


def _merge_deleted(
    key: str, ours: KeyBlock | None, theirs: KeyBlock | None, sides: TwoSides | None
) -> _Merged:
    """The entry that one side changed and the other deleted; gone if the person deleted it."""
    edited = ours or theirs
    text = edited.text if edited is not None else ""
    if (
        edited is None
        or sides is None
        or not sides.deletion_of_key_stands(key, is_ours=ours is None)
    ):
        return _Merged(text)
    if not _is_single(edited) or "#" in text:
        return _Merged("", loses_ours=ours is not None, loses_theirs=theirs is not None)
    return _Merged("", clash=KeyClash(sides.key_kind(key), "", _said(edited)))


def _choose(key: str, ours: KeyBlock, theirs: KeyBlock, sides: TwoSides) -> _Merged:
    """The entry of the side with more authority; a single value of the other goes into the log."""
    theirs_stay = sides.their_key_stays(key)
    kept, other = (theirs, ours) if theirs_stay else (ours, theirs)
    texts = ("", ours.text, theirs.text)
    if _is_single(ours) and _is_single(theirs) and _keeps_comments(kept.text, texts):
        return _Merged(kept.text, clash=KeyClash(sides.key_kind(key), _said(kept), _said(other)))
    return _Merged(kept.text, loses_ours=theirs_stay, loses_theirs=not theirs_stay)


def _is_single(entry: KeyBlock) -> bool:
    """Whether an entry is one value on one line."""
    return not isinstance(entry.value, list | dict) and len(split_lines(_said(entry))) == 1


def _said(entry: KeyBlock) -> str:
    return entry.text.removeprefix(entry.above).strip()


def _is_entry(text: str, key: str) -> bool:
    try:
        return list(yaml_block.load(text)) == [key]
    except (InvalidContent, LimitExceeded):
        return False


def _keeps_comments(merged: str, texts: Sequence[str]) -> bool:
    """Whether every line that may be a comment is still there, unless a side removed it."""
    comments = ([line for line in text.splitlines() if "#" in line] for text in texts)
    return set(merge_order(*comments)).issubset(merged.splitlines())


def _merge_value(key: str, base: KeyBlock | None, ours: KeyBlock, theirs: KeyBlock) -> str | None:
    """The lines of an entry that both sides changed; `None` if its values cannot be merged."""
    first, second = sorted((ours, theirs), key=lambda entry: entry.text)
    if repr(first.value) == repr(second.value):
        return first.text
    if key in TRUTH_KEYS:
        return second.text  # the next write of PACK's puts it right
    if (meant := key_meant(key)) in (UPDATED.name, CREATED.name):
        return _merge_date(first, second, later=meant == UPDATED.name)
    return _merge_list(base, first, second)


def _merge_date(first: KeyBlock, second: KeyBlock, *, later: bool) -> str | None:
    times = [_time(entry.value) for entry in (first, second)]
    if times[0] is None or times[1] is None:
        return None
    return (second if (times[0] < times[1]) == later else first).text


def _time(value: object) -> datetime | None:
    """The moment of a date (its first moment) or datetime; UTC if it names no time zone."""
    text = as_iso(value)
    day = parse_day(text)
    if text is None or day is None:
        return None
    if not has_time(text):
        return datetime(day.year, day.month, day.day, tzinfo=UTC)
    moment = datetime.fromisoformat(text.upper().replace(" ", "T", 1).replace(" ", ""))
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _merge_list(base: KeyBlock | None, first: KeyBlock, second: KeyBlock) -> str | None:
    if first.items is None or second.items is None:
        return None
    old = list(base.items.sources) if base is not None and base.items is not None else []
    lists = list(first.items.sources), list(second.items.sources)
    merged = merge_order(old, *lists)
    for entry, items in zip((first, second), lists, strict=True):
        if items == merged:
            return entry.text
    return _write_list(first, second, merged)


def _write_list(first: KeyBlock, second: KeyBlock, merged: Sequence[str]) -> str | None:
    """The list in brackets if both sides write it so, or else with one item per line."""
    if first.items is None or second.items is None:
        return None
    sources = {**second.items.sources, **first.items.sources}
    written = [sources[item] for item in merged]
    if any(LINE_END.search(source) for source in written):
        return None
    indents = sorted(
        items.indent for items in (first.items, second.items) if items.indent is not None
    )
    eol = frontmatter.line_end(first.text)
    above = first.above
    if not indents or not written:
        return f"{above}{first.key}: [{', '.join(written)}]{eol}"
    lines = "".join(f"{indents[0]}- {source}{eol}" for source in written)
    return f"{above}{first.key}:{eol}{lines}"
