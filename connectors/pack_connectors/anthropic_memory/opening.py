"""Whose memory a tool works on: one that is open already, or that of a folder."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from importlib.metadata import entry_points
from pathlib import Path
from typing import Final

from pack.callers import ClientOrigins, Transport
from pack.deferred import dataclass
from pack.errors import Unavailable
from pack.memory import Memory
from pack.provenance import Origin, Source

Folder = str | os.PathLike[str]
OPENERS: Final = "pack.openers"
"""The group of entry points with what opens a memory by its folder. No connector can do that
itself, as it knows no other; a plug-in can."""
_FOLDER: Final = "folder"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who writes through a tool.

    Attributes:
        client: The name of the program, which its commits bear.
        source: What kind of writer it is; `None` for what the settings say of the client.
        model: The model behind it, such as `anthropic/claude-sonnet-5`, if that is known.
    """

    client: str
    source: Source | None = None
    model: str | None = None

    def origin(self, origins: ClientOrigins) -> Origin:
        """The writer, by what clients count as."""
        if self.source is not None:
            return Origin(self.source, self.client, self.model)
        found = origins.of(self.client, Transport.STDIO)
        return Origin(found.source, self.client, self.model or found.model)


OpenFolder = Callable[
    [Path | None, Callable[[ClientOrigins], Origin]], AbstractContextManager[Memory]
]


def opened(memory: Memory | Folder | None, caller: Caller) -> AbstractContextManager[Memory]:
    """A memory as the caller sees it.

    Args:
        memory: One that is open, and that stays so; a folder; or `None` for the memory that the
            settings name.
        caller: Who writes.

    Raises:
        Unavailable: Nothing is installed that opens folders.
    """
    if isinstance(memory, Memory):
        return nullcontext(memory.written_by(caller.origin(ClientOrigins())))
    found = next(iter(entry_points(group=OPENERS, name=_FOLDER)), None)
    if found is None:
        raise Unavailable("what opens a memory by its folder is not installed")
    open_folder: OpenFolder = found.load()
    return open_folder(Path(memory) if memory is not None else None, caller.origin)
