"""`pack list`."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Final

import typer

from pack.memory import LIST_LIMIT
from pack.results import ListedFile, Page
from pack_servers.cli.opening import opened
from pack_servers.cli.options import DirOption, Format, FormatOption, LocalOption, TagOption
from pack_servers.cli.present import show_json
from pack_servers.cli.streams import say

if TYPE_CHECKING:
    from rich.text import Text

EXAMPLES: Final = """\
  pack list
  pack list --dir projects --tag work
  pack list --topic website --format json"""


def run(
    tag: TagOption = None,
    topic: Annotated[
        str | None,
        typer.Option("--topic", metavar="TEXT", help="Only with this in their topic."),
    ] = None,
    folder: DirOption = None,
    limit: Annotated[
        int, typer.Option("--limit", metavar="N", help="At most so many.")
    ] = LIST_LIMIT,
    cursor: Annotated[
        str | None,
        typer.Option("--cursor", metavar="TEXT", help="Go on where the last list ended."),
    ] = None,
    answer: FormatOption = Format.TEXT,
    local: LocalOption = None,
) -> None:
    """Show the files of the memory: path, topic, tags and date."""
    with opened(local) as memory:
        page = memory.list(tag=tag, topic=topic, dir=folder, limit=limit, cursor=cursor)
    if answer is Format.JSON:
        show_json(asdict(page))
    else:
        _show(page)


def _show(page: Page) -> None:
    # Here, as rich takes a third of the time that a listing for a program takes.
    from pack_servers.cli.terminal import show_table, styled  # noqa: PLC0415

    def row(file: ListedFile) -> list[Text]:
        return [
            styled(file.path),
            styled(file.topic),
            styled(", ".join(file.tags)),
            styled(file.updated or ""),
            styled("[expired]" if file.expired else "", "bold red"),
        ]

    if not page.files:
        say("no files match")
        return
    show_table(("path", "topic", "tags", "updated", ""), [row(file) for file in page.files])
    if page.next_cursor is not None:
        rest = f"{len(page.files)} of {page.total} files"
        say(f"{rest}; for more: --limit {page.total}, or --cursor {page.next_cursor}")
