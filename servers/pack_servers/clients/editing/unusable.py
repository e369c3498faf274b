"""What is wrong with a settings file, before it is known which file that is."""

from __future__ import annotations


class Unusable(Exception):
    """A text that cannot be edited. Stays in this room.

    Attributes:
        line: Where, counted from 1; `None` if that is not known.
    """

    def __init__(self, what: str, reason: str, line: int | None = None) -> None:
        super().__init__(f"{what} {reason}")
        self.line = line
