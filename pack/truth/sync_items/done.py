"""Which sync items were taken already, so that one that is pushed again is not taken twice.

The commit of an item has a trailer with its id. Ids of one role say nothing about those of another.
"""

from __future__ import annotations

import hashlib
from typing import Final

from pack.core.core import Core
from pack.log import CommitFacts, LogQuery
from pack.truth.sync_items.claims import SyncCaller

ITEM: Final = "Pack-Sync-Item"


def item_trailer(item_id: str, caller: SyncCaller) -> tuple[str, str]:
    """The trailer of the commit that takes an item."""
    text = f"{caller.role}\0{item_id}".encode("utf-8", "surrogatepass")
    return ITEM, hashlib.sha256(text).hexdigest()[:32]


def find_done(core: Core, item_id: str, caller: SyncCaller) -> CommitFacts | None:
    """The commit that took an item; `None` if none did."""
    head = core.connector.head()
    if head is None:
        return None
    name, value = item_trailer(item_id, caller)
    wanted = f"\n{name}: {value}"
    for commit in core.log.read(LogQuery(head)):
        if wanted in commit.message and commit.trailers.get(name) == value:
            return commit
    return None
