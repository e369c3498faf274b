"""Looking after a memory: its state, its problems, its catalog, and expired notes."""

from __future__ import annotations

from collections.abc import Sequence

from pack.catalog.refresh import Progress, bring_up
from pack.connector import Capability
from pack.core.core import Core
from pack.core.decision import Decision
from pack.core.session import Session
from pack.errors import BlobChanged
from pack.model import Delete, Mode
from pack.paths import INDEX
from pack.results import Expired, Finding, Status, Written
from pack.use_cases import validate
from pack.use_cases.read import is_expired


class Care:
    """Looking after a memory. Methods may be called from any thread."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._core = session.core

    def status(self) -> Status:
        """The present state of the memory, even if there is none yet."""
        with self._core.view():
            return validate.status(self._core)

    def validate(self) -> Sequence[Finding]:
        """All problems with files, frontmatter, names, links and index; changes nothing.

        Raises:
            NotInitialised: There is no memory.
        """
        with self._core.view():
            return validate.validate(self._core)

    def reindex(self, progress: Progress | None = None) -> int:
        """Rebuild the catalog from the files, and return their number.

        Args:
            progress: Called with the number of files done so far, and of all files.

        Raises:
            NotInitialised: There is no memory.
        """
        core = self._core
        with core.view():
            core.require_mode()
            core.catalog.clear()
            bring_up(core.catalog, core.connector, core.connector.head(), progress)
            return core.ask(lambda view: view.list_rows(limit=1).total)

    def begin_filling(self) -> None:
        """Let listings and searches wait a moment for `fill_catalog`, which must follow."""
        self._core.gradual.begin()

    def fill_catalog(self, progress: Progress) -> None:
        """Fill the catalog if it is empty, in a thread of its own; after `begin_filling`.

        Meanwhile listings and searches of a large memory are answered from the files read so far.

        Args:
            progress: As for `Gradual.fill`; an error that it raises ends the filling.
        """
        core = self._core
        try:
            # Each look at a store that is far away costs, so it waits until somebody asks.
            is_near = Capability.LOG in core.connector.capabilities
            if is_near and core.reader.mode() is Mode.V2:
                core.gradual.fill(core.catalog, core.connector, progress)
        finally:
            core.gradual.end()

    def correct_index(self) -> Written | None:
        """Have `index.md` list what the memory holds, in one commit; `None` if it does already.

        Edits that are in no commit are not in the index either (C10).

        Raises:
            NotInitialised: There is no memory.
            PackError: The store refused; nothing was written.
        """
        with self._core.view():
            mode = self._core.require_mode()
        if mode is Mode.V1 or self._core.connector.head() is None:
            return None
        subject = f"{INDEX}: list the files that are there"
        done = self._session.write(lambda: Decision(INDEX, (), subject, whole_index=True))
        return done if done.commit is not None else None

    def list_expired(self) -> Sequence[Expired]:
        """The files that have expired by their `ttl`, sorted by path.

        Raises:
            NotInitialised: There is no memory.
        """
        core = self._core
        with core.view():
            if core.require_mode() is Mode.V1:
                return []  # a v1 file is the whole memory
            today = core.today()
            return [
                Expired(row.path, row.blob, row.topic, row.expires)
                for row in core.rows()
                if row.expires and is_expired(row, today)
            ]

    def prune(self, expired: Sequence[Expired], *, dry_run: bool = False) -> Written | None:
        """Remove expired files in one commit; `None` if none are given.

        Args:
            expired: From `list_expired`, and confirmed.
            dry_run: Only say what would change.

        Raises:
            BlobChanged: A file has changed since it was listed. None was removed.
        """
        if not expired:
            return None
        return self._session.write(lambda: _prune(self._core, expired), dry_run=dry_run)


def _prune(core: Core, expired: Sequence[Expired]) -> Decision:
    changes = []
    for file in expired:
        found = core.reader.find(file.path)
        if found is None or found.sha != file.sha:
            actual = found.sha if found else None
            raise BlobChanged(file.path, file.sha, actual)
        changes.append(Delete(file.path, file.sha))
    first = expired[0].path
    more = f" and {len(expired) - 1} more" if len(expired) > 1 else ""
    names = [file.path for file in expired[1:]]
    return Decision(first, changes, f"{first}: prune, expired{more}", names=names)
