"""A commit read as if it were the current one keeps what reading promises."""

from datetime import UTC, datetime

import pytest
from pack_connectors.in_memory import InMemoryConnector

from pack.history.snapshot import PastStore
from pack.testing import LoggedCommit
from pack.testing.connector import ReadingContract, RulesContract

NOW = datetime(2026, 1, 2, tzinfo=UTC)
READS = (
    "get_contents", "get_committed", "exclusion", "list_dir", "get_tree", "edits", "read_blobs",
    "changes_between", "last_changes", "log", "lineage",
)  # fmt: skip


class ReadsThePast:
    """A store whose every read is one of a snapshot of its current commit."""

    def __init__(self, store):
        self._store = store

    def __getattr__(self, name):
        head = self._store.head()
        if head is None or name not in READS:
            return getattr(self._store, name)
        return getattr(PastStore(self._store, head, NOW), name)


class TestPastStore(ReadingContract, RulesContract):
    @pytest.fixture
    def connector(self):
        return ReadsThePast(InMemoryConnector(lambda: NOW))

    def log(self, connector):
        return [
            LoggedCommit(c.id, [c.parent.id] if c.parent else [], c.message, c.author)
            for c in connector.snapshots()
        ]
