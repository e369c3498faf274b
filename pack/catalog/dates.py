"""Finds out when a file was last changed; each commit in the log is read only once."""

from __future__ import annotations

from datetime import datetime

from pack.catalog.catalog import Catalog
from pack.catalog.refresh import bring_up, bring_up_dates
from pack.connector import Capability, Connector
from pack.model import MemoryPath


def changed_at(catalog: Catalog, connector: Connector, path: MemoryPath) -> datetime | None:
    """The time of the last commit that changed a memory file; `None` if none did.

    Costs a look into the catalog and, after new commits, a walk through those. If the log is remote
    (no `Capability.LOG`), the last commit of the file is requested each time.

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
