"""`pack diff`."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from pack.history.comparisons import Comparison
from pack_servers.cli.history.changed_files import (
    commit_line,
    short_id,
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
  pack diff                            what you changed by hand; else the last change
  pack diff projects/website.md        the last change of a file
  pack diff projects/website.md 7d     what has changed in it in seven days
  pack diff --unified > my.patch       as a patch, for git apply"""


def run(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[PATH] [FROM [TO]]",
            help="A file or folder; and a commit, date, time or 7d to begin and to end with.",
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
    """Show what has changed, word by word."""
    with opened(local, github) as memory:
        found = memory.comparisons.asked(words or (), raw=raw)
        if answer is Format.JSON:
            show_as_json(found, raw=raw)
        elif unified:
            show_as_patch(found)
        else:
            show(_headline(found))
            if not show_as_prose(found.diffs(), raw=raw):
                show("nothing has changed")


def _headline(found: Comparison) -> str:
    if found.commit is not None:
        return f"last change: {commit_line(found.commit, found.writer)}"
    if found.is_by_hand:
        return "edited by hand and in no commit yet; `pack commit` records it"
    since = short_id(found.old) if found.old else "the beginning"
    return f"from {since} to {short_id(found.new) if found.new else 'now'}"
