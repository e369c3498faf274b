"""When a file was changed last, from the log; asked once for each commit, then known (design 4)."""

from __future__ import annotations

from datetime import datetime

from pack.catalog.catalog import Catalog
from pack.catalog.refresh import bring_up, bring_up_dates
from pack.connector import Capability, Connector
from pack.model import MemoryPath


def changed_at(catalog: Catalog, connector: Connector, path: MemoryPath) -> datetime | None:
    """When the last commit that changed a committed memory file was made; `None` if none did.

    Costs a look into the catalog, and after new commits a walk over those. Where the log is far
    away (no `Capability.LOG`), that of the file is asked for each time.

    Raises:
        ConnectorError: The store cannot be read.
    """
    head = connector.head()
    if head is None:
        return None
    if Capability.LOG not in connector.capabilities:
        last = next(connector.last_changes(None, head, path), None)
        return last.at if last else None
    bring_up(catalog, connector, head)
    bring_up_dates(catalog, connector, head)
    found = catalog.last_change(path)
    return found.at if found else None
