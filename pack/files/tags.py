"""Tags as people and other tools write them: in frontmatter, and inside the text.

`#` at the beginning of a tag counts for nothing. In frontmatter, a single text is divided at commas
and blanks, as Obsidian does, while an item of a list stays one tag, of however many words.

In the text, a tag is `#` with letters, digits, `-`, `_` and `/` after it, at least one of them no
digit, at the beginning of a line or after a blank. What is in code, in a heading or in an HTML
comment is none.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pack.deferred import pattern
from pack.files.markdown import code_spans, split_lines

_DIVIDED: Final = pattern(r"[,\s]+")
_TAG: Final = pattern(r"(?<!\S)#([\w/-]+)")
_FENCE: Final = pattern(r" {0,3}(`{3,}|~{3,})([^\r\n]*)")
_HEADING: Final = pattern(r" {0,3}#{1,6}(?:[ \t]|\Z)")
_REMOVED: Final = "`"
"""Stands for what was removed, so that no tag begins right after it."""
_MOST: Final = 100
"""How many tags of a text count; a text with more of them is no note that somebody has tagged."""


def plain_tag(text: str) -> str:
    """A tag without the sign in front of it."""
    return text.strip().lstrip("#").strip().rstrip("/")


def tags_in_field(value: object) -> list[str]:
    """The tags that the value of a field names; none for what cannot be tags."""
    if isinstance(value, list):
        texts = [text for item in value if (text := _text(item)) is not None]
    else:
        texts = _DIVIDED.split(_text(value) or "")
    return [tag for text in texts if (tag := plain_tag(text))]


def _text(value: object) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str | int | float) else None


def tags_in_text(body: str) -> list[str]:
    """The tags inside a text, each once, in its order; at most 100."""
    if "#" not in body or _TAG.search(body) is None:  # most signs begin a heading
        return []
    found: dict[str, None] = {}
    for line in _prose(body):
        for match in _TAG.finditer(line):
            tag = match[1].strip("/-")
            if tag and not tag.replace("/", "").replace("-", "").isdigit():
                found[tag] = None
        if len(found) >= _MOST:
            break
    return list(found)[:_MOST]


def _prose(body: str) -> Iterator[str]:
    """The lines that can hold a tag, without the code in them."""
    fence = ""
    in_comment = False
    for line in split_lines(body):
        marks = _FENCE.match(line)
        if marks is not None and not in_comment:
            if not fence:
                fence = marks[1]
            elif marks[1].startswith(fence) and not marks[2].strip():
                fence = ""
        elif not fence and not line.startswith(("    ", "\t")):
            text, in_comment = _uncommented(line, is_inside=in_comment)
            if "#" in text and not _HEADING.match(text):
                yield _without_code(text)


def _without_code(line: str) -> str:
    """A line with a sign in place of each code span."""
    pieces, last = [], 0
    for start, end in code_spans(line):
        pieces.append(line[last:start])
        last = end
    return _REMOVED.join([*pieces, line[last:]])


def _uncommented(line: str, *, is_inside: bool) -> tuple[str, bool]:
    """A line without HTML comments, and whether one goes on after it."""
    kept = [""] if is_inside else []
    rest = line
    while rest:
        if is_inside:
            _, end, rest = rest.partition("-->")
            is_inside = not end
        else:
            before, begin, rest = rest.partition("<!--")
            kept.append(before)
            is_inside = bool(begin)
    return _REMOVED.join(kept), is_inside
