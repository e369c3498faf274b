"""`pack restore`."""

from __future__ import annotations

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
)
from pack_servers.cli.shell.output import show, show_json, show_written, written_fields

EXAMPLES: Final = """\
  pack restore projects/site.md               a deleted file, or the version before
  pack restore projects/site.md --as-of 7d    as it was a week ago
  pack restore projects/site.md --as-of 1a2b3c4 --dry-run"""


def run(
    path: Annotated[
        str, typer.Argument(metavar="PATH", help="A file; it may be gone.", show_default=False)
    ],
    as_of: Annotated[
        str | None,
        typer.Option(
            "--as-of",
            metavar="WHEN",
            help="A day, a time, 7d ago, or a commit.",
            show_default=False,
        ),
    ] = None,
    dry_run: DryRunOption = False,
    *,
    answer: FormatOption = Format.TEXT,
    local: LocalOption = None,
    github: GithubOption = None,
    writer: AsOption = None,
) -> None:
    """Bring back a file as it was, or one that was deleted."""
    with opened(local, github, writer=writer) as memory:
        done = memory.undo.restore(path, as_of, dry_run=dry_run)
    if answer is Format.JSON:
        show_json(
            {
                "undone": [],
                "conflicts": [],
                "restored_from": done.source,
                "commit": None,
                **written_fields(done.written),
            }
        )
    else:
        show_written(done.written, "restored", answer)
        if done.written.commit is not None or dry_run:
            show(f"  {'from':<7} {done.source}")
