"""Options that several commands share, so that they are called the same and mean the same."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer

from pack.errors import PackError

_COMPLETED: Final = 10_000


def complete_path(ctx: typer.Context, incomplete: str) -> list[str]:
    """The files that a half typed path may become, for the shell; none if there is no memory."""
    # Here, as only a shell that completes a path needs the memory before the command runs.
    from pack_servers.cli.shell.opening import opened  # noqa: PLC0415

    try:
        with opened(ctx.params.get("local"), ctx.params.get("github")) as memory:
            files = memory.notes.list(limit=_COMPLETED).files
    except PackError:
        return []
    return [file.path for file in files if file.path.startswith(incomplete)]


class Format(StrEnum):
    """How a command answers."""

    TEXT = "text"
    JSON = "json"


LocalOption = Annotated[
    Path | None,
    typer.Option(
        "--local",
        metavar="DIR",
        help="Folder of the memory (else PACK_DIR, else ~/.pack/memory).",
        show_default=False,
    ),
]
GithubOption = Annotated[
    str | None,
    typer.Option(
        "--github",
        metavar="OWNER/REPO",
        help="A memory on GitHub, without a clone (else GITHUB_OWNER and GITHUB_REPO).",
        show_default=False,
    ),
]
FormatOption = Annotated[
    Format,
    typer.Option("--format", metavar="text|json", help="Answer for people or for programs."),
]
DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="Show what would change, and change nothing.")
]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
MessageOption = Annotated[
    str | None,
    typer.Option("--message", "-m", metavar="TEXT", help="Why, for the log.", show_default=False),
]
ShaOption = Annotated[
    str | None,
    typer.Option(
        "--sha",
        metavar="SHA",
        help="The version you read, as `pack get --format json` shows it.",
        show_default=False,
    ),
]
TagOption = Annotated[
    str | None,
    typer.Option("--tag", metavar="TAG", help="Only files with this tag.", show_default=False),
]
DirOption = Annotated[
    str | None,
    typer.Option("--dir", metavar="FOLDER", help="Only files in it.", show_default=False),
]
TopicOption = Annotated[
    str | None,
    typer.Option(
        "--topic", metavar="TEXT", help="Only with this in their topic.", show_default=False
    ),
]
SinceOption = Annotated[
    str | None,
    typer.Option(
        "--since", metavar="DATE", help="Only updated on that day or later.", show_default=False
    ),
]
UntilOption = Annotated[
    str | None,
    typer.Option(
        "--until", metavar="DATE", help="Only updated on that day or before.", show_default=False
    ),
]
CursorOption = Annotated[
    str | None,
    typer.Option(
        "--cursor", metavar="TEXT", help="Go on where the last answer ended.", show_default=False
    ),
]
PathArgument = Annotated[
    str,
    typer.Argument(
        metavar="PATH",
        help="A file, such as context/general.md.",
        autocompletion=complete_path,
    ),
]

NowShaOption = Annotated[
    str | None,
    typer.Option(
        "--sha",
        metavar="SHA",
        help="Only if it still is this version (else: what is there now).",
        show_default=False,
    ),
]
