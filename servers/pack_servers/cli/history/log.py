"""`pack log`."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Final

import typer

from pack.errors import InvalidRequest
from pack.history.commits import LAST_SESSION, LIMIT, CommitEntry, TouchedFile
from pack.log import ChangeKind
from pack.memory import Memory
from pack_servers.cli.shell.help_text import OPTIONAL_VALUE
from pack_servers.cli.shell.opening import opened
from pack_servers.cli.shell.options import (
    CursorOption,
    Format,
    FormatOption,
    GithubOption,
    LocalOption,
    complete_path,
)
from pack_servers.cli.shell.output import counted, show, show_json
from pack_servers.cli.shell.streams import is_terminal, say
from pack_servers.cli.shell.writers import name_of, when
from pack_servers.wiring.clock import clock
from pack_servers.wiring.local import is_peer

if TYPE_CHECKING:
    from pack.mesh.state import MeshEvent

EXAMPLES: Final = """\
  pack log projects/website.md        through all its moves
  pack log --by claude --since 7d
  pack log --session                  what the last conversation wrote
  pack log --events                   conflicts, text that gave way, and what peers did"""

_SHOWN_FILES: Final = 10
_SHORT_ID: Final = 12
_STYLES: Final = {
    ChangeKind.ADDED: "green",
    ChangeKind.EDITED: "yellow",
    ChangeKind.MOVED: "cyan",
    ChangeKind.DELETED: "red",
}
_Part = tuple[str, str]


def run(
    path: Annotated[
        str | None,
        typer.Argument(
            metavar="[PATH]",
            help="A file, under any path it had, or a folder; without it, the whole memory.",
            autocompletion=complete_path,
            show_default=False,
        ),
    ] = None,
    *,
    since: Annotated[
        str | None,
        typer.Option(
            "--since",
            metavar="WHEN",
            help="Only what came later: a date, a time, 7d, yesterday, or after a commit.",
            show_default=False,
        ),
    ] = None,
    until: Annotated[
        str | None,
        typer.Option(
            "--until",
            metavar="WHEN",
            help="Only what came earlier, the day or the commit itself included.",
            show_default=False,
        ),
    ] = None,
    today: Annotated[bool, typer.Option("--today", help="Only today, as --since today.")] = False,
    by: Annotated[
        str | None,
        typer.Option(
            "--by",
            metavar="WRITER",
            help="Only one writer: claude, user, ai-cloud, or the beginning of an origin.",
            show_default=False,
        ),
    ] = None,
    session: Annotated[
        str | None,
        typer.Option(
            "--session",
            metavar=f"{OPTIONAL_VALUE}COMMIT]",
            help="Only the conversation that wrote a commit; without one, an AI's last.",
            show_default=False,
        ),
    ] = None,
    events: Annotated[
        bool,
        typer.Option(
            "--events", help="Show conflicts, text that gave way, acceptances, and peers."
        ),
    ] = False,
    everything: Annotated[
        bool, typer.Option("--all", help="Also bookkeeping, and what PACK generates.")
    ] = False,
    limit: Annotated[
        int, typer.Option("--limit", metavar="N", help="The most commits to show.")
    ] = LIMIT,
    cursor: CursorOption = None,
    answer: FormatOption = Format.TEXT,
    local: LocalOption = None,
    github: GithubOption = None,
) -> None:
    """Show who changed what and when, newest first."""
    if today and since is not None:
        raise InvalidRequest("--today and --since name two beginnings")
    if events:
        if any((since, until, today, by, session, everything)):
            raise InvalidRequest("--events goes with a path, --limit and --cursor only")
        _show_events(path, limit, cursor, answer, opened(local, github))
        return
    with opened(local, github) as memory:
        page = memory.commits.page(
            path,
            since="today" if today else since,
            until=until,
            by=by,
            session=LAST_SESSION if session == "" else session,
            limit=limit,
            cursor=cursor,
            everything=everything,
        )
        proposals = memory.proposals.count()
    if answer is Format.JSON:
        fields = asdict(page)
        notice = fields.pop("notice")  # there is rarely one
        rare = {"notice": notice, "proposals": proposals}
        show_json({**fields, **{name: value for name, value in rare.items() if value}})
        return
    for entry in page.commits:
        _show(entry)
    if not page.commits:
        say("no commits match")
    if page.notice is not None:
        say(f"note: {page.notice}")
    if proposals:
        say(f"{counted(proposals, 'proposal')} to decide on; see `pack proposals`")
    if page.next_cursor is not None:
        say(f"for more, use --limit {limit * 4} or --cursor {page.next_cursor}")


def _show_events(
    path: str | None,
    limit: int,
    cursor: str | None,
    answer: Format,
    opening: AbstractContextManager[Memory],
) -> None:
    with opening as memory:
        page = memory.events.page(path, limit=limit, cursor=cursor)
        met = _of_mesh(memory)[:limit] if path is None and cursor is None else ()
    if answer is Format.JSON:
        fields = {"events": [asdict(event) for event in page.events]}
        fields |= {"mesh": [asdict(event) for event in met]} if met else {}
        more = {"next_cursor": page.next_cursor} if page.next_cursor else {}
        show_json({**fields, **more})
        return
    for event in page.events:
        head = (event.commit[:_SHORT_ID], "bold"), ("  ", ""), (when(event.time, clock()), "")
        _line(*head, ("  ", ""), (f"{event.kind:<9}", "yellow"), ("  ", ""), (event.path, ""))
        if event.kept or event.discarded:
            kept, gone = event.kept or "nothing", event.discarded or "nothing"
            _line((f"    kept {kept}, not {gone}", ""))
    for one in met:
        head = (f"{'mesh':<{_SHORT_ID}}", "bold"), ("  ", ""), (when(one.at, clock()), "")
        _line(*head, ("  ", ""), (f"{one.kind:<9}", "yellow"), ("  ", ""), (one.name, ""))
        if one.detail:
            _line((f"    {one.detail}", ""))
    if not page.events and not met:
        say("no events")
    if page.next_cursor is not None:
        say(f"for more, use --limit {limit * 4} or --cursor {page.next_cursor}")


def _of_mesh(memory: Memory) -> Sequence[MeshEvent]:
    """What happened among the peers of a memory, where it has any."""
    if not is_peer(memory.connector):
        return ()
    # Here, as few memories have peers.
    from pack_servers.wiring.mesh import mesh_events  # noqa: PLC0415

    return mesh_events(memory)


def _show(entry: CommitEntry) -> None:
    head = (entry.commit[:_SHORT_ID], "bold"), ("  ", ""), (when(entry.time, clock()), "")
    _line(*head, ("  ", ""), (name_of(entry), "bold cyan"))
    paths = {file.path for file in entry.files}
    for line in entry.message.splitlines():
        if line and line not in paths:  # PACK's own messages name the files, which come below
            _line((f"  {line}", ""))
    for file in entry.files[:_SHOWN_FILES]:
        _line(*_file(file))
    if len(entry.files) > _SHOWN_FILES:
        _line((f"    … and {len(entry.files) - _SHOWN_FILES:,} more files", ""))
    _line(("", ""))


def _file(file: TouchedFile) -> tuple[_Part, ...]:
    path = f"{file.old_path} → {file.path}" if file.old_path else file.path
    parts = (("    ", ""), (f"{file.change:<8}", _STYLES[file.change]), (path, ""))
    if file.added is None or file.removed is None:
        return parts
    return (*parts, ("  ", ""), (f"+{file.added}", "green"), (" ", ""), (f"-{file.removed}", "red"))


def _line(*parts: _Part) -> None:
    if not is_terminal():
        show("".join(text for text, _ in parts))
        return
    # Imported here: only a person at a terminal waits for rich.
    from pack_servers.cli.shell.terminal import show_line, styled  # noqa: PLC0415

    show_line(*(styled(text, style) for text, style in parts))
