"""The history of a memory: its commits and what they changed."""

from __future__ import annotations

from pack.catalog.managed import managed_paths
from pack.catalog.scope import scope_of
from pack.core.session import Session
from pack.model import CommitId
from pack.paths import INDEX
from pack.results import Changes


class History:
    """The commits of a memory, whoever made them. Methods may be called from any thread."""

    def __init__(self, session: Session) -> None:
        self._core = session.core

    def changes_since(self, commit: CommitId | None) -> Changes:
        """What has changed since a commit, whoever changed it; cheap if nothing has."""
        with self._core.view():
            return self._changes_since(commit)

    def _changes_since(self, since: CommitId | None) -> Changes:
        connector = self._core.connector
        head = connector.head()
        if head == since or head is None:
            return Changes(head, (), (), listing_changed=head != since)
        found = connector.changes_between(since, head) if since else None
        if found is None:
            return Changes(head, (), (), listing_changed=True)
        managed = managed_paths(connector)
        scope = scope_of(connector)
        known = ((path, blob) for path, blob in found if path not in managed)
        ours = [(path, blob) for path, blob in known if scope.holds(path) or path == INDEX]
        changed = tuple(path for path, blob in ours if blob is not None)
        gone = tuple(path for path, blob in ours if blob is None)
        return Changes(head, changed, gone, listing_changed=bool(gone) or INDEX in changed)
