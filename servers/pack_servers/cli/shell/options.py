"""Options that several commands share: one name, one meaning."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer

from pack.errors import PackError

_COMPLETED: Final = 10_000


def complete_path(ctx: typer.Context, incomplete: str) -> list[str]:
    """Paths that complete a half-typed one, for the shell; none where there is no memory."""
    # Imported here: only a shell that completes a path needs it.
    from pack_servers.cli.shell.opening import opened  # noqa: PLC0415

    try:
        with opened(ctx.params.get("local"), ctx.params.get("github"), _quietly) as memory:
            files = memory.notes.list(limit=_COMPLETED).files
    except PackError:
        return []
    return [file.path for file in files if file.path.startswith(incomplete)]


def _quietly(_text: str) -> None:
    """Say nothing, as the shell would show it amid what a person types."""


class Format(StrEnum):
    """How a command answers."""

    TEXT = "text"
    JSON = "json"


LocalOption = Annotated[
    Path | None,
    typer.Option(
        "--local",
        metavar="DIR",
        help="The memory's folder. Without it: PACK_DIR, the memory you are in, ~/.pack/memory.",
        show_default=False,
    ),
]
GithubOption = Annotated[
    str | None,
    typer.Option(
        "--github",
        metavar="OWNER/REPO",
        help="A memory on GitHub, used without a clone. Without it: GITHUB_OWNER and GITHUB_REPO.",
        show_default=False,
    ),
]
FormatOption = Annotated[
    Format,
    typer.Option("--format", metavar="text|json", help="Output for people or for programs."),
]
DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="Show what would change; change nothing.")
]
ApplyRestOption = Annotated[
    bool,
    typer.Option("--apply-rest", help="Write at once what does not need the person's decision."),
]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")]
UnifiedOption = Annotated[
    bool, typer.Option("--unified", help="Print a patch, as git apply takes it.")
]
RawOption = Annotated[
    bool,
    typer.Option("--raw", help="Show what PACK keeps up to date too: dates and index.md."),
]
MessageOption = Annotated[
    str | None,
    typer.Option(
        "--message", "-m", metavar="TEXT", help="The reason, for the log.", show_default=False
    ),
]
ShaOption = Annotated[
    str | None,
    typer.Option(
        "--sha",
        metavar="SHA",
        help="The version you read, from pack get --format json.",
        show_default=False,
    ),
]
TagOption = Annotated[
    str | None,
    typer.Option("--tag", metavar="TAG", help="Only files with this tag.", show_default=False),
]
DirOption = Annotated[
    str | None,
    typer.Option("--dir", metavar="FOLDER", help="Only files in this folder.", show_default=False),
]
TopicOption = Annotated[
    str | None,
    typer.Option(
        "--topic",
        metavar="TEXT",
        help="Only files with this text in their topic.",
        show_default=False,
    ),
]
SinceOption = Annotated[
    str | None,
    typer.Option(
        "--since",
        metavar="DATE",
        help="Only files updated on this day or later.",
        show_default=False,
    ),
]
UntilOption = Annotated[
    str | None,
    typer.Option(
        "--until",
        metavar="DATE",
        help="Only files updated on this day or earlier.",
        show_default=False,
    ),
]
MaxLevelOption = Annotated[
    int | None,
    typer.Option("--max-level", metavar="1-5", help="Only text that is trusted at least this far."),
]
OriginOption = Annotated[
    str | None,
    typer.Option("--origin", metavar="NAME", help="Only text by this writer, such as `user`."),
]
CursorOption = Annotated[
    str | None,
    typer.Option(
        "--cursor", metavar="TEXT", help="Continue where the last answer ended.", show_default=False
    ),
]
AsOfOption = Annotated[
    str | None,
    typer.Option(
        "--as-of",
        metavar="WHEN",
        help="As it was: a commit, a date or a time, 7d, yesterday.",
        show_default=False,
    ),
]
AsOption = Annotated[
    str | None,
    typer.Option(
        "--as",
        metavar="ORIGIN",
        help="Write as automation:RULE, or as another writer who is trusted less than you.",
        show_default=False,
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
        help="Change the file only if it is still this version.",
        show_default=False,
    ),
]
