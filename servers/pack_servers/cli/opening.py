"""The memory that a command is about."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pack.memory import Memory
from pack_servers import wiring
from pack_servers.settings import load_settings


@contextmanager
def opened(local: Path | None) -> Iterator[Memory]:
    """The memory of a command, closed at the end.

    Raises:
        NotInitialised: There is none in the folder.
        PackError: The settings or the repository cannot be used.
    """
    settings = load_settings()
    with wiring.open_memory(settings, wiring.memory_dir(settings, local)) as memory:
        yield memory
