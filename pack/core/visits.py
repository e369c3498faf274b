"""How far each client has read what changes in a memory."""

from __future__ import annotations

from typing import Protocol

from pack.model import CommitId


class VisitCursors(Protocol):
    """Stores, for each client, the last commit it was told about; outside the tree (C6)."""

    def load(self, client: str) -> CommitId | None:
        """The commit stored for a client; `None` if there is none that can be understood.

        Args:
            client: Any name; upper and lower case are the same.

        Raises:
            Unavailable: It cannot be read now.
        """
        ...

    def save(self, client: str, commit: CommitId) -> None:
        """Store a client's commit for all processes, whole or not at all.

        Raises:
            Unavailable: It cannot be stored.
        """
        ...


class ProcessVisits:
    """Cursors that last as long as the process."""

    def __init__(self) -> None:
        self._commits: dict[str, CommitId] = {}

    def load(self, client: str) -> CommitId | None:
        """See `VisitCursors.load`."""
        return self._commits.get(client.casefold())

    def save(self, client: str, commit: CommitId) -> None:
        """See `VisitCursors.save`."""
        self._commits[client.casefold()] = commit
