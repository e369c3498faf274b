"""`pack prune`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Final

from pack.results import Expired
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
from pack_servers.cli.shell.output import (
    counted,
    show,
    show_changes,
    show_held,
    show_json,
    written_fields,
)
from pack_servers.cli.shell.streams import confirm, say

EXAMPLES: Final = """\
  pack prune --dry-run    see what would be deleted
  pack prune              asks before it deletes
  pack prune --yes"""


def run(
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    answer: FormatOption = Format.TEXT,
    local: LocalOption = None,
    github: GithubOption = None,
    writer: AsOption = None,
) -> None:
    """Delete the files whose ttl has run out, after asking."""
    with opened(local, github, writer=writer) as memory:
        expired = memory.care.list_expired()
        if answer is Format.TEXT:
            _show(expired)
        if expired and not dry_run:
            files = counted(len(expired), "expired file")
            confirm(f"Delete {files}?", f"deleting {files}", yes=yes)
        done = memory.care.prune(expired, dry_run=dry_run)
    if answer is Format.JSON:
        written = written_fields(done) if done else {"commit": None}
        show_json({"expired": [asdict(file) for file in expired], **written})
    elif done and dry_run:
        show_changes(done.changes)
        show_held(done)
    elif done and done.commit is None:
        show_held(done)
    elif done:
        show(f"deleted {counted(len(expired), 'file')}\n  commit  {done.commit}")


def _show(expired: Sequence[Expired]) -> None:
    for file in expired:
        show(f"{file.path}  {file.topic}  expired on {file.expires}")
    if not expired:
        say("no file has expired")
