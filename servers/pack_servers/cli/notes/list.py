"""`pack list`."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Final

import typer

from pack.catalog.questions import Sort
from pack.results import FileListing, NoteSummary
from pack_servers.cli.shell.opening import opened
from pack_servers.cli.shell.options import (
    AsOfOption,
    CursorOption,
    DirOption,
    Format,
    FormatOption,
    GithubOption,
    LocalOption,
    MaxLevelOption,
    OriginOption,
    SinceOption,
    TagOption,
    TopicOption,
    UntilOption,
)
from pack_servers.cli.shell.output import past_fields, say_past, show_json, warn
from pack_servers.cli.shell.streams import say

if TYPE_CHECKING:
    from rich.text import Text

EXAMPLES: Final = """\
  pack list
  pack list --dir projects --tag work
  pack list --sort updated --limit 5 --format json
  pack list --as-of 2026-01-31             what there was on that day"""

_LIMIT: Final = 50


def run(
    *,
    tag: TagOption = None,
    topic: TopicOption = None,
    folder: DirOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    sort: Annotated[
        Sort,
        typer.Option(
            "--sort",
            metavar="path|updated|size",
            help="The order; updated and size put the newest and largest first.",
        ),
    ] = Sort.PATH,
    limit: Annotated[
        int, typer.Option("--limit", metavar="N", help="The most files to show.")
    ] = _LIMIT,
    cursor: CursorOption = None,
    max_level: MaxLevelOption = None,
    origin: OriginOption = None,
    as_of: AsOfOption = None,
    answer: FormatOption = Format.TEXT,
    local: LocalOption = None,
    github: GithubOption = None,
) -> None:
    """List the files of the memory: path, topic, tags and date."""
    with opened(local, github) as present:
        memory = present.as_of(as_of)
        page = memory.notes.list(
            tag=tag,
            topic=topic,
            dir=folder,
            since=since,
            until=until,
            sort=sort,
            limit=limit,
            cursor=cursor,
            max_level=max_level,
            origin=origin,
        )
    if answer is Format.JSON:
        fields = asdict(page) | past_fields(memory.past)
        notices = fields.pop("notices")  # there are rarely any
        for file in fields["files"]:
            if file["level"] is None:  # nobody knows
                del file["level"], file["origin"]
        show_json({**fields, "notices": notices} if notices else fields)
    else:
        say_past(memory.past)
        _show(page, is_by_trust=max_level is not None or origin is not None)
        warn(page.notices)


def _show(page: FileListing, *, is_by_trust: bool) -> None:
    # Imported here: rich would add a third to the time of a listing for a program.
    from pack_servers.cli.shell.terminal import show_table, styled  # noqa: PLC0415

    says_trust = is_by_trust or any(file.other_writer for file in page.files)

    def row(file: NoteSummary) -> list[Text]:
        return [
            styled(file.path),
            styled(file.topic),
            styled(", ".join(file.tags)),
            styled(file.updated or ""),
            styled("[expired]" if file.expired else "", "bold red"),
            *([styled(f"{file.level} {file.origin}")] if says_trust else []),
        ]

    if not page.files:
        say("no files match")
        return
    head = ("path", "topic", "tags", "updated", "")
    show_table((*head, "trust") if says_trust else head, [row(file) for file in page.files])
    if page.next_cursor is not None:
        rest = f"{len(page.files)} of {page.total} files"
        say(f"{rest}; for more, use --limit {page.total} or --cursor {page.next_cursor}")
