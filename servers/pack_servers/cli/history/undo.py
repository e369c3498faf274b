"""`pack undo`."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Final

import typer

from pack.history.undoing.undone import UndoChoice
from pack_servers.cli.shell.opening import opened
from pack_servers.cli.shell.options import (
    AsOption,
    DryRunOption,
    Format,
    FormatOption,
    GithubOption,
    LocalOption,
    YesOption,
)
from pack_servers.cli.shell.undo_text import agree, conflicts_shown, show_undone

EXAMPLES: Final = """\
  pack undo                      the last change; again for the one before
  pack undo 1a2b3c4              that commit, wherever it is in the history
  pack undo --by claude --since 2h --dry-run
  pack undo --last 3 --yes"""


def run(
    commits: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[COMMITS]",
            help="Commits to undo; without any, the last change that is not undone.",
            show_default=False,
        ),
    ] = None,
    last: Annotated[
        int | None,
        typer.Option(
            "--last", metavar="NUMBER", help="The last changes, so many.", show_default=False
        ),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(
            "--since",
            metavar="WHEN",
            help="All changes since a day, a time, 7d ago, or a commit.",
            show_default=False,
        ),
    ] = None,
    by: Annotated[
        str | None,
        typer.Option(
            "--by",
            metavar="ORIGIN",
            help="Only changes of this writer: claude, user, ai-cloud.",
            show_default=False,
        ),
    ] = None,
    session: Annotated[
        str | None,
        typer.Option(
            "--session", metavar="ID", help="Only changes of this session.", show_default=False
        ),
    ] = None,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    *,
    answer: FormatOption = Format.TEXT,
    local: LocalOption = None,
    github: GithubOption = None,
    writer: AsOption = None,
) -> None:
    """Take back changes; what came later stays."""
    choice = UndoChoice(commits or (), last, since, by, session)
    with opened(local, github, writer=writer) as memory, conflicts_shown(answer):
        done = memory.undo.undo(choice, partial(agree, verb="undo", yes=yes), dry_run=dry_run)
    show_undone(done, "undid", answer, dry_run=dry_run)
