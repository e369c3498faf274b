"""Asking the person about places that only the memory names."""

from __future__ import annotations

from collections.abc import Sequence

from pack_servers.cli.shell.streams import ask, can_ask, one_line, say


def agrees(addresses: Sequence[str]) -> bool:
    """Whether the person agrees that this machine reads some places; no, if nobody can be asked.

    `--yes` does not count: whoever said it could not know what somebody else has written.
    """
    if not can_ask():
        return False
    say("nobody at this machine has used these addresses, which the memory names:")
    for address in addresses:
        say(f"  {one_line(address)}")
    return ask("Read what is there, with your keys, and have it in this memory?")
