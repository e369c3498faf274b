"""A memory, and everything an agent or a person can do with it (C4).

Each method is one use case; the modules named beside it hold the decisions. Those that a server
rarely needs are imported when they are: its start is waited for by a person.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Final

from pack.catalog.catalog import Catalog
from pack.catalog.questions import Sort
from pack.catalog.refresh import Progress
from pack.connector import Connector
from pack.core.core import Core
from pack.core.reader import Reader
from pack.core.requests import make_filter
from pack.core.writer import Writer
from pack.errors import InvalidConfig
from pack.files.edits import Edit
from pack.model import CommitId, Mode
from pack.paths import parse_path
from pack.provenance import Origin
from pack.results import (
    Changes,
    Document,
    Expired,
    FileListing,
    Finding,
    Line,
    Matches,
    Status,
    WholeMemory,
    Written,
)
from pack.use_cases import pathless
from pack.use_cases import read as queries
from pack.use_cases import write as updates

if TYPE_CHECKING:
    from pack.pages.checkpoint import PagesCheckpoint
    from pack.pages.delivery import NotionMigration
    from pack.remote.decision import Permission
    from pack.remote.remote import Exchange, Remote, RemoteStatus, Report
    from pack.sync.engine import Sync
    from pack.sync.routes import Route
    from pack.sync.target import Pages, Target
    from pack.sync.text import TextSource
    from pack.use_cases.lifecycle import Initialised, Scaffold
    from pack.v1.plan import MigrationPlan

SEARCH_LIMIT: Final = 10


class Memory:
    """One memory. Methods may be called from any thread.

    Args:
        connector: Where it is kept.
        catalog: What is known of its files; derived, may be empty.
        clock: Tells the time, with a time zone.
        origin: Who writes.
        new_request: Gives a fresh id for each write.
        v1_path: The single file of a v1 memory.
        remote: What the memory is exchanged with; `None` where it cannot have such a thing.
        sync: The targets that get copies; `None` where none is set up.
    """

    def __init__(
        self,
        connector: Connector,
        catalog: Catalog,
        *,
        clock: Callable[[], datetime],
        origin: Origin,
        new_request: Callable[[], str],
        v1_path: str = "MEMORY.md",
        remote: Remote | None = None,
        sync: Sync | None = None,
    ) -> None:
        reader = Reader(connector, catalog, parse_path(v1_path))
        on_commit = sync.tell if sync else None
        writer = Writer(connector, catalog, reader, origin, new_request, on_commit)
        self._core = Core(connector, catalog, clock, origin, reader, writer, remote, sync)
        self._new_request = new_request

    def written_by(self, origin: Origin) -> Memory:
        """The same memory, written to by somebody else."""
        core = self._core
        return Memory(
            core.connector,
            core.catalog,
            clock=core.clock,
            origin=origin,
            new_request=self._new_request,
            v1_path=core.reader.v1_path,
            remote=core.remote,
            sync=core.sync,
        )

    @property
    def connector(self) -> Connector:
        """Where the memory is kept."""
        return self._core.connector

    @property
    def sync(self) -> Sync | None:
        """The targets that get copies; `None` where none is set up."""
        return self._core.sync

    # --- reading (pack.use_cases.read) -----------------------------------------------------------

    def mode(self) -> Mode:
        """What is at the root now: v2, v1, or nothing."""
        with self._core.view():
            return self._core.reader.mode()

    def get(self, path: str) -> Document:
        """A file as it is now, uncommitted edits included.

        Raises:
            NotInitialised: There is no memory.
            InvalidPath: The path cannot be that of a memory file.
            NotFound: There is no such file.
            InvalidContent: It is not UTF-8.
            LimitExceeded: It is larger than 2 MiB.
        """
        with self._core.view():
            return queries.get(self._core, path)

    def get_all(self) -> WholeMemory:
        """The whole memory as one text: all files in sync order, or the v1 file as it is.

        Raises:
            NotInitialised: There is no memory.
        """
        with self._core.view():
            return queries.get_all(self._core)

    def list(
        self,
        *,
        tag: str | None = None,
        topic: str | None = None,
        dir: str | None = None,  # noqa: A002 - the word of the tool and the command
        since: str | None = None,
        until: str | None = None,
        sort: Sort = Sort.PATH,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> FileListing:
        """The files that match all filters.

        Args:
            tag: A tag the file has, ignoring case.
            topic: Text its topic contains, ignoring case.
            dir: A folder it is in, at any depth.
            since: ISO date; only files updated on that day or later, by their `updated`, else by
                their last commit, where the log is at hand.
            until: ISO date; only files updated on that day or before.
            sort: By path; or the newest or the largest first.
            limit: How many to return at most; `None` for as many as 1,500 tokens hold.
            cursor: Where an earlier answer left off.

        Raises:
            NotInitialised: There is no memory.
            InvalidRequest: The cursor was not handed out, the limit is not positive, or a date is
                none.
        """
        which = make_filter(tag, topic, dir, since, until)
        with self._core.view():
            return queries.list_files(self._core, which, sort, limit, cursor)

    def search(
        self,
        query: str,
        *,
        tag: str | None = None,
        topic: str | None = None,
        dir: str | None = None,  # noqa: A002 - the word of the tool and the command
        since: str | None = None,
        until: str | None = None,
        limit: int = SEARCH_LIMIT,
        cursor: str | None = None,
        max_tokens: int | None = None,
        explain: bool = False,
    ) -> Matches:
        """The files that answer a query, best first; see `pack.search.query` for what can be asked.

        Args:
            query: Words, a sentence, "a phrase", beginnin*, -without.
            tag: As in `list`; as are the next four.
            topic: See there.
            dir: See there.
            since: See there.
            until: See there.
            limit: How many to return at most.
            cursor: Where an earlier answer left off.
            max_tokens: How many tokens the results may take, about; one is given in any case.
            explain: Whether each result says why it stands where it does.

        Raises:
            NotInitialised: There is no memory.
            InvalidRequest: The query is empty, the cursor was not handed out, a date is none.
            LimitExceeded: The query is longer than 1,000 bytes.
        """
        from pack.use_cases import search as searching  # noqa: PLC0415 - see the module's docstring

        which = make_filter(tag, topic, dir, since, until)
        request = searching.SearchRequest(query, which, limit, cursor, max_tokens, explain)
        with self._core.view():
            return searching.search(self._core, request)

    def find_pattern(self, pattern: str, *, dir: str | None = None) -> Iterator[Line]:  # noqa: A002
        """Each line of the memory files in which a regular expression is found.

        Args:
            pattern: As Python's `re` takes it.
            dir: A folder the files are in, at any depth.

        Raises:
            NotInitialised: There is no memory.
            InvalidRequest: It is no regular expression.
        """
        from pack.use_cases import search as searching  # noqa: PLC0415 - see the module's docstring

        with self._core.view():
            return searching.find_pattern(self._core, pattern, make_filter(folder=dir))

    def reindex(self, progress: Progress | None = None) -> int:
        """Make the catalog anew from the files; the number of them.

        Args:
            progress: Told how many files are done, and of how many.

        Raises:
            NotInitialised: There is no memory.
        """
        with self._core.view():
            return queries.reindex(self._core, progress)

    def changes_since(self, commit: CommitId | None) -> Changes:
        """What commits, by whomever, have changed since a commit; cheap when nothing has."""
        with self._core.view():
            return queries.changes_since(self._core, commit)

    def status(self) -> Status:
        """What the memory is like now, also where there is none yet."""
        from pack.use_cases import validate as validation  # noqa: PLC0415 - see the module's docstring

        with self._core.view():
            return validation.status(self._core)

    def validate(self) -> Sequence[Finding]:
        """Everything that is wrong with files, frontmatter, names, links and index; no change.

        Raises:
            NotInitialised: There is no memory.
        """
        from pack.use_cases import validate as validation  # noqa: PLC0415 - see the module's docstring

        with self._core.view():
            return validation.validate(self._core)

    # --- writing (pack.use_cases.write, pack.use_cases.pathless) ---------------------------------

    def update(
        self,
        path: str,
        content: str,
        sha: str | None = None,
        message: str | None = None,
        *,
        dry_run: bool = False,
    ) -> Written:
        """Store a file, new or whole, as one commit with the index.

        `updated` is set, and `created` and `topic` where they are missing; no other byte changes.

        Args:
            path: Where.
            content: The whole text. Without frontmatter, the file keeps what it had.
            sha: Blob id of what the caller read; `None` to make a new file.
            message: Words for the log.
            dry_run: Only say what would change.

        Raises:
            NotInitialised: There is no memory.
            BlobChanged: The file is not what the caller read. The error holds what it is now.
            InvalidPath: No memory file can be called so, or some file systems take it for another.
            InvalidContent: The content cannot be stored.
            LimitExceeded: It is too large.
            PackError: The store refused; nothing was written.
        """
        return updates.update(self._core, path, content, sha, message, dry_run=dry_run)

    def edit(
        self,
        path: str,
        edits: Sequence[Edit],
        sha: str | None = None,
        message: str | None = None,
        *,
        dry_run: bool = False,
    ) -> Written:
        """Change parts of a file, all edits or none, as one commit with the index.

        Args:
            path: The file.
            edits: Applied in order, each to the result of the one before.
            sha: Blob id of what the caller read; `None` to take the file as it is.
            message: Words for the log.
            dry_run: Only say what would change.

        Raises:
            NotFound: There is no such file.
            EditFailed: An edit does not apply exactly once.
            PackError: As `update`.
        """
        return updates.edit(self._core, path, edits, sha, message, dry_run=dry_run)

    def delete(
        self, path: str, sha: str, message: str | None = None, *, dry_run: bool = False
    ) -> Written:
        """Remove a file as one commit with the index; its history stays.

        Raises:
            NotFound: There is no such file.
            BlobChanged: It is not what the caller read.
            PackError: As `update`.
        """
        return updates.delete(self._core, path, sha, message, dry_run=dry_run)

    def move(
        self,
        path: str,
        new_path: str,
        sha: str,
        message: str | None = None,
        *,
        dry_run: bool = False,
    ) -> Written:
        """Give a file another path as one commit with the index; its bytes and history stay.

        Raises:
            NotFound: There is no such file.
            BlobChanged: It is not what the caller read.
            AlreadyExists: A file is at the new path.
            PackError: As `update`.
        """
        return updates.move(self._core, path, new_path, sha, message, dry_run=dry_run)

    def add_to_general(
        self, content: str, last_read: str | None = None, message: str | None = None
    ) -> Written:
        """What a v1 client means by an update: keep everything, add what is new (C2).

        Args:
            content: The text the client sent, of any size.
            last_read: What the client last read; `None` where that is not known.
            message: Words for the log.

        Raises:
            NotInitialised: There is no memory.
            PackError: The store failed; nothing was written.
        """
        return pathless.add(self._core, content, last_read, message)

    # --- other machines (pack.use_cases.exchange) ------------------------------------------------

    def sync_remote(
        self, allowed: Permission | None = None, report: Report = lambda _: None
    ) -> Exchange:
        """Bring this memory and its remote together: fetch, take in, push.

        What both sides changed is merged file by file, in one commit. Nothing is rewritten, here
        or there, and nothing that is not committed is touched.

        Args:
            allowed: What a person has decided after an earlier exchange had stopped.
            report: Told what takes its time.

        Raises:
            RepositoryBusy: Another process is exchanging now, or both sides move too fast.
            InvalidConfig: The remote cannot be used as it is set up.
            ConnectorError: The remote does not answer, or refuses. Next time goes on from there.
        """
        from pack.remote.decision import NOTHING_ALLOWED  # noqa: PLC0415 - likewise
        from pack.use_cases import exchange as exchanging  # noqa: PLC0415 - see the module's docstring

        permission = allowed or NOTHING_ALLOWED
        return exchanging.exchange(self._core, permission, report, self._new_request)

    def probe_remote(self) -> None:
        """Return if the remote can be reached; nothing is changed, here or there.

        Raises:
            InvalidConfig: It cannot be used as it is set up, or there is none.
            Unavailable: It does not answer.
        """
        if self._core.remote is None:
            raise InvalidConfig("the remote", "there is none")
        self._core.remote.probe()

    def is_exchange_due(self, interval: float) -> bool:
        """Whether it is time for `sync_remote`; cheap enough to be asked every second.

        Args:
            interval: Seconds after which the remote is asked again where nothing is new here.

        Raises:
            ConnectorError: The store cannot be read.
        """
        from pack.use_cases import exchange as exchanging  # noqa: PLC0415 - see the module's docstring

        return exchanging.is_due(self._core, interval)

    def remote_status(self) -> RemoteStatus | None:
        """The remote as it is known without asking it; `None` where there is none."""
        from pack.use_cases import exchange as exchanging  # noqa: PLC0415 - see the module's docstring

        return exchanging.status(self._core)

    # --- a memory's life (pack.use_cases.lifecycle) ----------------------------------------------

    def init(
        self,
        scaffold: Scaffold,
        notes: Mapping[str, bytes] | None = None,
        *,
        dry_run: bool = False,
    ) -> Initialised:
        """Make this store a memory, in one commit; what is there stays as it is.

        Args:
            scaffold: Starter files, for places where nothing is.
            notes: Files to take over, by relative POSIX path.
            dry_run: Only say what would change.

        Raises:
            PackError: The store refused; nothing was written.
        """
        from pack.use_cases import lifecycle  # noqa: PLC0415 - see the module's docstring

        return lifecycle.init(self._core, scaffold, notes, dry_run=dry_run)

    def plan_migration(self) -> MigrationPlan:
        """Which line of the v1 file would go where.

        Raises:
            NotFound: There is no v1 file.
            InvalidContent: It is not UTF-8.
        """
        from pack.use_cases import lifecycle  # noqa: PLC0415 - see the module's docstring

        with self._core.view():
            return lifecycle.plan_migration(self._core)

    def migrate(self, plan: MigrationPlan, *, dry_run: bool = False) -> Written:
        """Divide the v1 file as planned, in one commit; the original is kept twice.

        Raises:
            InvalidPlan: A line would be dropped or repeated, or the file changed since.
            PackError: The store refused; nothing was written.
        """
        from pack.use_cases import lifecycle  # noqa: PLC0415 - see the module's docstring

        return lifecycle.migrate(self._core, plan, dry_run=dry_run)

    def migrate_notion(
        self,
        pages: Pages,
        report: Callable[[str], None],
        today: date | None = None,
        *,
        journal: PagesCheckpoint | None = None,
        dry_run: bool = False,
    ) -> NotionMigration:
        """Give each file a page in Notion, below an index (C11).

        May be repeated: pages that are recorded or were made before are not made again.

        Args:
            pages: The page above, and those below it.
            report: Told what takes its time.
            today: Files that are expired on that day get none; `None` for no such day.
            journal: Where pages are noted until they are recorded.
            dry_run: Only say what would be made; Notion is not asked.

        Raises:
            MigrationNeeded: This is a v1 memory.
            InvalidConfig: `.notion-pages.json` cannot be trusted.
            PackError: Notion or the store refused. What was made is recorded.
        """
        from pack.pages import delivery as notion_delivery  # noqa: PLC0415 - see the module's docstring

        return notion_delivery.migrate_notion(
            self._core, pages, report, today, journal, dry_run=dry_run
        )

    def notion_route(
        self,
        pages: Pages,
        single: Target,
        source: TextSource,
        today: Callable[[], date] | None = None,
        journal: PagesCheckpoint | None = None,
    ) -> Route:
        """The way of commits to Notion's pages; see `pack.pages.delivery.NotionRoute`.

        Args:
            pages: The pages.
            single: The page above them.
            source: The texts of this memory.
            today: Gives the day on which expired files are left out; `None` to keep them.
            journal: As for `migrate_notion`.
        """
        from pack.pages import delivery as notion_delivery  # noqa: PLC0415 - see the module's docstring

        return notion_delivery.NotionRoute(self._core, pages, single, source, today, journal)

    def list_expired(self) -> Sequence[Expired]:
        """The files whose ttl is over, sorted by path.

        Raises:
            NotInitialised: There is no memory.
        """
        from pack.use_cases import lifecycle  # noqa: PLC0415 - see the module's docstring

        with self._core.view():
            return lifecycle.list_expired(self._core)

    def prune(self, expired: Sequence[Expired], *, dry_run: bool = False) -> Written | None:
        """Remove expired files in one commit; `None` if none are given.

        Args:
            expired: From `list_expired`, and confirmed.
            dry_run: Only say what would change.

        Raises:
            BlobChanged: One was changed since it was listed. None was removed.
        """
        from pack.use_cases import lifecycle  # noqa: PLC0415 - see the module's docstring

        return lifecycle.prune(self._core, expired, dry_run=dry_run)
