"""Marked text: in colour where there is colour, with signs where there is none."""

from __future__ import annotations

from typing import Final

from pack.history.differences.told_lines import Mark, MarkedText, signed_line
from pack_servers.cli.shell.streams import is_terminal, printable

_STYLES: Final = {
    Mark.HEADING: "bold",
    Mark.ASIDE: "dim",
    Mark.REMOVED: "red strike",
    Mark.ADDED: "green",
    Mark.GONE: "red",
    Mark.COME: "green",
}


def show_marked(*parts: MarkedText) -> None:
    """Print a line."""
    if not is_terminal():
        print(printable(signed_line(parts)))
        return
    # Imported here: rich is slow to import, and only a person should wait for it.
    from pack_servers.cli.shell.terminal import console, show_line, styled  # noqa: PLC0415

    has_colour = console().color_system is not None and not console().no_color
    show_line(
        *(
            styled(
                text if has_colour else mark.signed(text),
                _STYLES.get(mark, "") if has_colour else "",
            )
            for text, mark in parts
        )
    )
