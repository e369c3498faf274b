"""Only the person decides; anybody else is told what that person has to type."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import contextmanager

from pack.actions import Action
from pack.errors import AskThePerson
from pack.memory import Memory
from pack_servers.cli.shell.streams import can_ask


@contextmanager
def for_the_person(memory: Memory, action: Action, *command: str) -> Iterator[str]:
    """Let only the person do what is in the block, and say how they give their word.

    Args:
        memory: As whoever has started this command sees it.
        action: What the block does.
        command: What the person types for it.

    Yields:
        `tty` at a terminal, `script` for what the person lets a script do.

    Raises:
        AskThePerson: It is not the person; the remedy has the command.
    """
    try:
        memory.proposals.refuse_others(action, command)
        yield "tty" if can_ask() else "script"
    except AskThePerson as error:
        error.remedy = f"Ask the person to type at a terminal: {shlex.join(command)}"
        raise
