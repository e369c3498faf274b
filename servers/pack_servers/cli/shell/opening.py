"""The memory that a command is about."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pack.errors import NotFound
from pack.memory import Memory
from pack.model import BlobId
from pack.paths import parse_stored_path
from pack_servers.cli.shell.streams import say
from pack_servers.config.place import choose_place
from pack_servers.config.settings import load_settings
from pack_servers.wiring import memory as wiring


@contextmanager
def opened(local: Path | None, github: str | None) -> Iterator[Memory]:
    """The memory of a command, closed at the end.

    Raises:
        NotInitialised: There is none in the folder or repository.
        PackError: The settings or the repository cannot be used.
    """
    settings = load_settings()
    with wiring.open_memory(settings, choose_place(settings, local, github), say) as memory:
        yield memory


def sha_now(memory: Memory, path: str) -> BlobId:
    """The version of a file that is there now, readable as text or not.

    Raises:
        NotFound, NotInitialised, InvalidPath: As `Memory.get`.
    """
    try:
        return memory.connector.get_contents(parse_stored_path(path)).sha
    except NotFound:
        return memory.notes.get(path).sha  # which says whether the file is missing or the memory
