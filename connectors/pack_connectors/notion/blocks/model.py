"""What a Notion page is made of, apart from how it is sent: blocks, and marked text in them.

The names of the kinds are Notion's own (`paragraph`, `to_do`). Source: Notion API reference,
"Block" and "Rich text".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Final

LIST_KINDS: Final = frozenset({"bulleted_list_item", "numbered_list_item", "to_do"})
PARENTS: Final = LIST_KINDS | {"quote", "paragraph", "toggle", "callout"}
"""Kinds that may have blocks below them, and are sent as such."""


@dataclass(frozen=True, slots=True)
class TextSpan:
    """A stretch of text with one look.

    Attributes:
        text: May hold newlines, which are line breaks.
        link: An absolute address.
    """

    text: str
    bold: bool = False
    italic: bool = False
    strikethrough: bool = False
    code: bool = False
    link: str | None = None


Spans = tuple[TextSpan, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """A block, with those below it.

    Attributes:
        kind: Notion's word for it.
        spans: Its text; of an image, the caption.
        children: The blocks below it; of a table, its rows.
        cells: Of a row of a table.
        language: Of code, one of those that Notion knows.
        url: Of an image.
        is_checked: Of a task.
    """

    kind: str
    spans: Spans = ()
    children: tuple[Block, ...] = ()
    cells: tuple[Spans, ...] = ()
    language: str = ""
    url: str = ""
    is_checked: bool = False


def plain(spans: Iterable[TextSpan]) -> str:
    """The text without its look."""
    return "".join(span.text for span in spans)


def joined(spans: Iterable[TextSpan]) -> Spans:
    """The same text with neighbours of one look as one, and without empty ones."""
    found = [span for span in spans if span.text]
    if len(found) < 2:
        return tuple(found)
    groups = groupby(found, key=_look)
    return tuple(replace(span, text=plain((span, *rest))) for _, (span, *rest) in groups)


def _look(span: TextSpan) -> tuple[object, ...]:
    return (span.bold, span.italic, span.strikethrough, span.code, span.link)


def count(blocks: Iterable[Block]) -> int:
    """How many blocks there are, those below others included."""
    return sum(1 + count(block.children) for block in blocks)


def depth(block: Block) -> int:
    """How many levels there are below a block."""
    return max((1 + depth(child) for child in block.children), default=0)
