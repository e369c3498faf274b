"""A command at a terminal, as a person has it."""

from __future__ import annotations

import os
from collections.abc import Sequence

import pytest

from tests.stories.cli_driver import Folder
from tests.stories.prepared import start

pty = pytest.importorskip("pty", reason="pseudo terminals are POSIX")

ASKED = "[y/N]"


def at_terminal(
    memory: Folder, *words: str, typed: Sequence[tuple[str, str]] = (), **env: str
) -> tuple[int, str]:
    """Status and screen of a command whose three streams are a terminal.

    Args:
        memory: What the command is about.
        words: The command.
        typed: What is typed once a text has appeared on the screen, in order.
        env: More variables.
    """
    terminal, theirs = pty.openpty()
    env = {**os.environ, "TERM": "xterm", "COLUMNS": "90", **env}
    child = start([*words, "--local", str(memory.path)], terminal=theirs, env=env)
    os.close(theirs)
    screen = b""
    try:
        for prompt, keys in typed:
            seen = len(screen)
            while prompt.encode() not in screen[seen:]:
                screen += os.read(terminal, 1000)
            os.write(terminal, keys.encode())
        while part := read_screen(terminal):
            screen += part
    finally:
        os.close(terminal)
    return child.wait(60), screen.decode("utf-8").replace("\r\n", "\n")


def read_screen(terminal: int) -> bytes:
    """What has appeared on the screen; nothing once the command has ended."""
    try:
        return os.read(terminal, 100_000)
    except OSError:  # Linux: the other side has ended
        return b""
