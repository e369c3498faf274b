"""`pack changes`."""

from __future__ import annotations

import sys
from typing import Annotated, Final

import typer

from pack.history.visits import LAST, News
from pack_servers.cli.shell.opening import opened
from pack_servers.cli.shell.options import Format, FormatOption, GithubOption, LocalOption
from pack_servers.cli.shell.output import show, show_json
from pack_servers.cli.shell.streams import say
from pack_servers.cli.shell.writers import writer_name

EXAMPLES: Final = """\
  pack changes                        since you last asked
  pack changes --client my-script --format json
  pack changes --since yesterday"""

_CLIENT: Final = "cli"


def run(
    *,
    since: Annotated[
        str,
        typer.Option(
            "--since",
            metavar="WHEN",
            help="last (the last visit of the client), a commit, a date, a time or 7d.",
        ),
    ] = LAST,
    client: Annotated[
        str,
        typer.Option(
            "--client", metavar="NAME", help="Who asks; each name has a last visit of its own."
        ),
    ] = _CLIENT,
    keep: Annotated[
        bool, typer.Option("--keep", help="Look only: the last visit stays what it was.")
    ] = False,
    answer: FormatOption = Format.TEXT,
    local: LocalOption = None,
    github: GithubOption = None,
) -> None:
    """Show what is new since your last visit, or since a moment."""
    with opened(local, github) as memory:
        news = memory.visits.news(client, since)
        if answer is Format.JSON:
            show_json(news_fields(news))
        else:
            _show(news)
        sys.stdout.flush()  # whoever is gone by now has not seen it
        if since.strip().lower() == LAST and not keep:
            memory.visits.seen(client, news.head)


def news_fields(news: News) -> dict[str, object]:
    """What is new, for JSON."""
    files = [
        {"path": file.path, "change": file.change, "by": file.by}
        | ({"old_path": file.old_path} if file.old_path else {})
        for file in news.files
    ]
    fields: dict[str, object] = {"since": news.since, "head": news.head, "files": files}
    return fields if news.notice is None else {**fields, "notice": news.notice}


def _show(news: News) -> None:
    if news.notice is not None:
        say(f"note: {news.notice}")
    for file in news.files:
        path = f"{file.old_path} → {file.path}" if file.old_path else file.path
        show(f"{file.change:<8} {path}  ({writer_name(file.by)})")
    if not news.files:
        say("nothing is new")
