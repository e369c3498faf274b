"""`pack get`."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Final

import typer

from pack.core.past import Past
from pack.memory import Memory
from pack.results import Document
from pack_servers.cli.shell.opening import opened
from pack_servers.cli.shell.options import (
    AsOfOption,
    Format,
    FormatOption,
    GithubOption,
    LocalOption,
    complete_path,
)
from pack_servers.cli.shell.output import past_fields, say_past, show_json, warn
from pack_servers.cli.shell.streams import write_bytes

EXAMPLES: Final = """\
  pack get context/general.md --format json    with its sha, for an update
  pack get projects/website.md --section "Plan > June"
  pack get context/general.md --as-of 7d       as it was a week ago
  pack get > everything.md                     all files as one text"""


def run(
    path: Annotated[
        str | None,
        typer.Argument(
            metavar="[PATH]",
            help="A file; leave it out for the whole memory.",
            autocompletion=complete_path,
        ),
    ] = None,
    section: Annotated[
        str | None,
        typer.Option(
            "--section",
            metavar="HEADING",
            help="Only this section, such as `Plan > June`.",
        ),
    ] = None,
    lines: Annotated[
        str | None, typer.Option("--lines", metavar="FROM-TO", help="Only these lines.")
    ] = None,
    as_of: AsOfOption = None,
    answer: FormatOption = Format.TEXT,
    *,
    local: LocalOption = None,
    github: GithubOption = None,
) -> None:
    """Print a file unchanged, or the whole memory as one text."""
    with opened(local, github) as present:
        memory = present.as_of(as_of)
        if path is not None:
            _show(memory.notes.get(path, section=section, lines=lines), answer, memory.past)
        elif section is not None or lines is not None:
            raise typer.TyperException("--section, --lines: name the file that they are of")
        else:
            _get_all(memory, answer)


def _show(found: Document, answer: Format, past: Past | None) -> None:
    if answer is Format.JSON:
        hidden = "excerpt" if found.excerpt.is_whole else ""
        fields = {key: value for key, value in asdict(found).items() if key != hidden}
        show_json(fields | past_fields(past))
        return
    say_past(past)
    warn(found.warnings)
    write_bytes(found.content.encode("utf-8"))


def _get_all(memory: Memory, answer: Format) -> None:
    found = memory.whole.get()
    if answer is Format.JSON:
        shown = ("content", "files", "updated_at", "sha")
        fields = {key: value for key, value in asdict(found).items() if key in shown}
        show_json(fields | past_fields(memory.past))
    else:
        say_past(memory.past)
        write_bytes(found.content.encode("utf-8"))
