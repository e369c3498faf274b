"""`pack delete`."""

from __future__ import annotations

from typing import Final

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
    YesOption,
)
from pack_servers.cli.shell.output import show_written
from pack_servers.cli.shell.streams import confirm

EXAMPLES: Final = """\
  pack delete context/old.md
  pack delete context/old.md --yes -m "no longer true\""""


def run(
    path: PathArgument,
    sha: NowShaOption = None,
    yes: YesOption = False,
    message: MessageOption = None,
    dry_run: DryRunOption = False,
    answer: FormatOption = Format.TEXT,
    *,
    local: LocalOption = None,
    github: GithubOption = None,
    writer: AsOption = None,
) -> None:
    """Delete a file; git keeps its history."""
    with opened(local, github, writer=writer) as memory:
        read = sha or sha_now(memory, path)
        if not dry_run:
            confirm(f"Delete {path}?", f"deleting {path}", yes=yes)
        done = memory.notes.delete(path, read, message, dry_run=dry_run)
    show_written(done, "deleted", answer)
