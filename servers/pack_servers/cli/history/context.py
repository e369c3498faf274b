"""`pack context`."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from types import FrameType
from typing import Annotated, Final

import typer

from pack.errors import Unavailable
from pack.history.briefing.context import BUDGET, CHARACTERS, ContextRequest
from pack_servers.cli.shell.opening import opened
from pack_servers.cli.shell.options import Format, FormatOption, GithubOption, LocalOption
from pack_servers.cli.shell.output import show_json
from pack_servers.cli.shell.streams import write_bytes
from pack_servers.cli.shell.wording import CommandCalls

EXAMPLES: Final = """\
  pack context
  pack context --task "plan the move to Vienna" --budget 1000
  pack context --hook --client claude-code     for a hook: never fails"""

_HOOK_SECONDS: Final = 5.0


def run(
    *,
    task: Annotated[
        str | None,
        typer.Option("--task", metavar="TEXT", help="What the conversation is about."),
    ] = None,
    budget: Annotated[
        int, typer.Option("--budget", metavar="TOKENS", help="The most tokens it may take.")
    ] = BUDGET,
    chars: Annotated[
        int, typer.Option("--chars", metavar="N", help="The most characters it may have.")
    ] = CHARACTERS,
    client: Annotated[
        str,
        typer.Option("--client", metavar="NAME", help="Who reads it, to tell what is new to them."),
    ] = "cli",
    hook: Annotated[
        bool,
        typer.Option(
            "--hook", help="Print nothing and exit with 0 if anything goes wrong, within 5 s."
        ),
    ] = False,
    answer: FormatOption = Format.TEXT,
    local: LocalOption = None,
    github: GithubOption = None,
) -> None:
    """Print what a conversation should begin with: pinned notes, news, and the index."""
    with at_most(_HOOK_SECONDS if hook else None), opened(local, github) as memory:
        request = ContextRequest(task, client, budget, chars)
        found = memory.context.text(request, CommandCalls())
        if answer is Format.JSON:
            show_json(asdict(found))
        else:
            write_bytes(found.text.encode("utf-8"))
        memory.context.seen(client, found.commit)


@contextmanager
def at_most(seconds: float | None) -> Iterator[None]:
    """Give up what takes longer, where the system can interrupt a program."""
    if seconds is None or not hasattr(signal, "setitimer"):
        yield
        return

    def give_up(_number: int, _frame: FrameType | None) -> None:
        raise Unavailable(f"it took more than {seconds:g} seconds")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
