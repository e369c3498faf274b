"""`pack search`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Final

import typer

from pack.core.requests import SEARCH_LIMIT
from pack.errors import InvalidRequest
from pack.memory import Memory
from pack.results import Line, Match, Matches
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
from pack_servers.cli.shell.output import past_fields, say_past, show_json
from pack_servers.cli.shell.streams import say

if TYPE_CHECKING:
    from rich.text import Text

EXAMPLES: Final = """\
  pack search when is the release planned
  pack search '"release plan" -draft' --dir projects --as-of 7d
  pack search 'deploy*' --since 2026-01-01 --explain
  pack search --regex 'v\\d+\\.\\d+' --format json"""

_HIT: Final = "bold yellow"


def run(
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="QUERY...", help='Words or a question; "a phrase", prefix*, -without.'
        ),
    ],
    *,
    tag: TagOption = None,
    topic: TopicOption = None,
    folder: DirOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    limit: Annotated[
        int, typer.Option("--limit", metavar="N", help="The most results to show.")
    ] = SEARCH_LIMIT,
    cursor: CursorOption = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Say why each file is where it is in the list.")
    ] = False,
    max_level: MaxLevelOption = None,
    origin: OriginOption = None,
    regex: Annotated[
        bool, typer.Option("--regex", help="Treat QUERY as a regular expression, line by line.")
    ] = False,
    as_of: AsOfOption = None,
    answer: FormatOption = Format.TEXT,
    local: LocalOption = None,
    github: GithubOption = None,
) -> None:
    """Find files by words, a question or an exact phrase."""
    query = " ".join(words)
    with opened(local, github) as present:
        memory = present.as_of(as_of)
        if regex:
            if max_level is not None or origin is not None:
                raise InvalidRequest("--max-level and --origin are not for --regex")
            _show_lines(memory, query, folder, answer)
            return
        found = memory.search.find(
            query,
            tag=tag,
            topic=topic,
            dir=folder,
            since=since,
            until=until,
            limit=limit,
            cursor=cursor,
            explain=explain,
            max_level=max_level,
            origin=origin,
        )
    if answer is Format.JSON:
        fields = asdict(found)
        fields.pop("notice")  # a command waits for the whole catalog
        show_json(fields | past_fields(memory.past))
    else:
        say_past(memory.past)
        _show(found, query)


def _show(found: Matches, query: str) -> None:
    # Imported here: rich would add a third to the time of a search for a program.
    from pack_servers.cli.shell.terminal import show_line, styled  # noqa: PLC0415

    for match in found.matches:
        show_line(
            styled(match.path, "bold"),
            styled(f":{match.line}", "dim"),
            styled(f"  {match.section or match.topic}", "cyan"),
        )
        show_line(styled("    "), _highlighted(query, match.snippet))
        if match.explanation is not None:
            show_line(styled(f"    {_why(match)}", "dim"))
    if not found.matches:
        say(f"nothing found for {query!r}")
    elif found.next_cursor is not None:
        least = "" if found.is_total_exact else "at least "
        rest = f"{len(found.matches)} of {least}{found.total} files"
        say(f"{rest}; for more, use --limit {found.total} or --cursor {found.next_cursor}")


def _highlighted(query: str, snippet: str) -> Text:
    from pack.search.highlights import find_highlights  # noqa: PLC0415 - see `_show`
    from pack_servers.cli.shell.terminal import styled  # noqa: PLC0415 - see `_show`

    shown = styled(snippet)
    for start, end in find_highlights(query, shown.plain):
        shown.stylize(_HIT, start, end)
    return shown


def _why(match: Match) -> str:
    assert match.explanation is not None  # noqa: S101 - the caller has checked
    told = match.explanation
    terms = [
        f"{text} {points:.2f} [{', '.join(told.columns.get(text, ()))}]"
        for text, points in told.terms.items()
    ]
    boosts = [f"({name}) {points:.2f}" for name, points in told.boosts.items()]
    return f"{match.score:.2f} = {' + '.join([*terms, *boosts])}"


def _show_lines(memory: Memory, pattern: str, folder: str | None, answer: Format) -> None:
    lines: Iterable[Line] = memory.search.lines(pattern, dir=folder)
    if answer is Format.JSON:
        found = [asdict(line) for line in lines]
        show_json({"lines": found} | past_fields(memory.past))
        return
    say_past(memory.past)
    from pack_servers.cli.shell.terminal import show_line, styled  # noqa: PLC0415 - see `_show`

    is_found = False
    for line in lines:
        is_found = True
        text = styled(line.text)
        text.highlight_regex(pattern, _HIT)
        show_line(styled(line.path, "bold"), styled(f":{line.number}: ", "dim"), text)
    if not is_found:
        say(f"nothing found for {pattern!r}")
