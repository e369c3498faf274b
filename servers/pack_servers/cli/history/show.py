"""`pack show`."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from pack.provenance import without_trailers
from pack_servers.cli.history.changed_files import (
    commit_line,
    show_as_json,
    show_as_patch,
    show_as_prose,
)
from pack_servers.cli.shell.opening import opened
from pack_servers.cli.shell.options import (
    Format,
    FormatOption,
    GithubOption,
    LocalOption,
    RawOption,
    UnifiedOption,
    complete_path,
)
from pack_servers.cli.shell.output import show

EXAMPLES: Final = """\
  pack show                      the newest commit
  pack show 3f2a9c1              a commit, by the beginning of its id
  pack show yesterday            the last commit of yesterday
  pack show 3f2a9c1 --unified    as a patch, for git apply"""


def run(
    commit: Annotated[
        str | None,
        typer.Argument(
            metavar="[COMMIT]",
            help="A commit, or a date or time for the last one by then; without it, the newest.",
            show_default=False,
        ),
    ] = None,
    path: Annotated[
        str | None,
        typer.Argument(
            metavar="[PATH]",
            help="Only this file or folder.",
            show_default=False,
            autocompletion=complete_path,
        ),
    ] = None,
    unified: UnifiedOption = False,
    raw: RawOption = False,
    *,
    answer: FormatOption = Format.TEXT,
    local: LocalOption = None,
    github: GithubOption = None,
) -> None:
    """Show who made a commit, when and why, and what it changed."""
    with opened(local, github) as memory:
        found = memory.comparisons.of_commit(commit, path, raw=raw)
        if answer is Format.JSON:
            show_as_json(found, raw=raw)
        elif unified:
            show_as_patch(found)
        elif found.commit is not None:
            show(commit_line(found.commit, found.writer))
            for line in without_trailers(found.commit.message).splitlines():
                show(f"    {line}".rstrip())
            if not show_as_prose(found.diffs(), raw=raw):
                show("no note was changed; --raw shows what PACK keeps up to date")
