"""Blocks split to fit what Notion accepts in one block, with nothing lost.

Source: Notion API reference, "Request limits": 2,000 characters (UTF-16 units) in a piece of text,
100 pieces in a block, 500 KB in a request.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from pack_connectors.notion.blocks.model import PARENTS, Block, Spans, TextSpan

MAX_TEXT: Final = 2000
MAX_SPANS: Final = 60
"""Of 100: a hundred full pieces at three bytes per character would be too long for a request."""


def fitted(blocks: Iterable[Block]) -> list[Block]:
    """The blocks; those that are too long continue in further ones."""
    return [fitting for block in blocks for fitting in _fit(block)]


def _fit(block: Block) -> Iterator[Block]:
    if block.kind == "table":
        yield from _fit_table(block)
        return
    first, *more = pieces(block.spans) or [()]
    children = fitted(block.children)
    below = block.kind in PARENTS and block.kind != "paragraph"
    rest = [_continued(block, spans) for spans in more]
    yield replace(block, spans=first, children=tuple([*rest, *children] if below else children))
    if not below:
        yield from rest


def _continued(block: Block, spans: Spans) -> Block:
    if block.kind == "code":
        return Block("code", spans, language=block.language)
    return Block("paragraph", spans)


def _fit_table(table: Block) -> Iterator[Block]:
    """The table, or its rows as text if a cell is too long for a table."""
    rows = [[pieces(cell) or [()] for cell in row.cells] for row in table.children]
    if all(len(cell) == 1 for row in rows for cell in row):
        cut = (Block("table_row", cells=tuple(cell[0] for cell in row)) for row in rows)
        yield replace(table, children=tuple(cut))
        return
    for row in table.children:
        spans = [span for cell in row.cells for span in (TextSpan("| "), *cell, TextSpan(" "))]
        yield from _fit(Block("paragraph", tuple(spans)))


def pieces(spans: Sequence[TextSpan]) -> list[Spans]:
    """The text in as many parts as it needs blocks."""
    short = [part for span in spans for part in _short(span)]
    return [tuple(short[at : at + MAX_SPANS]) for at in range(0, len(short), MAX_SPANS)]


def _short(span: TextSpan) -> Iterator[TextSpan]:
    """A piece of text in parts of at most 2,000 UTF-16 units; no character is split."""
    if len(span.text) * 2 <= MAX_TEXT:
        yield span
        return
    start = units = 0
    for at, character in enumerate(span.text):
        size = 2 if ord(character) > 0xFFFF else 1
        if units + size > MAX_TEXT:
            yield replace(span, text=span.text[start:at])
            start, units = at, 0
        units += size
    yield replace(span, text=span.text[start:])
