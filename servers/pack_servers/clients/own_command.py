"""How another program starts this one, whatever its environment."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from pack.errors import InvalidConfig
from pack_servers.clients.forms import StartedServer


def own_server(arguments: Sequence[str]) -> StartedServer:
    """The server of a memory, as a client starts it.

    Args:
        arguments: The options that name the memory.
    """
    program, *words = own_words()
    return StartedServer(program, [*words, "serve", *arguments])


def check_arguments(arguments: Sequence[str]) -> None:
    """See that a settings file can hold the options that name a memory.

    Raises:
        InvalidConfig: They have a name that is not UTF-8, as all settings are.
    """
    for each in arguments:
        try:
            each.encode()
        except UnicodeEncodeError as cause:
            error = InvalidConfig("the memory", f"{each!r} is not UTF-8, as settings have to be")
            error.remedy = "Rename its folder, or name it by a link with a plain name."
            raise error from cause


def own_words() -> list[str]:
    """The words that start this program, the first an absolute path."""
    script = Path(sys.executable).with_name("pack.exe" if os.name == "nt" else "pack")
    return [str(script)] if script.exists() else [sys.executable, "-m", "pack_servers.cli"]
