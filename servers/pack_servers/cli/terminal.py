"""Tables and colours, which only a terminal gets. Apart, since rich takes time to import."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from pack_servers.cli.streams import is_terminal, printable

_WIDE: Final = 100_000
"""Columns that a file or a program is taken to have: nothing is cut or wrapped for it."""


def console() -> Console:
    """A console on stdout. Colours need a terminal, and no `NO_COLOR`, whatever else is set."""
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
    """Text for a table or a line; what memory holds in it is only shown."""
    return Text(printable(text).replace("\n", " "), style)


def show_line(*parts: Text) -> None:
    """Parts one after the other, on a line that is not wrapped."""
    console().print(Text.assemble(*parts), soft_wrap=True)


def show_table(head: Sequence[str], rows: Sequence[Sequence[Text]]) -> None:
    """Rows under their heads. The first column is never cut, so that it can be copied."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for number, name in enumerate(head):
        table.add_column(
            name.upper(), no_wrap=number == 0, overflow="ignore" if number == 0 else "ellipsis"
        )
    for row in rows:
        table.add_row(*row)
    target = console()
    with target.capture() as shown:
        target.print(table)
    for line in shown.get().splitlines():
        print(line.rstrip())
