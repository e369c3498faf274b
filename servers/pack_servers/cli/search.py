"""`pack search`."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import Annotated, Final

import typer

from pack.memory import SEARCH_LIMIT
from pack.results import Matches
from pack_servers.cli.opening import opened
from pack_servers.cli.options import DirOption, Format, FormatOption, LocalOption, TagOption
from pack_servers.cli.present import show_json
from pack_servers.cli.streams import say

EXAMPLES: Final = """\
  pack search coffee
  pack search "release plan" --dir projects
  pack search deadline --tag work --format json"""


def run(
    words: Annotated[list[str], typer.Argument(metavar="QUERY...", help="Words, or a phrase.")],
    tag: TagOption = None,
    folder: DirOption = None,
    limit: Annotated[
        int, typer.Option("--limit", metavar="N", help="At most so many.")
    ] = SEARCH_LIMIT,
    cursor: Annotated[
        str | None,
        typer.Option("--cursor", metavar="TEXT", help="Go on where the last search ended."),
    ] = None,
    answer: FormatOption = Format.TEXT,
    local: LocalOption = None,
) -> None:
    """Find files by words or by an exact phrase, the best first."""
    query = " ".join(words)
    with opened(local) as memory:
        found = memory.search(query, tag=tag, dir=folder, limit=limit, cursor=cursor)
    if answer is Format.JSON:
        show_json(asdict(found))
    else:
        _show(found, query)


def _show(found: Matches, query: str) -> None:
    # Here, as rich takes a third of the time that a search for a program takes.
    from pack_servers.cli.terminal import show_line, styled  # noqa: PLC0415

    for match in found.matches:
        show_line(
            styled(match.path, "bold"),
            styled(f":{match.line}", "dim"),
            styled(f"  {match.topic}", "cyan"),
        )
        snippet = styled(f"    {match.snippet}")
        for word in {query, *query.split()}:
            snippet.highlight_regex(re.compile(re.escape(word), re.IGNORECASE), "bold yellow")
        show_line(snippet)
    if not found.matches:
        say(f"nothing found for {query!r}")
    elif found.next_cursor is not None:
        rest = f"{len(found.matches)} of {found.total} files"
        say(f"{rest}; for more: --limit {found.total}, or --cursor {found.next_cursor}")
