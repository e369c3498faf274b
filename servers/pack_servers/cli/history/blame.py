"""`pack blame`."""

from __future__ import annotations

from typing import Final

from pack.history.blame import BlamedFile, Writing, runs_of
from pack.history.differences.told_lines import Mark
from pack.history.origins import OLDER
from pack_servers.cli.history.changed_files import short_id
from pack_servers.cli.history.marked_text import show_marked
from pack_servers.cli.shell.opening import opened
from pack_servers.cli.shell.options import (
    AsOfOption,
    Format,
    FormatOption,
    GithubOption,
    LocalOption,
    PathArgument,
)
from pack_servers.cli.shell.output import past_fields, say_past, show_json
from pack_servers.cli.shell.streams import say

EXAMPLES: Final = """\
  pack blame projects/website.md
  pack blame projects/website.md --as-of 2026-01-31
  pack blame projects/website.md --format json    each line with its commit"""

_LIMITED: Final = (
    "some lines are older than the oldest version that was looked at, and are shown as part of it"
)


def run(
    path: PathArgument,
    as_of: AsOfOption = None,
    answer: FormatOption = Format.TEXT,
    local: LocalOption = None,
    github: GithubOption = None,
) -> None:
    """Show who wrote each line of a file, and when."""
    with opened(local, github) as present:
        memory = present.as_of(as_of)
        found = memory.blame.of(path)
    if answer is Format.JSON:
        lines = list(map(_line_fields, enumerate(found.lines, 1), found.writings))
        limited = {"limited": True} if found.is_limited else {}
        show_json({"path": found.path, "lines": lines, **limited} | past_fields(memory.past))
        return
    say_past(memory.past)
    _show(found)
    if found.is_limited:
        say(f"warning: {_LIMITED}")


def _line_fields(line: tuple[int, str], writing: Writing) -> dict[str, object]:
    number, text = line
    return {"line": number, "text": text, **writing._asdict()}


def _show(found: BlamedFile) -> None:
    width = len(str(len(found.lines)))
    for run_of_lines in runs_of(found):
        show_marked((_heading(run_of_lines.writing), Mark.HEADING))
        for number in range(run_of_lines.first, run_of_lines.last + 1):
            text = found.lines[number - 1]
            show_marked((f"  {number:>{width}}  ", Mark.ASIDE), (text, Mark.PLAIN))


def _heading(writing: Writing) -> str:
    if writing.origin == OLDER:
        return f"{writing.origin}  in a version that was not looked at"
    if writing.commit is None:
        return f"{writing.origin}  in no commit yet"
    when = (writing.time or "").replace("T", " ")[:16]
    return f"{writing.origin}  {when} UTC  {short_id(writing.commit)}"
