"""`pack update`."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated, Final

import typer

from pack.errors import BlobChanged
from pack_servers.cli.shell.opening import opened
from pack_servers.cli.shell.options import (
    ApplyRestOption,
    AsOption,
    DryRunOption,
    Format,
    FormatOption,
    GithubOption,
    LocalOption,
    MessageOption,
    PathArgument,
    ShaOption,
)
from pack_servers.cli.shell.output import show_written
from pack_servers.cli.shell.streams import can_ask, decoded, read_text, say

EXAMPLES: Final = """\
  pack update profiles/style.md < style.md
  pack update projects/website.md --file website.md --sha SHA -m "new plan"
  pack update projects/website.md --file website.md --dry-run"""


def run(
    path: PathArgument,
    file: Annotated[
        Path | None,
        typer.Option(
            "--file", "-f", metavar="FILE", help="A file with the text (default: standard input)."
        ),
    ] = None,
    sha: ShaOption = None,
    message: MessageOption = None,
    dry_run: DryRunOption = False,
    answer: FormatOption = Format.TEXT,
    *,
    apply_rest: ApplyRestOption = False,
    local: LocalOption = None,
    github: GithubOption = None,
    writer: AsOption = None,
) -> None:
    """Store a whole file, new or in place of the version --sha."""
    text = _read(file)
    with opened(local, github, writer=writer) as memory:
        try:
            done = memory.notes.update(
                path, text, sha, message, dry_run=dry_run, apply_rest=apply_rest
            )
        except BlobChanged as error:
            error.remedy = _next_step(error, file, message, local)
            raise
    show_written(done, "stored", answer)


def _read(file: Path | None) -> str:
    if file is None:
        if can_ask():
            say("Type the text, then press Ctrl-D (on Windows, Ctrl-Z and Enter).")
        return read_text()
    try:
        return decoded(file.read_bytes(), str(file))
    except OSError as error:
        raise typer.TyperException(f"--file: {file}: {error.strerror}") from error


def _next_step(
    error: BlobChanged, file: Path | None, message: str | None, local: Path | None
) -> str:
    """What to do about a conflict, as commands to copy."""
    place = ["--local", str(local)] if local else []
    read = shlex.join(["pack", "get", error.path, *place])
    named = ["--sha", error.actual] if error.actual else []
    given = ["--file", str(file)] if file else []
    said = ["--message", message] if message else []
    again = shlex.join(["pack", "update", error.path, *named, *given, *said, *place])
    if error.actual is None:
        return f"Store it as a new file: {again}"
    return f"See what it holds now: {read}\nReplace that with your text: {again}"
