"""A memory, and everything an agent or a person can do with it (C4).

Each subject is a small object, such as `memory.notes`, `memory.search` or `memory.remotes`; its
class documents the calls. Subjects are imported on first use: a command needs one of them, and a
person waits for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING

from pack.catalog.catalog import Catalog
from pack.connector import Connector
from pack.core.core import Core
from pack.core.guard import Guard, Pending
from pack.core.past import Past
from pack.core.reader import Reader
from pack.core.session import Session
from pack.core.truths import TruthMode, Truths
from pack.core.visits import ProcessVisits, VisitCursors
from pack.core.writer import Writer
from pack.history.as_of import PastStates
from pack.history.history import History
from pack.model import Mode
from pack.paths import parse_path
from pack.proposals.shelf import ProposalShelf
from pack.provenance import Origin
from pack.truth.lines import with_merge_rules, with_truths

if TYPE_CHECKING:
    from pack.core.decision import Decision
    from pack.distribution.distribution import Distribution
    from pack.exports.exports import Exports
    from pack.history.blame import Blame
    from pack.history.briefing.context import Briefing
    from pack.history.commits import Commits
    from pack.history.comparisons import Comparisons
    from pack.history.event_log import EventLog
    from pack.history.undoing.undo import Undo
    from pack.history.visits import Visits
    from pack.kits.kits import Kits
    from pack.mesh.intake import CheckMerge
    from pack.mesh.memory_head import CommitStore, FindHead
    from pack.mesh.ports import MemoryHead
    from pack.pages.delivery import PageDelivery
    from pack.plain_files.plain_files import PlainFiles
    from pack.remote.remote import FindRemotes
    from pack.sync.engine import Sync
    from pack.truth.assigning import Assigning
    from pack.truth.attribution import Attribution
    from pack.truth.deciding.proposals import Proposals
    from pack.truth.recording import KeptFolders
    from pack.truth.sync_items.items import SyncItems
    from pack.use_cases.care import Care
    from pack.use_cases.hand_edits import HandEdits
    from pack.use_cases.imports.importing import Importing
    from pack.use_cases.lifecycle import Lifecycle
    from pack.use_cases.notes import Notes
    from pack.use_cases.pathless import WholeText
    from pack.use_cases.remotes import Remotes
    from pack.use_cases.search import Search

# Why methods import (`PLC0415`): see the module's docstring.


class Memory:
    """A memory as one writer sees it. May be used from any thread.

    The writers of a memory share everything expensive, so `written_by` costs no more than the
    object it returns.
    """

    __slots__ = ("_past_states", "_session")

    def __init__(self, session: Session, past_states: PastStates | None = None) -> None:
        self._session = session
        self._past_states = past_states or PastStates(session.core)

    @classmethod
    def over(
        cls,
        connector: Connector,
        catalog: Catalog,
        *,
        clock: Callable[[], datetime],
        origin: Origin,
        new_request: Callable[[], str],
        v1_path: str = "MEMORY.md",
        remotes: FindRemotes = tuple,
        sync: Sync | None = None,
        guards: Sequence[Guard] = (),
        refuse_unfinished: Callable[[], None] = lambda: None,
        visits: VisitCursors | None = None,
        peer_notices: Callable[[], Sequence[str]] = tuple,
        truth: TruthMode = TruthMode.OFF,
    ) -> Memory:
        """A memory, assembled from its parts.

        Args:
            connector: Where it is kept.
            catalog: What is known about its files; derived, and may be empty.
            clock: Tells the time, with a time zone.
            origin: Who writes.
            new_request: Returns a fresh id for each write.
            v1_path: The single file of a v1 memory.
            remotes: Finds what the memory is exchanged with.
            sync: The targets that get copies; `None` if none is set up.
            guards: They see each decision before it is committed, in this order.
            refuse_unfinished: As `Core.refuse_unfinished`.
            visits: How far each client has read; `None` to know it only as long as this process
                lives.
            peer_notices: As `Core.peer_notices`.
            truth: What the level of a line does for it.
        """
        reader = Reader(connector, catalog, parse_path(v1_path))
        on_commit = sync.tell if sync else None
        shelf = ProposalShelf(connector, clock)
        writer = Writer(connector, catalog, reader, new_request, shelf, guards, on_commit)
        parts = (connector, catalog, clock, reader, writer, new_request, shelf, remotes, sync)
        kept = visits or ProcessVisits()
        core = Core(
            *parts, refuse_unfinished=refuse_unfinished, visits=kept, peer_notices=peer_notices
        )
        core = with_merge_rules(core)
        if truth is not TruthMode.OFF:
            core = with_truths(core, truth)
        if core.truths is not None:
            writer.guarded_by(*_guards_of(core.truths, connector))
        return cls(Session(core, origin))

    def written_by(self, origin: Origin) -> Memory:
        """The same memory for another writer."""
        return Memory(Session(self._session.core, origin), self._past_states)

    def as_of(self, when: str | None) -> Memory:
        """The memory as it was, only for reading: every answer is that of then.

        Args:
            when: A commit, or a moment such as `2026-01-31`, `2026-01-31T09:30Z`, `7d` or
                `yesterday`; `None` for the present.

        Raises:
            InvalidRequest: It names neither; or the memory has no commit yet.
            NotFound: There is no such commit in the memory's history, or none as old as that.
        """
        if when is None:
            return self
        past = self._past_states.find(when)
        return Memory(Session(past, self._session.origin), self._past_states)

    @property
    def past(self) -> Past | None:
        """Which state of the past this is; `None` if it is the memory as it is now."""
        return self._session.core.past

    @property
    def connector(self) -> Connector:
        """Where the memory is kept."""
        return self._session.core.connector

    @property
    def sync(self) -> Sync | None:
        """The targets that get copies; `None` if none is set up."""
        return self._session.core.sync

    def as_peer(self, store: CommitStore, find_head: FindHead) -> MemoryHead:
        """Where the memory is, and how heads of other peers come into it.

        Args:
            store: Its commits.
            find_head: Gives a head as a remote.
        """
        from pack.mesh.memory_head import ExchangedHead  # noqa: PLC0415

        return ExchangedHead(self._session.core, store, find_head)

    def merge_check(self, store: CommitStore) -> CheckMerge:
        """What computes merges again whose commits may not be in the memory yet.

        Args:
            store: Where the commits are, and all that leads to them.
        """
        from pack.mesh.memory_head import merge_check  # noqa: PLC0415

        return merge_check(self._session.core, store)

    def now(self) -> datetime:
        """The time, as this memory tells it."""
        return self._session.core.clock()

    def mode(self) -> Mode:
        """What is at the root now: a v2 memory, a v1 memory, or nothing."""
        core = self._session.core
        with core.view():
            return core.reader.mode()

    # --- subjects ------------------------------------------------------------------------------

    @property
    def notes(self) -> Notes:
        """The notes: read, list, update, edit, delete, move."""
        from pack.use_cases.notes import Notes  # noqa: PLC0415

        return Notes(self._session)

    @property
    def plain_files(self) -> PlainFiles:
        """The memory as a folder of plain files, for one caller that knows nothing else."""
        from pack.plain_files.plain_files import PlainFiles  # noqa: PLC0415

        return PlainFiles(self._session)

    @property
    def whole(self) -> WholeText:
        """The memory as one text, for agents with the v1 prompt."""
        from pack.use_cases.pathless import WholeText  # noqa: PLC0415

        return WholeText(self._session)

    @property
    def history(self) -> History:
        """What has happened to the memory."""
        return History(self._session)

    @property
    def context(self) -> Briefing:
        """What a conversation should begin with."""
        from pack.history.briefing.context import Briefing  # noqa: PLC0415

        return Briefing(self._session)

    @property
    def commits(self) -> Commits:
        """The log: who changed what and when."""
        from pack.history.commits import Commits  # noqa: PLC0415

        return Commits(self._session)

    @property
    def events(self) -> EventLog:
        """The log of events: conflicts, what gave way, acceptances."""
        from pack.history.event_log import EventLog  # noqa: PLC0415

        return EventLog(self._session)

    @property
    def sync_items(self) -> SyncItems:
        """The memory for clients without git."""
        from pack.truth.sync_items.items import SyncItems  # noqa: PLC0415

        return SyncItems(self._session)

    @property
    def blame(self) -> Blame:
        """Who wrote each line of a file."""
        from pack.history.blame import Blame  # noqa: PLC0415

        return Blame(self._session)

    @property
    def assigning(self) -> Assigning:
        """Levels that the person gives commits made before."""
        from pack.truth.assigning import Assigning  # noqa: PLC0415

        return Assigning(self._session)

    @property
    def attribution(self) -> Attribution:
        """Who wrote what, of all notes."""
        from pack.truth.attribution import Attribution  # noqa: PLC0415

        return Attribution(self._session)

    @property
    def comparisons(self) -> Comparisons:
        """What changed, and how."""
        from pack.history.comparisons import Comparisons  # noqa: PLC0415

        return Comparisons(self._session)

    @property
    def visits(self) -> Visits:
        """What is new for each client since its last visit."""
        from pack.history.visits import Visits  # noqa: PLC0415

        return Visits(self._session)

    @property
    def undo(self) -> Undo:
        """Taking back what was written, and bringing back what was."""
        from pack.history.undoing.undo import Undo  # noqa: PLC0415

        return Undo(self._session)

    @property
    def proposals(self) -> Proposals:
        """What others propose to change, and the person's answer."""
        from pack.truth.deciding.proposals import Proposals  # noqa: PLC0415

        return Proposals(self._session)

    @property
    def exports(self) -> Exports:
        """The memory in the forms of other tools."""
        from pack.exports.exports import Exports  # noqa: PLC0415

        return Exports(self._session)

    @property
    def kits(self) -> Kits:
        """Sets of memory that somebody else keeps, installed here."""
        from pack.kits.kits import Kits  # noqa: PLC0415

        return Kits(self._session)

    @property
    def distribution(self) -> Distribution:
        """Parts of the memory, kept in step in other repositories."""
        from pack.distribution.distribution import Distribution  # noqa: PLC0415

        return Distribution(self._session)

    @property
    def search(self) -> Search:
        """Finding notes by their content."""
        from pack.use_cases.search import Search  # noqa: PLC0415

        return Search(self._session)

    @property
    def care(self) -> Care:
        """The state of the memory, its problems, its catalog, and expired notes."""
        from pack.use_cases.care import Care  # noqa: PLC0415

        return Care(self._session)

    @property
    def hand_edits(self) -> HandEdits:
        """The edits made by hand that are in no commit."""
        from pack.use_cases.hand_edits import HandEdits  # noqa: PLC0415

        return HandEdits(self._session)

    @property
    def kept_folders(self) -> KeptFolders:
        """The folders that an AI writes by itself."""
        from pack.truth.recording import KeptFolders  # noqa: PLC0415

        return KeptFolders(self._session)

    @property
    def remotes(self) -> Remotes:
        """The git remotes, and bringing them and the memory together."""
        from pack.use_cases.remotes import Remotes  # noqa: PLC0415

        return Remotes(self._session)

    @property
    def lifecycle(self) -> Lifecycle:
        """Creating the memory, and migrating it from v1."""
        from pack.use_cases.lifecycle import Lifecycle  # noqa: PLC0415

        return Lifecycle(self._session)

    @property
    def importing(self) -> Importing:
        """Bringing in what other tools have exported."""
        from pack.use_cases.imports.importing import Importing  # noqa: PLC0415

        return Importing(self._session)

    @property
    def pages(self) -> PageDelivery:
        """The pages in Notion, one for each note."""
        from pack.pages.delivery import PageDelivery  # noqa: PLC0415

        return PageDelivery(self._session)


def _guards_of(truths: Truths, connector: Connector) -> Iterator[Guard]:
    """The guards of a memory in which levels count, in their order."""

    def propose() -> Guard:
        from pack.truth.guard import truth_guard  # noqa: PLC0415

        return truth_guard(truths)

    def show() -> Guard:
        from pack.truth.shown import showing  # noqa: PLC0415

        return showing(truths)

    def seal() -> Guard:
        from pack.truth.seals import sealing  # noqa: PLC0415

        return sealing(connector)

    return map(_made_when_needed, (propose, show, seal))


def _made_when_needed(make: Callable[[], Guard]) -> Guard:
    made = cache(make)

    def guard(pending: Pending) -> Decision:
        return made()(pending)

    return guard
