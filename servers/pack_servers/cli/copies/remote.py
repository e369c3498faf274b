"""`pack remote`: the git remotes that the memory is exchanged with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Final

import typer

from pack.memory import Memory
from pack.remote.decision import Permission
from pack.remote.remote import Exchange, Outcome, RemoteStatus
from pack_servers.cli.shell.hand_edits_text import say_uncommitted
from pack_servers.cli.shell.opening import opened
from pack_servers.cli.shell.options import Format, FormatOption, LocalOption
from pack_servers.cli.shell.output import counted, show, show_json
from pack_servers.cli.shell.remote_text import (
    branch_words,
    health_words,
    position_words,
    remote_fields,
    with_name,
)
from pack_servers.cli.shell.streams import say, working
from pack_servers.cli.shell.wording import worded

EXAMPLES: Final = """\
  pack remote           see where it is and how far apart the two sides are
  pack remote --sync    fetch, merge and push now
  pack remote --name backup --sync
  pack remote --format json"""

_FAILED: Final = 1
_CONFLICT: Final = 2
_DONE: Final = {
    Outcome.UP_TO_DATE: "both sides agree",
    Outcome.SENT: "sent what is new here",
    Outcome.RECEIVED: "received what is new there",
    Outcome.MERGED: "merged what both sides changed",
}


def run(
    *,
    sync: Annotated[bool, typer.Option("--sync", help="Fetch, merge and push now.")] = False,
    accept: Annotated[
        bool,
        typer.Option(
            "--accept-remote-history",
            help="Exchange now, although the remote was rewritten, emptied or lost its branch.",
        ),
    ] = False,
    unrelated: Annotated[
        bool,
        typer.Option(
            "--allow-unrelated",
            help="Exchange now, and merge histories that have no commit in common.",
        ),
    ] = False,
    name: Annotated[
        str | None,
        typer.Option(
            "--name",
            metavar="NAME",
            help="Only this remote. With several, an exchange needs it.",
            show_default=False,
        ),
    ] = None,
    answer: FormatOption = Format.TEXT,
    local: LocalOption = None,
) -> None:
    """Show the state of the git remote, or exchange with it now."""
    done = None
    with opened(local, None) as memory:
        if sync or accept or unrelated:
            done = _exchange(memory, name, Permission(accept, unrelated))
        statuses = memory.remotes.statuses(name)
        uncommitted = memory.hand_edits.list()
    if name is not None or len(statuses) > 1:
        statuses = [with_name(status) for status in statuses]
    if answer is Format.JSON:
        exchange = asdict(done) if done else {}
        for field in ("branch", "others"):  # the remote's own fields have them
            exchange.pop(field, None)
        show_json(
            {**remote_fields(statuses), "exchange": exchange or None, "uncommitted": uncommitted}
        )
    else:
        _show(statuses, done)
        say_uncommitted(uncommitted)
    if done is not None and done.outcome is Outcome.WAITING:
        raise typer.Exit(_CONFLICT)
    if done is not None and done.outcome in (Outcome.STOPPED, Outcome.NO_REMOTE):
        raise typer.Exit(_FAILED)


def _exchange(memory: Memory, name: str | None, allowed: Permission) -> Exchange:
    with working("asking the remote") as spinner:
        update = getattr(spinner, "update", None)  # only a spinner on a terminal has it

        def report(text: str) -> None:
            if update is not None:
                update(text)

        return memory.remotes.sync(name, allowed, report)


def _show(statuses: Sequence[RemoteStatus], done: Exchange | None) -> None:
    if not statuses:
        show("this memory has no remote")
        say("  → To set one up, run in its folder: git remote add origin URL")
        return
    if done is not None and done.outcome in _DONE:
        show(_DONE[done.outcome])
        show(f"  sent      {counted(done.sent, 'commit')}")
        show(f"  received  {counted(done.received, 'commit')}")
        for copy in done.copies:
            show(f"  kept      {copy}: it holds all of what could not be merged")
        if done.proposals:
            what = counted(len(done.proposals), "proposal")
            show(f"  waits     {what}: machines changed your text; run `pack review` to decide")
    for number, status in enumerate(statuses):
        if number:
            show("")
        _show_status(status, is_one=len(statuses) == 1)


def _show_status(status: RemoteStatus, *, is_one: bool) -> None:
    record = status.record
    if status.branch is None:
        show(
            f"remote   {record.problem}" if is_one else f"remote   {status.name}: {record.problem}"
        )
        return
    show(f"remote   {status.branch.url}")
    show(f"branch   {branch_words(status.branch)}")
    if record.others:
        show(f"others   {', '.join(record.others)}: not exchanged with this memory")
    show(f"commits  {position_words(status)}")
    show(f"state    {health_words(status)}")
    if record.not_before is not None:
        show(f"next     {record.not_before}")
    if record.stop is not None:
        if record.stop.rescue:
            show(f"rescue   {record.stop.rescue}")
        say(f"  → {worded(record.stop.remedy)}")
