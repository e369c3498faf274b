"""`pack accept`."""

from __future__ import annotations

import re
from typing import Annotated, Final

import typer

from pack.actions import Action
from pack_servers.cli.shell.opening import opened
from pack_servers.cli.shell.options import (
    Format,
    FormatOption,
    GithubOption,
    LocalOption,
    complete_path,
)
from pack_servers.cli.shell.output import show_written
from pack_servers.cli.truth.person import for_the_person

EXAMPLES: Final = """\
  pack accept projects/website.md          all of it is yours from now on
  pack accept projects/website.md:12-20    only these lines"""

_LINES: Final = re.compile(r"(?P<path>.+?):(?P<lines>\d+(?:-\d*)?|-\d+)")


def run(
    place: Annotated[
        str,
        typer.Argument(
            metavar="PATH[:LINES]",
            help="A file, or some lines of it: notes/a.md:3 or notes/a.md:3-8.",
            autocompletion=complete_path,
            show_default=False,
        ),
    ],
    answer: FormatOption = Format.TEXT,
    local: LocalOption = None,
    github: GithubOption = None,
) -> None:
    """Make text that an AI wrote your own, as it is."""
    found = _LINES.fullmatch(place)
    path, lines = (found["path"], found["lines"]) if found else (place, None)
    with (
        opened(local, github) as memory,
        for_the_person(memory, Action.ACCEPT_TEXT, "pack", "accept", place) as via,
    ):
        done = memory.proposals.accept_text(path, lines, via)
    show_written(done, "accepted", answer)
