"""What every use case works with: one memory's store, catalog, clock and writer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from pack.catalog import Catalog, Row, describe
from pack.catalog_sync import NO_COMMIT
from pack.connector import Connector
from pack.errors import NotInitialised
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

    def view(self) -> Catalog:
        """What is known of the files a reader sees; of a v1 memory's, they are looked up anew.

        Raises:
            NotInitialised: There is no memory.
        """
        if self.require_mode() is Mode.V2:
            self.reader.refresh()
            return self.catalog
        view = self.catalog.scratch()
        found = (describe(path, file.sha, file.content) for path, file in self.reader.v1_files())
        view.replace(NO_COMMIT, [row for row in found if row is not None])
        return view

    def rows(self) -> Sequence[Row]:
        """What is known of each file a reader sees, sorted by path.

        Raises:
            NotInitialised: There is no memory.
        """
        return self.view().list_rows().rows
