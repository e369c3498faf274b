"""Marked text: in colour where there is colour, with signs where there is none."""

from __future__ import annotations

from enum import Enum

from pack_servers.cli.shell.streams import is_terminal, printable


class Mark(Enum):
    """What a piece of text is, with the colour it has and the signs around it without colour."""

    PLAIN = ("", "", "")
    HEADING = ("bold", "", "")
    ASIDE = ("dim", "", "")
    REMOVED = ("red strike", "[-", "-]")
    ADDED = ("green", "{+", "+}")
    GONE = ("red", "", "")
    COME = ("green", "", "")

    @property
    def style(self) -> str:
        """Its colour."""
        return self.value[0]

    def signed(self, text: str) -> str:
        """The text between its signs."""
        return f"{self.value[1]}{text}{self.value[2]}"


def show_marked(*parts: tuple[str, Mark]) -> None:
    """Print a line."""
    if not is_terminal():
        print(printable("".join(mark.signed(text) for text, mark in parts)).rstrip(" "))
        return
    # Imported here: rich is slow to import, and only a person should wait for it.
    from pack_servers.cli.shell.terminal import console, show_line, styled  # noqa: PLC0415

    has_colour = console().color_system is not None
    show_line(
        *(
            styled(text if has_colour else mark.signed(text), mark.style if has_colour else "")
            for text, mark in parts
        )
    )
