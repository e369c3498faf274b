"""A table of markdown as text in columns: a document keeps it, and any reader can read it."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING, Final

from pack_connectors.google_docs.inline import inline_runs
from pack_connectors.google_docs.text import Look, Paragraph, TextRun, merged

if TYPE_CHECKING:
    from markdown_it.token import Token

CODE: Final = Look(code=True)
_WIDEST: Final = 100
"""Columns of a table that are filled up with spaces; a wider one would be broken anyway."""
_Cell = tuple[TextRun, ...]


def table_paragraphs(tokens: Sequence[Token], indent: int) -> Iterator[Paragraph]:
    """One paragraph for each row, and a rule below the head.

    Args:
        tokens: From `table_open` to `table_close`.
        indent: Points from the margin.
    """
    rows = _rows(tokens)
    widths = [max(_width(cell) for cell in column) for column in zip_longest(*rows, fillvalue=())]
    if sum(widths) > _WIDEST:
        widths = [0] * len(widths)
    for number, row in enumerate(rows):
        yield Paragraph(merged(_line(row, widths)), indent=indent)
        if number == 0:
            rule = "|".join("-" * (width + 2) for width in widths)
            yield Paragraph((TextRun(f"|{rule}|", CODE),), indent=indent)


def _rows(tokens: Sequence[Token]) -> list[list[_Cell]]:
    rows: list[list[_Cell]] = []
    for token in tokens:
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "inline":
            rows[-1].append(inline_runs(token.children or (), CODE))
    return rows


def _line(row: Sequence[_Cell], widths: Sequence[int]) -> Iterator[TextRun]:
    yield TextRun("|", CODE)
    for cell, width in zip(row, widths, strict=True):
        yield TextRun(" ", CODE)
        yield from cell
        yield TextRun(" " * max(0, width - _width(cell)) + " |", CODE)


def _width(cell: _Cell) -> int:
    """How many columns a cell takes in a typeface of fixed width."""
    return sum(_columns(character) for run in cell for character in run.text)


def _columns(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
