"""The two ways to Notion's pages: `pack migrate-notion`, which creates them, and the sync."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import Final

from pack.actions import Action
from pack.core.session import Session
from pack.errors import MigrationNeeded
from pack.model import Mode
from pack.pages.cache import PagesCache
from pack.pages.checkpoint import NoCheckpoint, PagesCheckpoint, note, resumed
from pack.pages.contents import PageContent, find_moves
from pack.pages.mapping import MAPPING, PageMap
from pack.pages.record import blobs_at, load_map, read_contents, save_map
from pack.pages.run import PagesRun, Report
from pack.sync.routes import Delivery, Progress, target_errors
from pack.sync.target import Delivered, Pages, Target
from pack.sync.text import TextSource

NOT_MIGRATED: Final = (
    f"NOTION_SYNC_MODE is multi, but {MAPPING} is missing or incomplete, so the single page was "
    f"written. {Action.MIGRATE_NOTION}."
)
OTHER_PAGE: Final = (
    f"{MAPPING} belongs to a different page than NOTION_SYNC_PAGE_ID, so the whole memory was "
    f"written to that page alone. To give each file a page below it, {Action.MIGRATE_NOTION}."
)
_OF_ANOTHER: Final = (
    f"{MAPPING} belonged to another page; the pages below that one stay there, and are no longer "
    "kept up to date"
)


@dataclass(frozen=True, slots=True)
class NotionMigration:
    """What `pack migrate-notion` did, or would do.

    Attributes:
        created: Files that got a page, with its title.
        kept: Files that already had one.
        trashed: Files that no longer exist, whose pages go to the trash.
        export: Whether the page of the full export is created.
        warnings: What a person should know.
        is_complete: Whether every file has its page and the parent page is an index.
    """

    created: Sequence[tuple[str, str]]
    kept: Sequence[str]
    trashed: Sequence[str]
    export: bool
    warnings: tuple[str, ...] = ()
    is_complete: bool = False


class PageDelivery:
    """The pages of a memory in Notion: the migration that begins them, and the way of the sync."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def migrate(
        self,
        pages: Pages,
        report: Report,
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
        core = self._session.core
        if core.require_mode() is Mode.V1:
            raise MigrationNeeded(core.reader.v1_path, "several pages in Notion")
        checkpoint = journal or NoCheckpoint()
        with nullcontext() if dry_run else checkpoint.exclusive():
            recorded = load_map(core) or PageMap()
            is_ours = recorded.is_below(pages.parent)
            mine = replace(recorded if is_ours else PageMap(), parent=pages.parent)
            now = resumed(mine, checkpoint)
            contents = read_contents(core, core.connector.head(), today)
            plan = NotionMigration(
                created=[
                    (one.path, one.title) for one in contents.values() if one.path not in now.pages
                ],
                kept=[path for path in contents if path in now.pages],
                trashed=find_moves(list(now.pages), contents, {}).gone if contents else [],
                export=now.export is None,
                warnings=() if is_ours else (_OF_ANOTHER,),
                is_complete=now.is_complete,
            )
            if dry_run:
                return plan
            run = PagesRun(pages, contents, now, PagesCache(), report, partial(note, checkpoint))
            with _saved(self._session, run, recorded, checkpoint):
                # Pages in the record are not written again, unless they may be half done.
                run.bring({}, settled=mine.pages if mine.is_complete else ())
        warnings = (*plan.warnings, *run.warnings)
        return replace(
            plan, trashed=run.trashed, warnings=warnings, is_complete=run.now.is_complete
        )

    def route(
        self,
        pages: Pages,
        single: Target,
        source: TextSource,
        today: Callable[[], date] | None = None,
        journal: PagesCheckpoint | None = None,
    ) -> NotionRoute:
        """The way of commits to Notion's pages; see `NotionRoute`.

        Args:
            pages: The pages.
            single: The page above them.
            source: The texts of this memory.
            today: Gives the day on which expired files are left out; `None` to keep them.
            journal: As for `migrate`.
        """
        return NotionRoute(self._session, pages, single, source, today, journal)


class NotionRoute:
    """How commits reach the pages in Notion; a `pack.sync.routes.Route` of one part.

    Until a migration is complete, the single page gets the whole memory, with a warning (C11).

    Args:
        session: The memory, and who records the pages.
        pages: The pages.
        single: The parent page, while it holds everything.
        source: The texts of the memory.
        today: Returns the day on which expired files are left out; `None` to keep them.
        journal: Where pages are noted until they are recorded.
    """

    def __init__(
        self,
        session: Session,
        pages: Pages,
        single: Target,
        source: TextSource,
        today: Callable[[], date] | None,
        journal: PagesCheckpoint | None = None,
    ) -> None:
        self._session = session
        self._core = session.core
        self._pages = pages
        self._single = single
        self._source = source
        self._today = today
        self._journal = journal or NoCheckpoint()

    def deliver(self, delivery: Delivery, progress: Progress) -> Delivered:
        """See `Route.deliver`."""
        del progress
        with self._journal.exclusive():  # a migration goes first: it makes the parent an index
            return self._deliver(delivery)

    def _deliver(self, delivery: Delivery) -> Delivered:
        today = self._today() if self._today else None
        with target_errors():  # a record that cannot be trusted waits for a person
            now = load_map(self._core)
        is_ours = now is not None and now.is_below(self._pages.parent)
        if now is None or not now.is_complete or not is_ours:
            warning = NOT_MIGRATED if now is None or is_ours else OTHER_PAGE
            text = self._source.text_at(delivery.head, today)
            with target_errors():
                done = self._single.deliver(text, delivery.head, delivery.receipt)
            return replace(done, warnings=(warning, *done.warnings))
        return self._deliver_pages(delivery, now, read_contents(self._core, delivery.head, today))

    def _deliver_pages(
        self, delivery: Delivery, recorded: PageMap, contents: Mapping[str, PageContent]
    ) -> Delivered:
        start = delivery.start if delivery.receipt else None
        before = {str(path): blob for path, blob in blobs_at(self._core, start).items()}
        now = resumed(replace(recorded, parent=self._pages.parent), self._journal)
        cache = PagesCache.read(delivery.receipt)
        run = PagesRun(self._pages, contents, now, cache, keep=partial(note, self._journal))
        with _saved(self._session, run, recorded, self._journal), target_errors():
            run.bring(before)
        return Delivered(run.cache.write(), run.changed, tuple(run.warnings))

    def close(self) -> None:
        """See `Route.close`."""
        self._pages.close()
        self._single.close()


@contextmanager
def _saved(
    session: Session, run: PagesRun, recorded: PageMap, journal: PagesCheckpoint
) -> Iterator[None]:
    """Record which pages there are when the run ends, however it ends."""
    try:
        yield
    finally:
        save_map(session, recorded, run.now)
        journal.clear()
