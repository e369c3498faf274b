from datetime import UTC, datetime

import pytest
from pack_connectors.in_memory import InMemoryConnector

from pack.testing import ConnectorContract, LoggedCommit


class TestInMemoryConnector(ConnectorContract):
    @pytest.fixture
    def connector(self):
        return InMemoryConnector(lambda: datetime(2026, 1, 2, tzinfo=UTC))

    def log(self, connector):
        return [
            LoggedCommit(c.id, [c.parent.id] if c.parent else [], c.message, c.author)
            for c in connector.snapshots()
        ]

    def impatient(self, connector):
        connector._lock_seconds = 0.05
        return connector
