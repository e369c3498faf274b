"""`pack move`."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from pack_servers.cli.shell.opening import opened, sha_now
from pack_servers.cli.shell.options import (
    AsOption,
    DryRunOption,
    Format,
    FormatOption,
    GithubOption,
    LocalOption,
    MessageOption,
    NowShaOption,
    PathArgument,
)
from pack_servers.cli.shell.output import show_written

EXAMPLES: Final = """\
  pack move context/website.md projects/website.md
  pack move context/website.md projects/website.md --dry-run"""


def run(
    path: PathArgument,
    new_path: Annotated[str, typer.Argument(metavar="NEW_PATH", help="Where it should be.")],
    sha: NowShaOption = None,
    message: MessageOption = None,
    dry_run: DryRunOption = False,
    answer: FormatOption = Format.TEXT,
    *,
    local: LocalOption = None,
    github: GithubOption = None,
    writer: AsOption = None,
) -> None:
    """Move or rename a file; its content and history stay."""
    with opened(local, github, writer=writer) as memory:
        read = sha or sha_now(memory, path)
        done = memory.notes.move(path, new_path, read, message, dry_run=dry_run)
    show_written(done, f"moved {path} to", answer)
