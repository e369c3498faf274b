"""Tables and colours, for terminals only. A module of its own because rich is slow to import."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Final

from rich.console import Console
from rich.text import Text

from pack_servers.cli.shell.streams import is_terminal, printable

_WIDE: Final = 100_000
"""The width assumed for a file or a program, so that nothing is cut or wrapped for it."""
_GAP: Final = "  "


def console() -> Console:
    """A console on stdout. It has colours only on a terminal and without `NO_COLOR`."""
    terminal = is_terminal()
    return Console(
        file=sys.stdout,
        force_terminal=terminal,
        width=None if terminal else _WIDE,
        markup=False,
        highlight=False,
        emoji=False,
    )


def styled(text: str, style: str = "") -> Text:
    """Text for a table or a line, without control characters or markup."""
    return Text(printable(text).replace("\n", " "), style)


def show_line(*parts: Text) -> None:
    """Print parts side by side, on a line that is not wrapped."""
    console().print(Text.assemble(*parts), soft_wrap=True)


def show_table(head: Sequence[str], rows: Sequence[Sequence[Text]]) -> None:
    """Print rows under their headings; where they do not fit, on two lines each."""
    target = console()
    heads = [Text(name.upper(), "bold") for name in head]
    widths = [max(cell.cell_len for cell in column) for column in zip(heads, *rows, strict=True)]
    fits = sum(widths) + len(_GAP) * (len(widths) - 1) <= target.width
    for row in (heads, *rows) if fits else rows:
        line = _padded(row, widths) if fits else _stacked(row)
        target.print(line, soft_wrap=True)


def _padded(row: Sequence[Text], widths: Sequence[int]) -> Text:
    cells = [cell.copy() for cell in row]
    for cell, width in zip(cells, widths, strict=True):
        cell.pad_right(width - cell.cell_len)
    line = Text(_GAP).join(cells)
    line.rstrip()
    return line


def _stacked(row: Sequence[Text]) -> Text:
    rest = Text("  ·  ").join(cell for cell in row[1:] if cell)
    return Text.assemble(row[0], "\n    ", rest) if rest else row[0]
