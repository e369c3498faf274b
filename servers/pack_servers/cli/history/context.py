"""`pack context`."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from pack.history.briefing.context import BUDGET, CHARACTERS
from pack_servers.cli.history.beginning import CLIENT, print_beginning
from pack_servers.cli.shell.options import Format, FormatOption, GithubOption, LocalOption

EXAMPLES: Final = """\
  pack context
  pack context --task "plan the move to Vienna" --budget 1000
  pack context --hook --client claude-code     for a hook: never fails"""


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
    ] = CLIENT,
    hook: Annotated[
        bool,
        typer.Option(
            "--hook", help="Print nothing and exit with 0 if anything goes wrong, within 5 s."
        ),
    ] = False,
    event: Annotated[
        str | None,
        typer.Option(
            "--event",
            metavar="NAME",
            help="Answer an event: as JSON; in a sentence for PreCompact.",
        ),
    ] = None,
    answer: FormatOption = Format.TEXT,
    local: LocalOption = None,
    github: GithubOption = None,
) -> None:
    """Print what a conversation should begin with: pinned notes, news, and the index."""
    print_beginning(
        task=task,
        budget=budget,
        chars=chars,
        client=client,
        hook=hook,
        event=event,
        as_json=answer is Format.JSON,
        local=local,
        github=github,
    )
