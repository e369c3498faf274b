"""The memory that a command is about."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pack.errors import InvalidConfig, NotFound
from pack.memory import Memory
from pack.model import BlobId
from pack.paths import as_path, parse_stored_path
from pack.provenance import Origin, Source
from pack_servers.cli.shell.caller import calling_origin
from pack_servers.cli.shell.streams import say
from pack_servers.config.settings import Settings, load_settings
from pack_servers.wiring import memory as wiring
from pack_servers.wiring.place import Announce
from pack_servers.wiring.places import choose_place, refuse_copies


@contextmanager
def opened(
    local: Path | None,
    github: str | None,
    announce: Announce = say,
    *,
    copies: bool = False,
    writer: str | None = None,
) -> Iterator[Memory]:
    """Open the memory of a command, and close it at the end.

    Args:
        local: `--local`, as it was given.
        github: `--github`, as it was given.
        announce: Told which memory it is if nobody named it, and of waits.
        copies: Whether the command copies the memory to the user's services.
        writer: `--as`, as it was given.

    Raises:
        NotInitialised: The folder or repository holds no memory.
        InvalidConfig: It would be copied, and nobody named it.
        PackError: The settings or the repository cannot be used.
    """
    settings = load_settings()
    place = choose_place(settings, local, github, announce)
    if copies:
        refuse_copies(settings, place)
    origin = _origin(settings, writer, announce)
    with wiring.open_memory(settings, place, announce, origin=origin) as memory:
        yield memory


def _origin(settings: Settings, writer: str | None, announce: Announce) -> Origin:
    """Who writes; nobody of authority if a setting says what cannot be: a read needs none."""
    try:
        return calling_origin(settings, writer)
    except InvalidConfig as error:
        if writer is not None:
            raise
        announce(f"{error}; until that is corrected, this command counts as an AI in the cloud")
        return Origin(Source.AI_CLOUD, "cli")


def sha_now(memory: Memory, path: str) -> BlobId:
    """The current version of a file, whether or not it is text.

    Raises:
        NotFound, NotInitialised, InvalidPath: As `Memory.get`.
    """
    try:
        return memory.connector.get_contents(parse_stored_path(as_path(path))).sha
    except NotFound:
        return memory.notes.get(
            path
        ).sha  # this says whether the file or the whole memory is missing
