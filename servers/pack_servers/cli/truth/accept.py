"""`pack accept`."""

from __future__ import annotations

import re
from typing import Annotated, Final

import typer

from pack.actions import Action
from pack.results import Document
from pack.truth.deciding.hidden import count_hidden, find_hidden, show_hidden
from pack_servers.cli.shell.opening import opened
from pack_servers.cli.shell.options import (
    Format,
    FormatOption,
    GithubOption,
    LocalOption,
    NowShaOption,
    YesOption,
    complete_path,
)
from pack_servers.cli.shell.output import show_written
from pack_servers.cli.shell.streams import confirm, say
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
    sha: NowShaOption = None,
    yes: YesOption = False,
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
        read = memory.notes.get(path, lines=lines)
        _confirm_hidden(read, yes=yes)
        done = memory.proposals.accept_text(path, lines, via, sha or read.sha)
    show_written(done, "accepted", answer)


def _confirm_hidden(read: Document, *, yes: bool) -> None:
    """Ask about characters that a reader does not see; return only if the person agrees."""
    hidden = find_hidden(read.content)
    if not hidden:
        return
    texts = read.content.split("\n")
    for number in sorted({one.line for one in hidden}):
        say(f"  {show_hidden(texts[number - 1])}")
    say(f"warning: it has {count_hidden(hidden)}; they are shown as <U+…>")
    confirm("Accept it all the same?", f"accepting {read.path}", yes=yes)
