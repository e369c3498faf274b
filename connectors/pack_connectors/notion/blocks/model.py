"""What a Notion page consists of, however it is sent: blocks with formatted text.

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
"""Kinds that can have blocks below them."""


@dataclass(frozen=True, slots=True)
class TextSpan:
    """A piece of text in one format.

    Attributes:
        text: Newlines in it are line breaks.
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
    """The text without its formats."""
    return "".join(span.text for span in spans)


def joined(spans: Iterable[TextSpan]) -> Spans:
    """The same text with neighbours of one format merged, and without empty pieces."""
    found = [span for span in spans if span.text]
    if len(found) < 2:
        return tuple(found)
    groups = groupby(found, key=_format)
    return tuple(replace(span, text=plain((span, *rest))) for _, (span, *rest) in groups)


def _format(span: TextSpan) -> tuple[object, ...]:
    return (span.bold, span.italic, span.strikethrough, span.code, span.link)


def count(blocks: Iterable[Block]) -> int:
    """How many blocks there are, those below others included."""
    return sum(1 + count(block.children) for block in blocks)


def depth(block: Block) -> int:
    """How many levels there are below a block."""
    return max((1 + depth(child) for child in block.children), default=0)
