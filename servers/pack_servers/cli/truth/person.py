"""Only a person at a terminal decides; anybody else is told what that person has to type."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from pack.actions import Action
from pack.errors import AskThePerson
from pack_servers.cli.shell.streams import can_ask

VIA: Final = "tty"
"""How a person at the command line says yes, as the commit records it."""
_REASON: Final = "only a person at a terminal can do that"


@contextmanager
def for_a_person(*command: str) -> Iterator[None]:
    """Let only a person do what is in the block.

    Args:
        command: What a person types for it.

    Raises:
        AskThePerson: There is no terminal, or an agent uses it; the remedy has the command.
    """
    try:
        if not can_ask():
            raise AskThePerson(_REASON, Action.ACCEPT_PROPOSAL)
        yield
    except AskThePerson as error:
        error.remedy = f"Ask the person to type: `{shlex.join(command)}`."
        raise
