"""Three-way merge of one file that both sides have changed.

The result never contains conflict markers: it is a file that people and agents can read. Where the
sides cannot be merged, one version stays, and the whole of the other is kept as a separate file.

- Frontmatter is merged by key (`pack.merge.frontmatter`), the body by line and section
  (`pack.merge.body`), and the byte-order mark, line ends and final line end separately
  (`pack.files.text_form`). If the frontmatter of a side cannot be read, the text is merged by line.
- Without a conflict, the result is the same whichever side is called ours. With one, ours stays,
  unless the authority of the sides is known (`pack.merge.two_sides`), which then says so: line by
  line, so that either version may have to be kept whole, or both. Of two heads, which side is ours
  does not depend on the machine (`pack.merge.heads`).
- Lines that both sides added at the same place are all kept, sorted by their text: entries that
  begin with a date come out in chronological order.
- What is not text, or is larger than a file may be, is not merged.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from pack.files import frontmatter
from pack.files.markdown import split_lines
from pack.files.text_form import form_of, formed, merge_forms, unformed
from pack.limits import MAX_FILE_BYTES
from pack.merge.body import merge_body, merge_plain
from pack.merge.diff import Diff, find_hunks
from pack.merge.frontmatter import MergedBlock, merge_block
from pack.merge.two_sides import KeyClash, TwoSides

_MARKDOWN: Final = (".md", ".markdown")
_PROSE: Final = (".txt", ".text")


@dataclass(frozen=True, slots=True)
class Merged:
    """The result of merging a file.

    Attributes:
        content: Its bytes.
        kept: The whole of theirs, if not all of it is in `content`; otherwise `None`.
        kept_ours: The same for ours, which gives way only where `TwoSides` decides.
        clashes: Values of keys that gave way; nothing but the log of events has them.
    """

    content: bytes
    kept: bytes | None
    kept_ours: bytes | None = None
    clashes: tuple[KeyClash, ...] = ()


@dataclass(frozen=True, slots=True)
class _Text:
    text: str
    loses_ours: bool = False
    loses_theirs: bool = False
    clashes: tuple[KeyClash, ...] = ()

    @property
    def is_clean(self) -> bool:
        return not (self.loses_ours or self.loses_theirs)


_MergeTexts = Callable[[str, str, str], _Text]


def merge_file(
    base: bytes | None,
    ours: bytes,
    theirs: bytes,
    sides: TwoSides | None = None,
    *,
    diff: Diff = find_hunks,
) -> Merged:
    """Merge both sides' changes to a markdown file. Never raises, whatever the bytes are.

    Args:
        base: What both sides started from; `None` if both added the file.
        ours: Our version.
        theirs: Their version.
        sides: Whose version stays in place in a conflict; `None` for ours.
        diff: Finds what each side changed.

    Returns:
        The merged file. If both sides added it, the version that contains all lines of the other,
        if one does.
    """

    def merge(base: str, ours: str, theirs: str) -> _Text:
        return _merge_markdown(base, ours, theirs, sides, diff)

    return _merge(base, ours, theirs, merge, sides)


def merge_text_file(
    base: bytes | None,
    ours: bytes,
    theirs: bytes,
    sides: TwoSides | None = None,
    *,
    keep_both: bool = True,
    diff: Diff = find_hunks,
) -> Merged:
    """Like `merge_file`, but by line only.

    Args:
        base: What both sides started from; `None` if both added the file.
        ours: Our version.
        theirs: Their version.
        sides: As in `merge_file`.
        keep_both: Whether to keep everything that the two sides inserted at the same place.
            Otherwise that is a conflict, as it should be in files for programs, where line order
            matters.
        diff: Finds what each side changed.
    """

    def merge(base: str, ours: str, theirs: str) -> _Text:
        prefer = sides.prefer() if sides is not None else None
        merged = merge_plain(base, ours, theirs, keep_both=keep_both, prefer=prefer, diff=diff)
        return _Text("".join(merged.lines), merged.loses_ours, merged.loses_theirs)

    return _merge(base, ours, theirs, merge, sides)


def merge_named(
    path: str,
    base: bytes | None,
    ours: bytes,
    theirs: bytes,
    sides: TwoSides | None = None,
    *,
    diff: Diff = find_hunks,
) -> Merged:
    """Like `merge_file`, or `merge_text_file` for what is not markdown by its name."""
    name = path.lower()
    if name.endswith(_MARKDOWN):
        return merge_file(base, ours, theirs, sides, diff=diff)
    keep_both = name.endswith(_PROSE)
    return merge_text_file(base, ours, theirs, sides, keep_both=keep_both, diff=diff)


def merge_mapping_file(base: bytes | None, ours: bytes, theirs: bytes) -> Merged:
    """Like `merge_file`, but by key for a JSON object that maps text to text; else by line."""
    if theirs in (ours, base):
        return Merged(ours, None)
    if ours == base:
        return Merged(theirs, None)
    old, mine, other = (_read_mapping(side) for side in (base or b"{}", ours, theirs))
    if old is None or mine is None or other is None:
        return merge_text_file(base, ours, theirs, keep_both=False)
    merged = {}
    is_clean = True
    for key in mine.keys() | other.keys():
        values = (old.get(key), mine.get(key), other.get(key))
        value, is_settled = _merge_value(*values)
        is_clean = is_clean and is_settled
        if value is not None:
            merged[key] = value
    text = json.dumps(merged, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
    content = text.encode("utf-8")
    if len(content) > MAX_FILE_BYTES:
        return Merged(ours, theirs)
    return Merged(content, None if is_clean else theirs)


def _merge_value(base: str | None, ours: str | None, theirs: str | None) -> tuple[str | None, bool]:
    """The merged value of a key, and whether it is free of conflict; an edit beats a deletion."""
    if theirs in (ours, base):
        return ours, True
    if ours == base:
        return theirs, True
    return (theirs if ours is None else ours), ours is None or theirs is None


def _read_mapping(content: bytes) -> Mapping[str, str] | None:
    text = _decode(content)
    try:
        pairs = json.loads(text or "", object_pairs_hook=tuple)
    except (ValueError, RecursionError):
        return None
    if not isinstance(pairs, tuple) or not all(_is_unicode(value) for _, value in pairs):
        return None
    mapping = dict(pairs)
    return mapping if len(mapping) == len(pairs) and all(map(_is_unicode, mapping)) else None


def _is_unicode(value: object) -> bool:
    """Whether a value is text without half a surrogate pair, which JSON can express by escapes."""
    try:
        return isinstance(value, str) and value.encode("utf-8") is not None
    except UnicodeEncodeError:
        return False


# --- text ----------------------------------------------------------------------------------------


def _merge(
    base: bytes | None, ours: bytes, theirs: bytes, merge: _MergeTexts, sides: TwoSides | None
) -> Merged:
    if theirs in (ours, base):
        return Merged(ours, None)
    if ours == base:
        return Merged(theirs, None)
    mine, other = _decode(ours), _decode(theirs)
    if mine is None or other is None:
        return _one_of(ours, theirs, sides)
    old = _decode(base) if base is not None else None
    merged = _merge_or_union(old, mine, other, merge)
    content = merged.text.encode("utf-8") if merged is not None else b""
    if merged is None or len(content) > MAX_FILE_BYTES:
        return _one_of(ours, theirs, sides)
    if _is_readable(mine) and _is_readable(other) and not _is_readable(merged.text):
        return _one_of(ours, theirs, sides)
    kept = theirs if merged.loses_theirs else None
    return Merged(content, kept, ours if merged.loses_ours else None, merged.clashes)


def _one_of(ours: bytes, theirs: bytes, sides: TwoSides | None) -> Merged:
    """One version in place, and the other whole beside it."""
    if sides is not None and sides.their_whole_stays():
        return Merged(theirs, None, ours)
    return Merged(ours, theirs)


def _decode(content: bytes) -> str | None:
    """The text of a file; `None` if it is not text or is too large."""
    if len(content) > MAX_FILE_BYTES or b"\0" in content:
        return None
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _is_readable(text: str) -> bool:
    return frontmatter.read(text).problem is None


def _merge_or_union(base: str | None, ours: str, theirs: str, merge: _MergeTexts) -> _Text | None:
    if base is None:
        return _merge_formed(None, ours, theirs, _merge_added, keep_line_ends=False)
    is_mixed = any(form_of(text).is_mixed for text in (base, ours, theirs))
    merged = _merge_formed(base, ours, theirs, merge, keep_line_ends=is_mixed)
    if is_mixed and (merged is None or not merged.is_clean):
        merged = _merge_formed(base, ours, theirs, merge, keep_line_ends=False)
    return merged


def _merge_formed(
    base: str | None,
    ours: str,
    theirs: str,
    merge: Callable[[str, str, str], _Text | None],
    *,
    keep_line_ends: bool,
) -> _Text | None:
    """The merged lines of three texts, in their merged form."""
    form = merge_forms(form_of(base) if base is not None else None, form_of(ours), form_of(theirs))
    lines = (unformed(text, keep_line_ends=keep_line_ends) for text in (base or "", ours, theirs))
    merged = merge(*lines)
    if merged is None:
        return None
    return replace(merged, text=formed(merged.text, form, keep_line_ends=keep_line_ends))


def _merge_added(_: str, ours: str, theirs: str) -> _Text | None:
    """Whichever of two new files contains all lines of the other; `None` if neither does."""
    mine, other = frontmatter.split(ours), frontmatter.split(theirs)
    if _is_unusual(mine, other):
        return _whole(_containing(ours, theirs))
    body = _containing(mine.body, other.body)
    if body is None:
        return None
    block = merge_block("", mine.block or "", other.block or "")
    if block is None or not block.is_clean:
        return _whole(_containing(ours, theirs))
    return _Text(_fences(frontmatter.split(""), mine, other, block) + body)


def _whole(text: str | None) -> _Text | None:
    return None if text is None else _Text(text)


def _containing(ours: str, theirs: str) -> str | None:
    """Whichever text contains all lines of the other in order."""
    mine, other = split_lines(ours), split_lines(theirs)
    if _is_within(other, mine):
        return ours
    return theirs if _is_within(mine, other) else None


def _is_within(few: list[str], many: list[str]) -> bool:
    rest = iter(many)
    return all(line in rest for line in few)


def _merge_markdown(base: str, ours: str, theirs: str, sides: TwoSides | None, diff: Diff) -> _Text:
    old, mine, other = (frontmatter.split(text) for text in (base, ours, theirs))
    block = merge_block(old.block or "", mine.block or "", other.block or "", sides)
    if block is None or _is_unusual(old, mine, other):
        prefer = sides.prefer() if sides else None
        whole = merge_plain(base, ours, theirs, prefer=prefer, diff=diff)
        return _Text("".join(whole.lines), whole.loses_ours, whole.loses_theirs)
    prefer = sides.prefer(mine.body_line - 1, other.body_line - 1) if sides else None
    body = merge_body(old.body, mine.body, other.body, prefer=prefer, diff=diff)
    text = _fences(old, mine, other, block) + "".join(body.lines)
    loses = block.loses_ours or body.loses_ours, block.loses_theirs or body.loses_theirs
    return _Text(text, *loses, block.clashes)


def _is_unusual(*sides: frontmatter.Parts) -> bool:
    """Whether something stands before the frontmatter or around the text; it must not get lost."""
    return any(parts.prefix or parts.suffix for parts in sides)


def _fences(
    base: frontmatter.Parts, ours: frontmatter.Parts, theirs: frontmatter.Parts, block: MergedBlock
) -> str:
    """The block between its fences; nothing if a side removed it and nothing is left in it."""
    sides = sorted((ours, theirs), key=lambda parts: (parts.opening, parts.closing))
    if not block.text:
        had = base.block is not None
        is_changed = any((side.block is not None) != had for side in sides)
        if had == is_changed:
            return ""
    changed = [side for side in sides if side.block is not None and side.opening != base.opening]
    fences = (changed or [side for side in sides if side.block is not None])[-1]
    closing = [side for side in sides if side.block is not None and side.closing != base.closing]
    end = (closing or [fences])[-1]
    return f"{fences.opening}{block.text}{end.closing}"
