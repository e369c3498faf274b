"""A table of markdown as text in columns, which a document keeps and any reader can read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import Final

from pack_connectors.google_docs.text import Look, Paragraph, TextRun, merged

CODE: Final = Look(code=True)
_WIDEST: Final = 100
"""Columns up to which cells are padded with spaces; a wider table would wrap anyway."""
Cell = tuple[TextRun, ...]


def table_paragraphs(rows: Sequence[Sequence[Cell]], indent: int) -> Iterator[Paragraph]:
    """One paragraph for each row, and a rule below the head.

    Args:
        rows: The cells, the head first.
        indent: Points from the margin.
    """
    widths = [max(map(_width, column)) for column in zip_longest(*rows, fillvalue=())]
    if sum(widths) > _WIDEST:
        widths = [0] * len(widths)
    for number, row in enumerate(rows):
        yield Paragraph(merged(_line(row, widths)), indent=indent)
        if number == 0:
            rule = "|".join("-" * (width + 2) for width in widths)
            yield Paragraph((TextRun(f"|{rule}|", CODE),), indent=indent)


def _line(row: Sequence[Cell], widths: Sequence[int]) -> Iterator[TextRun]:
    yield TextRun("|", CODE)
    for cell, width in zip(row, widths, strict=True):
        yield TextRun(" ", CODE)
        yield from cell
        yield TextRun(" " * max(0, width - _width(cell)) + " |", CODE)


def _width(cell: Cell) -> int:
    """How many columns a cell takes in a typeface of fixed width."""
    # Here, as it takes time to import and most processes never write a document.
    from rich.cells import cell_len  # noqa: PLC0415

    return sum(cell_len(run.text) for run in cell)
