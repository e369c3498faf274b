"""`pack commit`."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from pack_servers.cli.shell.opening import opened
from pack_servers.cli.shell.options import (
    DryRunOption,
    Format,
    FormatOption,
    LocalOption,
    MessageOption,
)
from pack_servers.cli.shell.output import show, show_json, show_written, written_fields

EXAMPLES: Final = """\
  pack commit                         all that was changed by hand
  pack commit projects -m "new plan"  only what is in that folder
  pack commit --dry-run               see what would be recorded"""


def run(
    paths: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[PATHS]",
            help="Files, or folders for all edits in them; without any, all edits.",
            show_default=False,
        ),
    ] = None,
    message: MessageOption = None,
    dry_run: DryRunOption = False,
    *,
    answer: FormatOption = Format.TEXT,
    local: LocalOption = None,
) -> None:
    """Record what was changed by hand, and the index with it, in one commit."""
    with opened(local, None) as memory:
        done = memory.hand_edits.commit(paths or (), message, dry_run=dry_run)
    if done is not None and answer is Format.JSON:
        show_json(written_fields(done))
    elif done is not None:
        show_written(done, "recorded", answer)
    elif answer is Format.JSON:
        show_json({"commit": None})
    else:
        show("nothing was changed by hand")
