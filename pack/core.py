"""What every use case works with: one memory's store, catalog, clock and writer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime

from pack.catalog import Catalog, Row, describe
from pack.connector import Connector
from pack.errors import NotInitialised
from pack.model import MemoryPath
from pack.provenance import Origin
from pack.reading import Reader
from pack.results import Mode
from pack.writing import Writer


@dataclass(frozen=True, slots=True)
class Core:
    """One memory, for one writer.

    Attributes:
        connector: Where it is kept.
        catalog: What is known of its files; derived, may be empty.
        clock: Tells the time, with a time zone.
        origin: Who writes.
        reader: Reads it.
        writer: Writes to it.
    """

    connector: Connector
    catalog: Catalog
    clock: Callable[[], datetime]
    origin: Origin
    reader: Reader
    writer: Writer

    def today(self) -> date:
        """The date in UTC."""
        return self.clock().astimezone(UTC).date()

    def require_mode(self) -> Mode:
        """What is at the root: a v2 or a v1 memory.

        Raises:
            NotInitialised: Neither is.
        """
        mode = self.reader.mode()
        if mode is Mode.EMPTY:
            raise NotInitialised(self.connector.location)
        return mode

    def rows(self) -> list[Row]:
        """What is known of each file a reader sees, sorted by path; the one file of a v1 memory.

        Raises:
            NotInitialised: There is no memory.
        """
        if self.require_mode() is Mode.V2:
            return self.reader.rows()
        path: MemoryPath = self.reader.v1_path
        found = self.reader.find(path)
        row = describe(path, found.sha, found.content) if found else None
        return [row] if row else []
