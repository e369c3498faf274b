"""`pack sync`: deliver to the sync targets."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict
from threading import Event, Lock
from typing import Annotated, Final

import typer

from pack.errors import ConnectorError, InternalError, NotFound
from pack.memory import Memory
from pack.sync.engine import Sync
from pack.sync.results import Standing, SyncOutcome, TargetStatus, Urgency
from pack_servers.background.sync import syncing
from pack_servers.cli.shell.exit import FAILED, OK, UNEXPECTED
from pack_servers.cli.shell.hand_edits_text import say_uncommitted
from pack_servers.cli.shell.opening import opened
from pack_servers.cli.shell.options import Format, FormatOption, GithubOption, LocalOption
from pack_servers.cli.shell.output import counted, show, show_json
from pack_servers.cli.shell.streams import say, working
from pack_servers.cli.shell.sync_text import outcome_words, standing_words, status_words
from pack_servers.cli.shell.terminal import show_table, styled
from pack_servers.cli.shell.wording import worded

EXAMPLES: Final = """\
  pack sync                          deliver what is queued for every target
  pack sync --dry-run                see how far each target is
  pack sync --target webhook:HOST    only this one, even if it is parked
  pack sync --watch                  keep delivering until Ctrl-C"""


def run(
    *,
    target: Annotated[
        str | None,
        typer.Option(
            "--target",
            metavar="NAME",
            help="Only this target, even if it is parked.",
            show_default=False,
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show how far each target is; deliver nothing.")
    ] = False,
    full: Annotated[
        bool,
        typer.Option(
            "--full",
            help="Rewrite everything, even what seems unchanged; webhooks are not repeated.",
        ),
    ] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Keep delivering until Ctrl-C.")] = False,
    answer: FormatOption = Format.TEXT,
    local: LocalOption = None,
    github: GithubOption = None,
) -> None:
    """Deliver what is new to the sync targets."""
    with opened(local, github, copies=True) as memory:
        sync = memory.sync
        if sync is None:
            _without_targets(target, answer)
            return
        if dry_run:
            _show_statuses(_wanted(sync, target), answer)
            return
        outcomes = _deliver(sync, target, full=full)
        uncommitted = memory.hand_edits.list()
        if answer is Format.JSON:
            show_json({"targets": [asdict(one) for one in outcomes], "uncommitted": uncommitted})
        else:
            _show_outcomes(outcomes, answer)
            say_uncommitted(uncommitted)
        if watch:
            _watch(memory, target, answer)
    if status := _status_of(outcomes):
        raise typer.Exit(status)


def _without_targets(target: str | None, answer: Format) -> None:
    if target is not None:
        raise NotFound(
            f"the target {target[:100]!r}", "No targets are set up. Run `pack help copies`."
        )
    if answer is Format.JSON:
        show_json({"targets": []})
    else:
        show("no targets are set up")
        say("  → Set PACK_WEBHOOK_URL for webhooks, NOTION_TOKEN and NOTION_SYNC_PAGE_ID for")
        say("    Notion, or GOOGLE_DOC_ID for a Google document. Run `pack help copies`.")


def _deliver(sync: Sync, target: str | None, *, full: bool) -> list[SyncOutcome]:
    outcomes = []
    urgency = Urgency.NOW if target is None else Urgency.UNPARKED
    for name in sync.names if target is None else (target,):
        with working(f"delivering to {name}"):
            outcomes.append(_delivered(sync, name, urgency, full=full))
    return outcomes


def _delivered(sync: Sync, name: str, urgency: Urgency, *, full: bool) -> SyncOutcome:
    """The outcome for one target; the others get their turn in any case."""
    try:
        return sync.deliver(name, urgency, full=full)
    except (ConnectorError, InternalError) as error:
        standing, problem = Standing.WAITING, str(error)
        return SyncOutcome(name, standing, problem=problem, remedy=error.remedy, code=error.code)


def _status_of(outcomes: Sequence[SyncOutcome]) -> int:
    """The exit status: a bug in PACK outweighs what a target did."""
    failed = [one for one in outcomes if one.standing in (Standing.WAITING, Standing.PARKED)]
    if any(one.code == InternalError.code for one in failed):
        return UNEXPECTED
    return FAILED if failed else OK


def _wanted(sync: Sync, target: str | None) -> list[TargetStatus]:
    found = [one for one in sync.status() if target in (None, one.name)]
    if not found:
        raise NotFound(
            f"the target {(target or '')[:100]!r}", "Run `pack sync --dry-run` to list them."
        )
    return found


def _show_statuses(statuses: Sequence[TargetStatus], answer: Format) -> None:
    if answer is Format.JSON:
        show_json({"dry_run": True, "targets": [asdict(one) for one in statuses]})
        return
    rows = [(styled(one.name), styled(status_words(one))) for one in statuses]
    show_table(("target", "state"), rows)
    say("dry run: nothing was delivered")


def _show_outcomes(outcomes: Sequence[SyncOutcome], answer: Format) -> None:
    if answer is Format.JSON:
        show_json({"targets": [asdict(one) for one in outcomes]})
        return
    rows = [
        (
            styled(one.name),
            styled(standing_words(one)),
            styled(counted(one.commits, "commit") if one.commits else ""),
            styled(outcome_words(one)),
        )
        for one in outcomes
    ]
    show_table(("target", "state", "delivered", ""), rows)
    for one in outcomes:
        for warning in one.warnings:
            say(f"warning: {one.name}: {worded(warning)}")
        if one.remedy is not None:
            say(f"  → {one.name}: {worded(one.remedy)}")
        if one.standing is Standing.PARKED:
            say(f"  → {one.name}: to try again, run pack sync --target {one.name}")


def _watch(memory: Memory, target: str | None, answer: Format) -> None:
    """Keep delivering until the command is interrupted.

    Raises:
        BrokenPipeError: Nobody reads its output any more.
    """
    printing, unread = Lock(), Event()

    def tell(outcome: SyncOutcome) -> None:
        if outcome.standing is Standing.BUSY:
            return
        try:
            with printing:
                _show_outcomes([outcome], answer)
                sys.stdout.flush()
        except (BrokenPipeError, SystemExit):  # rich turns the first into the second
            unread.set()

    names = None if target is None else (target,)
    with syncing(memory, tell, names):
        say("watching; press Ctrl-C to stop")
        unread.wait()
    raise BrokenPipeError
