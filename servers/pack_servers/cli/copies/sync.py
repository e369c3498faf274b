"""`pack sync`: the copies elsewhere."""

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
from pack_servers.cli.shell.opening import opened
from pack_servers.cli.shell.options import Format, FormatOption, GithubOption, LocalOption
from pack_servers.cli.shell.output import counted, show, show_json
from pack_servers.cli.shell.streams import say, working
from pack_servers.cli.shell.sync_text import outcome_words, standing_words, status_words
from pack_servers.cli.shell.terminal import show_table, styled

EXAMPLES: Final = """\
  pack sync                          deliver what is in the queue of every target
  pack sync --dry-run                how far each target is; nobody is asked
  pack sync --target webhook:HOST    that one, also if it was parked
  pack sync --watch                  go on delivering until Ctrl-C"""


def run(
    *,
    target: Annotated[
        str | None,
        typer.Option(
            "--target", metavar="NAME", help="Only this one, at once.", show_default=False
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show how far each is, and deliver nothing.")
    ] = False,
    full: Annotated[
        bool,
        typer.Option(
            "--full", help="Write all anew, also what seems unchanged; webhooks repeat nothing."
        ),
    ] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Go on until Ctrl-C.")] = False,
    answer: FormatOption = Format.TEXT,
    local: LocalOption = None,
    github: GithubOption = None,
) -> None:
    """Bring sync targets to the current commit."""
    with opened(local, github) as memory:
        sync = memory.sync
        if sync is None:
            _without_targets(target, answer)
            return
        if dry_run:
            _show_statuses(_wanted(sync, target), answer)
            return
        outcomes = _deliver(sync, target, full=full)
        _show_outcomes(outcomes, answer)
        if watch:
            _watch(memory, target, answer)
    if status := _status_of(outcomes):
        raise typer.Exit(status)


def _without_targets(target: str | None, answer: Format) -> None:
    if target is not None:
        raise NotFound(f"the target {target[:100]!r}", "None is set up, see README.")
    if answer is Format.JSON:
        show_json({"targets": []})
    else:
        show("no targets are set up")
        say("  → In ~/.pack.env: PACK_WEBHOOK_URL for webhooks; NOTION_TOKEN and")
        say("    NOTION_SYNC_PAGE_ID for Notion; GOOGLE_DOC_ID for a Google document. See README.")


def _deliver(sync: Sync, target: str | None, *, full: bool) -> list[SyncOutcome]:
    outcomes = []
    urgency = Urgency.NOW if target is None else Urgency.UNPARKED
    for name in sync.names if target is None else (target,):
        with working(f"delivering to {name}"):
            outcomes.append(_delivered(sync, name, urgency, full=full))
    return outcomes


def _delivered(sync: Sync, name: str, urgency: Urgency, *, full: bool) -> SyncOutcome:
    """What came of one target; the others get their turn whatever it is."""
    try:
        return sync.deliver(name, urgency, full=full)
    except (ConnectorError, InternalError) as error:
        standing, problem = Standing.WAITING, str(error)
        return SyncOutcome(name, standing, problem=problem, remedy=error.remedy, code=error.code)


def _status_of(outcomes: Sequence[SyncOutcome]) -> int:
    """The exit status: a mistake of PACK's own outweighs what a target did."""
    failed = [one for one in outcomes if one.standing in (Standing.WAITING, Standing.PARKED)]
    if any(one.code == InternalError.code for one in failed):
        return UNEXPECTED
    return FAILED if failed else OK


def _wanted(sync: Sync, target: str | None) -> list[TargetStatus]:
    found = [one for one in sync.status() if target in (None, one.name)]
    if not found:
        raise NotFound(f"the target {(target or '')[:100]!r}", "`pack sync --dry-run` lists them.")
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
            say(f"warning: {one.name}: {warning}")
        if one.remedy is not None:
            say(f"  → {one.name}: {one.remedy}")
        if one.standing is Standing.PARKED:
            say(f"  → {one.name}: to try again: pack sync --target {one.name}")


def _watch(memory: Memory, target: str | None, answer: Format) -> None:
    """Go on delivering until the command is interrupted.

    Raises:
        BrokenPipeError: Nobody reads what it shows any more.
    """
    printing, unread = Lock(), Event()

    def tell(outcome: SyncOutcome) -> None:
        if outcome.standing is Standing.BUSY:
            return
        try:
            with printing:
                _show_outcomes([outcome], answer)
                sys.stdout.flush()
        except (BrokenPipeError, SystemExit):  # rich makes the one of the other
            unread.set()

    names = None if target is None else (target,)
    with syncing(memory, tell, names):
        say("watching; Ctrl-C ends it")
        unread.wait()
    raise BrokenPipeError
