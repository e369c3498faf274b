"""Single keys at a terminal."""

from __future__ import annotations

import os
import sys
from typing import Final

import typer

_LONGEST: Final = 32
"""Bytes that one key sends at most."""


def pressed_key(prompt: str) -> str:
    """The key that a person presses after they have seen the prompt.

    What they pressed before it does not count: they cannot have meant what they had not seen.
    """
    if os.name == "nt":
        print(prompt, end="", flush=True)
        return typer.getchar()
    # Imported here: Windows has neither.
    import termios  # noqa: PLC0415
    import tty  # noqa: PLC0415

    terminal = sys.stdin.fileno()
    before = termios.tcgetattr(terminal)
    tty.setcbreak(terminal, termios.TCSAFLUSH)
    try:
        print(prompt, end="", flush=True)
        return os.read(terminal, _LONGEST).decode("utf-8", "replace")
    finally:
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)
