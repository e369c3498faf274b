"""`pack migrate-notion`: from one page in Notion to one page per file."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Final

import typer

from pack_servers.cli.shell.opening import opened
from pack_servers.cli.shell.options import (
    DryRunOption,
    Format,
    FormatOption,
    GithubOption,
    LocalOption,
    YesOption,
)
from pack_servers.cli.shell.output import counted, show, show_json, warn
from pack_servers.cli.shell.streams import confirm, say
from pack_servers.config.extras import NOTION
from pack_servers.config.settings import NotionMode, load_settings
from pack_servers.wiring.clock import clock
from pack_servers.wiring.places import choose_place

if TYPE_CHECKING:
    from pack.pages.delivery import NotionMigration

EXAMPLES: Final = """\
  pack migrate-notion --dry-run    see which pages it would create
  pack migrate-notion              asks first; safe to repeat"""


def run(
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    answer: FormatOption = Format.TEXT,
    local: LocalOption = None,
    github: GithubOption = None,
) -> None:
    """Give each file a page of its own in Notion."""
    NOTION.require("NOTION_TOKEN")
    # Here, as it takes time to import and needs the extra.
    from pack_servers.wiring.notion import open_checkpoint, open_pages  # noqa: PLC0415

    settings = load_settings()
    today = None if settings.pack_sync_expired else clock().date()
    with opened(local, github, copies=True) as memory, open_pages(settings, clock) as pages:
        journal = open_checkpoint(settings, choose_place(settings, local, github))
        plan = memory.pages.migrate(pages, say, today, journal=journal, dry_run=True)
        if dry_run:
            _show(plan, answer, dry_run=True)
            return
        if answer is Format.TEXT:
            _show_plan(plan)
        new = counted(len(plan.created) + plan.export, "page")
        confirm(f"Create {new} in Notion?", f"creating {new} in Notion", yes=yes)
        done = memory.pages.migrate(pages, say, today, journal=journal)
    _show(done, answer, dry_run=False)
    if settings.notion_sync_mode is not NotionMode.MULTI:
        say("Set NOTION_SYNC_MODE=multi; until then, the sync keeps writing the single page.")
    if not done.is_complete:
        raise typer.Exit(1)


def _show(done: NotionMigration, answer: Format, *, dry_run: bool) -> None:
    if answer is Format.JSON:
        created = [{"path": path, "title": title} for path, title in done.created]
        fields = {**asdict(done), "created": created}
        show_json({"dry_run": True, **fields} if dry_run else fields)
        return
    if dry_run:
        _show_plan(done)
        say("dry run: nothing was changed")
        return
    warn(done.warnings)
    show(f"{counted(len(done.created), 'new page')}, {counted(len(done.kept), 'existing page')}")


def _show_plan(plan: NotionMigration) -> None:
    for path, title in plan.created:
        show(f"new    {path}  {title}")
    for path in plan.trashed:
        show(f"trash  {path}")
    if plan.export:
        show("new    the full export")
    if plan.kept:
        say(f"{counted(len(plan.kept), 'file')} with a page already")
