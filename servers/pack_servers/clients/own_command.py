"""How another program starts this one, whatever its environment."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from pack_servers.clients.forms import StartedServer


def own_server(arguments: Sequence[str]) -> StartedServer:
    """The server of a memory, as a client starts it.

    Args:
        arguments: The options that name the memory.
    """
    program, *words = own_words()
    return StartedServer(program, [*words, "serve", *arguments])


def own_words() -> list[str]:
    """The words that start this program, the first an absolute path."""
    script = Path(sys.executable).with_name("pack.exe" if os.name == "nt" else "pack")
    return [str(script)] if script.exists() else [sys.executable, "-m", "pack_servers.cli"]
