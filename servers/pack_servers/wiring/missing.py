"""A memory that is not there, for a server whose client has to be told so.

A client shows nobody what a server says, and often not even that it ended. What it does show is the
answers to calls. So this memory refuses everything, always for the same reason.
"""

from __future__ import annotations

from collections.abc import Set
from typing import Any, cast

from pack.catalog.catalog import Catalog
from pack.connector import Capability, Connector
from pack.memory import Memory
from pack_servers.wiring.clock import clock, new_request
from pack_servers.wiring.memory import CLI_ORIGIN
from pack_servers.wiring.place import MissingMemory


class _Missing:
    """Stands for a store, and refuses whatever it is asked."""

    capabilities: Set[Capability] = frozenset()

    def __init__(self, error: MissingMemory) -> None:
        self._error = error

    def __getattr__(self, name: str) -> Any:
        raise self._error.with_traceback(None)


def refusing_memory(error: MissingMemory) -> Memory:
    """A memory whose every use raises an error."""
    missing = _Missing(error)
    return Memory.over(
        cast("Connector", missing),
        cast("Catalog", missing),
        clock=clock,
        origin=CLI_ORIGIN,
        new_request=new_request,
    )
