"""Brings what another tool has exported into the memory, in one commit, as often as one likes.

Each record is compared with what the last import brought of it (`pack.use_cases.imports.bases`) and
with what is here now. So the same export again changes nothing, a newer one brings only its news,
what the person changed stays, what they moved stays where it is, and what they deleted stays away.
What is no longer in an export stays here: an export may be a part.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from pack.core.decision import Decision
from pack.core.session import Session
from pack.errors import MigrationNeeded
from pack.imports.records import ExportReader, ReadProgress
from pack.model import Mode
from pack.provenance import IMPORT, Origin, Source
from pack.use_cases.imports.bases import ImportBase
from pack.use_cases.imports.results import Imported
from pack.use_cases.imports.run import ImportRun
from pack.use_cases.imports.sources import Sources

Agree = Callable[[Imported], None]
"""Returns if the person agrees, and raises otherwise."""
Tell = Callable[[ReadProgress], None]


def _agreed(_: Imported) -> None:
    """For callers who have asked already."""


def _untold(_: ReadProgress) -> None:
    """For callers who show no progress."""


class Importing:
    """Importing, for one writer. Methods may be called from any thread."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._core = session.core

    def take(
        self,
        reader: ExportReader,
        *,
        transcripts: bool = False,
        dry_run: bool = False,
        agree: Agree = _agreed,
        tell: Tell = _untold,
        starters: Mapping[str, str] = MappingProxyType({}),
        place: str | None = None,
    ) -> Imported:
        """Bring what a reader finds into the memory.

        Args:
            reader: Reads the export.
            transcripts: Whether conversations come, too.
            dry_run: Only say what would be done.
            agree: Asked before anything is written, if there is anything to write.
            tell: Told how far the reader is, after each record.
            starters: The texts that a new memory begins with, by path: while nobody has touched
                one, a file of that path replaces it.
            place: Where the export is, to tell several sources of a kind apart; nobody can read it
                in what is kept of it. `None` if there is only one.

        Raises:
            NotInitialised: There is no memory.
            MigrationNeeded: The memory is a single v1 file.
            UnusableInput, LimitExceeded: The export cannot be used.
            PackError: The store refused, or the person did; nothing was written.
        """
        if self._core.require_mode() is Mode.V1:
            raise MigrationNeeded(self._core.reader.v1_path, "an import")
        base = ImportBase(self._core.connector, reader.kind)
        try:
            is_persons = self._writer() is IMPORT
            parts = (self._core, base, reader.kind, starters, Sources(base, place))
            run = ImportRun(*parts, dry_run=dry_run, is_persons=is_persons)
            for one in reader.records(transcripts=transcripts):
                run.add(one)
                tell(reader.progress)
            return self._carry_out(run, base, agree, dry_run=dry_run)
        finally:
            base.tidy()

    def _carry_out(
        self, run: ImportRun, base: ImportBase, agree: Agree, *, dry_run: bool
    ) -> Imported:
        if not dry_run:
            base.store()
        run.settle()
        with self._core.view():
            planned = run.outcome()
        if dry_run:
            return planned
        if not planned.written:
            base.advance(run.ledger)
            return planned
        agree(planned)
        done = [planned]

        def decide() -> Decision:
            done[:] = [run.outcome()]
            if not done[0].written:
                raise _NothingToWriteError
            return run.decision()

        try:
            written = self._core.writer.write(decide, self._writer())
        except _NothingToWriteError:
            return done[0]
        if written.commit is not None:  # else it waits for the person
            base.advance(run.ledger)
        return run.result(written.commit)

    def _writer(self) -> Origin:
        """The person's import, from a script too; an agent gets no authority by importing."""
        origin = self._session.origin
        return IMPORT if origin.source in (Source.USER, Source.AUTOMATION) else origin


class _NothingToWriteError(Exception):
    """Somebody else has written all of it meanwhile."""
