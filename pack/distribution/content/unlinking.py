"""Changes a text at the places of its links, and turns a link into the text that it shows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from pack.distribution.content.links import LinkKind, LinkSpan
from pack.files.yaml_block import LINE_END

Edit = tuple[int, int, str]
"""Characters from one place to another become a text."""

_BEGINS_BLOCK: Final = re.compile(
    r"#{1,6}(?:[ \t]|$)|[-+*](?:[ \t]|$)|>|[-=]+[ \t]*$|(?:[-_*][ \t]*){3,}$|~{3}|`{3,}[^`\n]*$",
    re.MULTILINE,
)
_BEGINS_ITEM: Final = re.compile(r"([0-9]{1,9})([.)])(?=[ \t\r\n]|$)")


def edited(body: str, edits: Iterable[Edit]) -> str:
    """The text with all edits, which do not overlap."""
    pieces, done = list[str](), 0
    for start, end, new in sorted(edits):
        pieces += (body[done:start], new)
        done = end
    return "".join((*pieces, body[done:]))


def unlinked(body: str, link: LinkSpan) -> Iterator[Edit]:
    """What makes a link the text that it shows."""
    whole, label = link.whole, link.label
    if link.kind is LinkKind.DEFINITION:
        yield (*_line_of(body, whole.start, whole.end), "")
    elif link.kind is LinkKind.HTML:
        yield (*whole, "")
        if link.closing is not None:
            yield (*link.closing, "")
    elif link.kind is LinkKind.WIKI:
        yield (*whole, _shown(body[slice(*label)], is_alias=label != link.target))
    elif link.kind is LinkKind.HTML_IMAGE:
        yield (*whole, body[slice(*label)])
    else:
        yield whole.start, label.start, _escape(body, whole.start, body[slice(*label)])
        yield from _escaped_item(body, link)
        yield label.end, whole.end, ""


def _shown(name: str, *, is_alias: bool) -> str:
    """What a reader sees of a wiki link: never the folders of a note that stays."""
    return name if is_alias else name.strip().rpartition("/")[2].removesuffix(".md")


def _line_of(body: str, start: int, end: int) -> tuple[int, int]:
    """A definition with its line end, if nothing else is on the line."""
    before = _line_start(body, start)
    if body[before:start].strip():
        return start, end
    after = LINE_END.match(body, end)
    return before, after.end() if after is not None else end


def _line_start(body: str, at: int) -> int:
    return max(body.rfind("\n", 0, at), body.rfind("\r", 0, at)) + 1


def _begins_line(body: str, at: int) -> bool:
    """Whether a place is the first one of its line, not counting marks of lists and quotations."""
    before = _line_start(body, at)
    return not body[before:at].strip(" \t>-+*0123456789.)")


def _escape(body: str, at: int, label: str) -> str:
    """What keeps the text of a link from beginning a block of its own."""
    return "\\" if _begins_line(body, at) and _BEGINS_BLOCK.match(label) else ""


def _escaped_item(body: str, link: LinkSpan) -> Iterator[Edit]:
    """The same for a number that would begin a list."""
    match = _BEGINS_ITEM.match(body, link.label.start, link.label.end)
    if match is not None and _begins_line(body, link.whole.start):
        yield match.start(2), match.start(2), "\\"
