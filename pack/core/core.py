"""What every use case works with: the store, catalog, clock, reader and writer of one memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, closing
from dataclasses import field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, TypeVar

from pack.catalog import refresh as catalog_sync
from pack.catalog.catalog import Catalog
from pack.catalog.gradual import Gradual, SoFar
from pack.catalog.refresh import NO_COMMIT
from pack.catalog.row import Row, describe
from pack.connector import Connector
from pack.core.known_log import KnownLog
from pack.core.memo import Memo
from pack.core.past import Past
from pack.core.reader import Reader
from pack.core.referee import Referee
from pack.core.truths import Truths
from pack.core.visits import ProcessVisits, VisitCursors
from pack.core.writer import Writer
from pack.deferred import dataclass
from pack.errors import NotInitialised
from pack.model import Mode
from pack.paths import INDEX
from pack.proposals.shelf import ProposalShelf

if TYPE_CHECKING:
    from pack.merge.heads import MergeRules
    from pack.remote.remote import FindRemotes
    from pack.sync.engine import Sync

_T = TypeVar("_T")


def _nobody_is_busy() -> None:
    """For stores that people do not work in."""


def _no_referee() -> None:
    """For memories in which levels do not count."""


def _no_rules() -> MergeRules:
    """For memories whose history nobody asks."""
    from pack.merge.heads import Unruled  # noqa: PLC0415 - only merges need it

    return Unruled()


@dataclass(frozen=True, slots=True)
class Core:
    """One memory, shared by everyone who reads it and writes to it.

    Attributes:
        connector: Where it is kept.
        catalog: What is known about its files; derived, and may be empty.
        clock: Tells the time, with a time zone.
        reader: Reads it.
        writer: Writes to it.
        new_request: Returns a fresh id for each write.
        proposals: The changes that wait for the person's decision.
        remotes: Finds what the memory is exchanged with; nothing if its store cannot have a remote.
        sync: The targets that get copies, if there are any.
        refuse_unfinished: Raises `RefusedForSafety` while a person is in the middle of something
            where the memory is kept; `ConnectorError` where that cannot be seen.
        visits: How far each client has read what changes.
        peer_notices: What is wrong with the group of peers that the memory belongs to.
        memo: What was found out about the past, for everyone.
        past: Which state of the past is read; `None` for the present one.
        truths: How far each line is trusted; `None` where nobody asks for it.
        referee: Judges what a remote brings; answers `None` where levels do not count.
        merge_rules: Says what history says of the sides of a merge, wherever that is computed.
        gradual: Fills the catalog in a server that answers meanwhile.
    """

    connector: Connector
    catalog: Catalog
    clock: Callable[[], datetime]
    reader: Reader
    writer: Writer
    new_request: Callable[[], str]
    proposals: ProposalShelf
    remotes: FindRemotes = tuple
    sync: Sync | None = None
    refuse_unfinished: Callable[[], None] = _nobody_is_busy
    visits: VisitCursors = field(default_factory=ProcessVisits)
    peer_notices: Callable[[], Sequence[str]] = tuple
    memo: Memo = field(default_factory=Memo)
    past: Past | None = None
    truths: Truths | None = None
    referee: Callable[[], Referee | None] = _no_referee
    merge_rules: Callable[[], MergeRules] = _no_rules
    gradual: Gradual = field(default_factory=Gradual)

    def view(self) -> AbstractContextManager[None]:
        """Let all reads inside see one state of the store; see `Connector.view`."""
        return self.connector.view()

    @property
    def log(self) -> KnownLog:
        """The log, of which what was read is known."""
        return self.memo.once(KnownLog, lambda: KnownLog(self.connector))

    def today(self) -> date:
        """The date in UTC."""
        return self.clock().astimezone(UTC).date()

    def require_mode(self) -> Mode:
        """What is at the root: a v2 memory or a v1 memory.

        Raises:
            NotInitialised: Neither is.
            IgnoredPath, ManagedPath: Neither is, because git's rules cover the index.
        """
        mode = self.reader.mode()
        if mode is Mode.EMPTY:
            if self.connector.get_committed(INDEX) is not None:
                self.reader.refuse_excluded(INDEX)
            raise NotInitialised(self.connector.location)
        return mode

    def ask(self, question: Callable[[Catalog], _T], *, by_date: bool = False) -> _T:
        """The answer of the catalog about the files that a reader sees now.

        Args:
            question: Asks a catalog that describes those files; may be called several times.
            by_date: Whether the answer depends on when files were changed.

        Raises:
            NotInitialised: There is no memory.
        """
        if self.require_mode() is Mode.V2:
            catalog, connector = self.catalog, self.connector
            return catalog_sync.ask(
                catalog,
                connector,
                lambda: question(catalog),
                connector.edits,
                by_date=by_date,
            )
        with closing(self.catalog.scratch()) as view:  # a v1 memory is a file or two
            found = map(describe, self.reader.v1_files())
            view.replace(NO_COMMIT, [row for row in found if row is not None])
            return question(view)

    def ask_so_far(
        self, question: Callable[[Catalog], _T], *, by_date: bool = False
    ) -> tuple[_T, SoFar | None]:
        """As `ask`; but while the catalog is first filled, the answer is of what is in it so far.

        Returns:
            The answer, and what it does not cover; `None` if it is about all files.
        """
        begun = self.gradual.part() if self.past is None else None
        if begun is None:
            return self.ask(question, by_date=by_date), None
        part, so_far = begun
        return question(part.catalog), so_far

    def rows(self) -> Sequence[Row]:
        """What is known about each file that a reader sees, sorted by path.

        Raises:
            NotInitialised: There is no memory.
        """
        return self.ask(lambda view: view.list_rows().rows)
