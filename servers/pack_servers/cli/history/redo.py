"""`pack redo`."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Final

import typer

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
  pack redo             bring back what pack undo took back last
  pack redo --last 2    the last two"""


def run(
    last: Annotated[int, typer.Option("--last", metavar="NUMBER", help="So many undos.")] = 1,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    *,
    answer: FormatOption = Format.TEXT,
    local: LocalOption = None,
    github: GithubOption = None,
    writer: AsOption = None,
) -> None:
    """Bring back what was undone last."""
    with opened(local, github, writer=writer) as memory, conflicts_shown(answer):
        done = memory.undo.redo(last, partial(agree, verb="redo", yes=yes), dry_run=dry_run)
    show_undone(done, "redid", answer, dry_run=dry_run)
