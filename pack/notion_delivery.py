"""The two ways to Notion's pages: `pack migrate-notion`, which begins with them, and the sync."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Final

from pack.core import Core
from pack.errors import MigrationNeeded
from pack.model import CommitId
from pack.notion_mapping import MAPPING, PageMap
from pack.notion_memo import PagesMemo
from pack.notion_pages import PagesRun, Report, blobs_at, load_map, read_sheets, save_map
from pack.notion_sheets import find_moves
from pack.results import Mode
from pack.targets import Delivered, Pages

NOT_MIGRATED: Final = (
    f"NOTION_SYNC_MODE is multi, but {MAPPING} is not there or not complete: the single page was "
    "written. Run `pack migrate-notion`."
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


def migrate_notion(core: Core, pages: Pages, report: Report, *, dry_run: bool) -> NotionMigration:
    """See `Memory.migrate_notion`."""
    if core.require_mode() is Mode.V1:
        raise MigrationNeeded(core.reader.v1_path, "several pages in Notion")
    head = core.connector.head()
    now = load_map(core) or PageMap()
    sheets = read_sheets(core, head, None)
    gone = find_moves(list(now.pages), sheets, {}).gone if sheets else []
    plan = NotionMigration(
        created=[(one.path, one.title) for one in sheets.values() if one.path not in now.pages],
        kept=[path for path in sheets if path in now.pages],
        trashed=gone,
        export=now.export is None,
        is_complete=now.is_complete,
    )
    if dry_run:
        return plan
    # What is recorded is not written again, unless it may be half done.
    before = {str(path): blob for path, blob in blobs_at(core, head).items()}
    run = PagesRun(pages, sheets, now, PagesMemo(), report)
    with _saved(core, run):
        run.bring(lambda _: not now.is_complete, before if now.is_complete else {})
    return NotionMigration(
        plan.created, plan.kept, gone, plan.export, tuple(run.warnings), run.now.is_complete
    )


def deliver_pages(
    core: Core,
    pages: Pages,
    head: CommitId,
    start: CommitId | None,
    memo: str,
    today: date | None = None,
) -> Delivered | None:
    """Bring the pages to a commit.

    Args:
        core: The memory.
        pages: The pages.
        head: The commit.
        start: The one that was delivered last; `None` for none.
        memo: What the last delivery returned; empty where all is to be looked at.
        today: Files that are expired on that day are left out; `None` for none.

    Returns:
        What it came to; `None` where no migration was finished, so that the single page is to be
        written (C11). Nothing was done then.

    Raises:
        InvalidConfig: The record of the pages cannot be trusted.
        PackError: A page could not be written, or the memory not be read.
    """
    now = load_map(core)
    if now is None or not now.is_complete:
        return None
    before = {str(path): blob for path, blob in blobs_at(core, start).items()} if memo else {}
    kept = PagesMemo.read(memo)
    run = PagesRun(pages, read_sheets(core, head, today), now, kept)
    with _saved(core, run):
        run.bring(_touched(core, start if before else None, head), before)
    return Delivered(run.memo.write(), run.changed, tuple(run.warnings))


def _touched(core: Core, start: CommitId | None, head: CommitId) -> Callable[[str], bool]:
    changes = core.connector.changes_between(start, head) if start else None
    if changes is None:
        return lambda _: True
    paths = {str(path) for path, _ in changes}
    return paths.__contains__


@contextmanager
def _saved(core: Core, run: PagesRun) -> Iterator[None]:
    """Record what is there when it ends, however it ends."""
    try:
        yield
    finally:
        save_map(core, run.now)
