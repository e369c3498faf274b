"""Edits made by hand in the folder of a memory: which there are, and recording them in a commit.

A write records only the edits that it would replace. These are all others: without a commit they
stay on this machine, and no remote and no target gets them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from pack.catalog.scope import scope_of
from pack.connector import Capability
from pack.core.core import Core
from pack.core.decision import Decision
from pack.core.session import Session
from pack.errors import LimitExceeded, NothingEdited
from pack.limits import MAX_FOLDERS
from pack.model import ABSENT, BlobId, Change, Delete, MemoryPath, Mode, Put
from pack.provenance import EDITOR, Origin
from pack.results import Written

Edits = Mapping[MemoryPath, BlobId | None]
"""Path and blob of each edit; `None` for a file that was removed, empty for one too large."""

_RETRY: Final = timedelta(seconds=10)
_KEPT_SECONDS: Final = 5.0
"""How long what an AI keeps by itself rests before a server records it."""
_GONE: Final = object()


def edits_of(core: Core) -> Edits:
    """The memory files that are not what the current commit holds."""
    mode = core.reader.mode()
    if mode is Mode.EMPTY or Capability.WORKING_TREE not in core.connector.capabilities:
        return {}
    if mode is Mode.V1:
        notes = core.reader.v1_files()
        return {note.path: note.sha for note in notes if not core.reader.is_committed(note)}
    edits = core.connector.edits(core.connector.head())
    scope = scope_of(core.connector)
    # A committed file that a git filter manages looks as if it were gone.
    return {
        path: blob
        for path, blob in edits.items()
        if scope.keeps(path) and (blob is not None or core.connector.exclusion(path) is None)
    }


class HandEdits:
    """The edits that are in no commit. Methods may be called from any thread."""

    def __init__(self, session: Session) -> None:
        self._core = session.core

    def list(self) -> Sequence[MemoryPath]:
        """The files that were added, changed or removed by hand, sorted by path."""
        with self._core.view():
            return sorted(edits_of(self._core))

    def commit(
        self, paths: Sequence[str] = (), message: str | None = None, *, dry_run: bool = False
    ) -> Written | None:
        """Record edits and the index in one commit of the user; `None` if there are none.

        What an AI keeps by itself (`Scope.keeper`) is recorded first, in a commit of that AI. The
        answer is then the user's commit, if there is one too.

        Args:
            paths: Files, or folders for all edits in them; none for all edits.
            message: The person's own words.
            dry_run: Only say what would change.

        Raises:
            NotInitialised: There is no memory.
            NothingEdited: One of the paths has no edit.
            StagedChange: The person staged another version of a file.
            PackError: The store refused; nothing was written.
        """
        self._core.require_mode()
        there = edits_of(self._core)
        for path in paths:
            if not _selected(there, [path]):
                raise NothingEdited(path)

        def choose() -> Edits:
            return _selected(edits_of(self._core), paths)

        return self._record(choose, message, dry_run=dry_run)

    def resting(self, seconds: float) -> RestingEdits | None:
        """Records edits once they have rested; `None` where nobody can make any.

        Args:
            seconds: For how long the person's edits rest; 0 to record only what an AI keeps.
        """
        if Capability.WORKING_TREE not in self._core.connector.capabilities:
            return None
        if seconds:
            return RestingEdits(self._core, seconds, self._commit_unchanged, _all)
        if not scope_of(self._core.connector).kept_by_ai:
            return None
        return RestingEdits(self._core, _KEPT_SECONDS, self._commit_unchanged, _kept)

    def _commit_unchanged(self, rested: Edits) -> Written | None:
        def choose() -> Edits:
            found = edits_of(self._core)
            is_as_it_was = all(found.get(path, _GONE) == blob for path, blob in rested.items())
            return rested if is_as_it_was else {}

        return self._record(choose, None)

    def _record(
        self, choose: Callable[[], Edits], message: str | None, *, dry_run: bool = False
    ) -> Written | None:
        done = None
        for writer in self._writers(choose()):
            done = self._record_of(writer, choose, message, dry_run=dry_run) or done
        return done

    def _writers(self, edits: Edits) -> Sequence[Origin]:
        """Whose the edits are; the person comes last."""
        scope = scope_of(self._core.connector)
        keepers = {scope.keeper(path) for path in edits}
        named = sorted((each for each in keepers if each is not None), key=lambda each: each.label)
        return [*named, *([EDITOR] if None in keepers else [])]

    def _record_of(
        self, writer: Origin, choose: Callable[[], Edits], message: str | None, *, dry_run: bool
    ) -> Written | None:
        def decide() -> Decision:
            scope = scope_of(self._core.connector)
            chosen = {
                path: blob
                for path, blob in choose().items()
                if (scope.keeper(path) or EDITOR) == writer
            }
            if not chosen:
                raise _Nothing
            return _decide(self._core, chosen, message, is_kept=writer is not EDITOR)

        try:
            return self._core.writer.write(decide, writer, dry_run=dry_run)
        except _Nothing:
            return None


class RestingEdits:
    """Records the edits of a memory that nobody has touched for a while.

    Args:
        core: The memory.
        seconds: For how long.
        record: Makes the commit, unless the edits are different ones by now.
        choose: Which of all edits are meant.
    """

    def __init__(
        self,
        core: Core,
        seconds: float,
        record: Callable[[Edits], Written | None],
        choose: Callable[[Core, Edits], Edits],
    ) -> None:
        self._core = core
        self._choose = choose
        self._rest = timedelta(seconds=seconds)
        self._record = record
        self._seen: Edits = {}
        self._due: datetime | None = None

    def look(self) -> Written | None:
        """Record what is due; cheap enough to be called every second.

        Raises:
            RefusedForSafety: The person is busy; they are asked again a little later.
            PackError: The store refused; nothing was written.
        """
        found = dict(self._choose(self._core, edits_of(self._core)))
        now = self._core.clock()
        if found != self._seen:
            self._seen, self._due = found, now + self._rest
        if not found or self._due is None or now < self._due:
            return None
        self._due = now + _RETRY
        self._core.refuse_unfinished()
        return self._record(found)


class _Nothing(Exception):
    """There is no edit to record."""


def _all(_: Core, edits: Edits) -> Edits:
    return edits


def _kept(core: Core, edits: Edits) -> Edits:
    """The edits of files that an AI writes by itself."""
    scope = scope_of(core.connector)
    return {path: blob for path, blob in edits.items() if scope.keeper(path) is not None}


def _selected(edits: Edits, paths: Sequence[str]) -> Edits:
    if not paths:
        return edits
    chosen: dict[MemoryPath, BlobId | None] = {}
    for given in paths:
        path = given.removeprefix("./").rstrip("/")
        inside = {
            edited: blob
            for edited, blob in edits.items()
            if path in (".", "", edited) or edited.startswith(f"{path}/")
        }
        chosen |= inside
    return chosen


def _decide(core: Core, edits: Edits, message: str | None, *, is_kept: bool = False) -> Decision:
    changes: list[Change] = []
    too_large: list[LimitExceeded] = []
    for path in sorted(edits):
        try:
            if path.count("/") > MAX_FOLDERS:
                raise LimitExceeded(path[:80], MAX_FOLDERS, "folders")
            found = core.reader.find(path)
        except LimitExceeded as error:
            too_large.append(error)
            continue
        changes.append(Put(path, found.content, found.sha) if found else Delete(path, ABSENT))
    if not changes:
        raise too_large[0]
    first = changes[0].path
    more = f" and {len(changes) - 1} more" if len(changes) > 1 else ""
    return Decision(
        first,
        changes,
        f"{first}: record what was changed by hand{more}",
        message,
        [change.path for change in changes[1:]],
        moved=_moved(core, changes),
        warnings=tuple(f"{error}; it is in no commit" for error in too_large),
        with_index=core.reader.mode() is Mode.V2,
        is_wanted=is_kept,
    )


def _moved(core: Core, changes: Sequence[Change]) -> Mapping[str, str]:
    """New path by old path, of files that were moved as they are, for the order in the index."""
    gone = {
        core.connector.get_committed(change.path): change.path
        for change in changes
        if isinstance(change, Delete)
    }
    return {
        gone[change.expect]: change.path
        for change in changes
        if isinstance(change, Put) and change.expect in gone
        if core.connector.get_committed(change.path) is None
    }
