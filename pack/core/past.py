"""A state of the past that a core reads instead of the present one."""

from __future__ import annotations

from datetime import datetime

from pack.connector import Connector
from pack.deferred import dataclass
from pack.log import ChangeKind, LogQuery
from pack.model import CommitId, MemoryPath


@dataclass(frozen=True, slots=True)
class Past:
    """Which state it is.

    Attributes:
        commit: The commit that holds it.
        at: When that commit was made, in UTC.
        present: Where the memory is kept, as it is now.
    """

    commit: CommitId
    at: datetime
    present: Connector

    def changed_at(self, path: MemoryPath) -> datetime | None:
        """When a file had last been changed by a commit."""
        newest = self.present.log(LogQuery(self.commit, path=path, limit=1))
        return next((commit.at for commit in newest), None)

    def place_then(self, path: MemoryPath) -> MemoryPath | None:
        """Where a file was that has been moved to a path since; `None` if none was moved there."""
        head, place = self.present.head(), path
        while head is not None and (move := self._last_move(head, place)) is not None:
            head, place = move
        return place if place != path and self.present.get_committed(place, self.commit) else None

    def _last_move(
        self, head: CommitId, path: MemoryPath
    ) -> tuple[CommitId | None, MemoryPath] | None:
        """The last move to a path: the commit before it, and where the file came from."""
        query = LogQuery(head, since=self.commit, path=path, with_files=True)
        for commit in self.present.log(query):
            for change in commit.files or ():
                if change.path == path and change.kind is ChangeKind.MOVED and change.old_path:
                    return next(iter(commit.parents), None), change.old_path
        return None
