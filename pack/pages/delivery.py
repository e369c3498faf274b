"""The two ways to Notion's pages: `pack migrate-notion`, which begins with them, and the sync."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import Final

from pack.actions import Action
from pack.core.core import Core
from pack.errors import MigrationNeeded
from pack.model import CommitId, Mode
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
    f"{MAPPING} belongs to another page than NOTION_SYNC_PAGE_ID, so that page was given the whole "
    f"memory. {Action.MIGRATE_NOTION} to give each file a page below it."
)
_OF_ANOTHER: Final = (
    f"{MAPPING} was for another page; the pages below that one stay there, and are not kept up "
    "to date any more"
)


@dataclass(frozen=True, slots=True)
class NotionMigration:
    """What `pack migrate-notion` did, or would do.

    Attributes:
        created: Files that got a page, with the title of it.
        kept: Files that had one.
        trashed: Files that are no more, whose pages go to the trash.
        export: Whether the page of the full export is made.
        warnings: What a person should know.
        is_complete: Whether every file has its page, and the page above is an index.
    """

    created: Sequence[tuple[str, str]]
    kept: Sequence[str]
    trashed: Sequence[str]
    export: bool
    warnings: tuple[str, ...] = ()
    is_complete: bool = False


def migrate_notion(
    core: Core,
    pages: Pages,
    report: Report,
    today: date | None,
    journal: PagesCheckpoint | None,
    *,
    dry_run: bool,
) -> NotionMigration:
    """See `Memory.migrate_notion`."""
    if core.require_mode() is Mode.V1:
        raise MigrationNeeded(core.reader.v1_path, "several pages in Notion")
    journal = journal or NoCheckpoint()
    if dry_run:
        return _plan(core, pages, today, journal)[0]
    with journal.exclusive():
        return _migrate(core, pages, report, today, journal)


def _plan(
    core: Core, pages: Pages, today: date | None, journal: PagesCheckpoint
) -> tuple[NotionMigration, PageMap, PageMap, Mapping[str, PageContent]]:
    """What is to be done; the record; the pages there are; what they are to show."""
    recorded = load_map(core) or PageMap()
    is_ours = recorded.is_below(pages.parent)
    now = replace(recorded, parent=pages.parent) if is_ours else PageMap(parent=pages.parent)
    now = resumed(now, journal)
    sheets = read_contents(core, core.connector.head(), today)
    gone = find_moves(list(now.pages), sheets, {}).gone if sheets else []
    plan = NotionMigration(
        created=[(one.path, one.title) for one in sheets.values() if one.path not in now.pages],
        kept=[path for path in sheets if path in now.pages],
        trashed=gone,
        export=now.export is None,
        warnings=() if is_ours else (_OF_ANOTHER,),
        is_complete=now.is_complete,
    )
    return plan, recorded, now, sheets


def _migrate(
    core: Core, pages: Pages, report: Report, today: date | None, journal: PagesCheckpoint
) -> NotionMigration:
    plan, recorded, now, sheets = _plan(core, pages, today, journal)
    # What is recorded is not written again, unless it may be half done.
    head = core.connector.head()
    before = {str(path): blob for path, blob in blobs_at(core, head).items()}
    run = PagesRun(pages, sheets, now, PagesCache(), report, partial(note, journal))
    with _saved(core, run, recorded, journal):
        run.bring(lambda _: not now.is_complete, before if now.is_complete else {})
    warnings = (*plan.warnings, *run.warnings)
    return replace(plan, trashed=run.trashed, warnings=warnings, is_complete=run.now.is_complete)


class NotionRoute:
    """The way of commits to Notion's pages; a `pack.sync.routes.Route` of one part.

    Until a migration is finished, the single page gets the whole memory, and a warning says so
    (C11).

    Args:
        core: The memory.
        pages: The pages.
        single: The page above them, as long as it holds everything.
        source: The texts of the memory.
        today: Gives the day on which expired files are left out; `None` to keep them.
        journal: Where pages are noted until they are recorded.
    """

    def __init__(
        self,
        core: Core,
        pages: Pages,
        single: Target,
        source: TextSource,
        today: Callable[[], date] | None,
        journal: PagesCheckpoint | None = None,
    ) -> None:
        self._core = core
        self._pages = pages
        self._single = single
        self._source = source
        self._today = today
        self._journal = journal or NoCheckpoint()

    def deliver(self, delivery: Delivery, progress: Progress) -> Delivered:
        """See `Route.deliver`."""
        del progress
        with self._journal.exclusive():  # a migration goes first, and makes the page above an index
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
        self, delivery: Delivery, now: PageMap, sheets: Mapping[str, PageContent]
    ) -> Delivered:
        start = delivery.start if delivery.receipt else None
        before = {str(path): blob for path, blob in blobs_at(self._core, start).items()}
        there = resumed(replace(now, parent=self._pages.parent), self._journal)
        receipt = PagesCache.read(delivery.receipt)
        run = PagesRun(self._pages, sheets, there, receipt, keep=partial(note, self._journal))
        touched = _touched(self._core, start if before else None, delivery.head)
        with _saved(self._core, run, now, self._journal), target_errors():
            run.bring(touched, before)
        return Delivered(run.receipt.write(), run.changed, tuple(run.warnings))

    def close(self) -> None:
        """See `Route.close`."""
        self._pages.close()
        self._single.close()


def _touched(core: Core, start: CommitId | None, head: CommitId) -> Callable[[str], bool]:
    changes = core.connector.changes_between(start, head) if start else None
    if changes is None:
        return lambda _: True
    paths = {str(path) for path, _ in changes}
    return paths.__contains__


@contextmanager
def _saved(
    core: Core, run: PagesRun, recorded: PageMap, journal: PagesCheckpoint
) -> Iterator[None]:
    """Record what is there when it ends, however it ends."""
    try:
        yield
    finally:
        save_map(core, recorded, run.now)
        journal.clear()
