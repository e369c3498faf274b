"""`pack import`: what other tools remember of you, brought into the memory."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from pack_templates import starter_files

from pack.imports.records import (
    ATTACHMENTS_NOT_ASKED_FOR,
    NOT_ASKED_FOR,
    ImportKind,
    ReadProgress,
    RecordClass,
)
from pack.use_cases.imports.importing import Tell
from pack.use_cases.imports.results import Imported
from pack_servers.cli.shell.opening import opened
from pack_servers.cli.shell.options import (
    AsOption,
    DryRunOption,
    Format,
    FormatOption,
    GithubOption,
    LocalOption,
    YesOption,
)
from pack_servers.cli.shell.output import counted, show, show_json
from pack_servers.cli.shell.streams import can_ask, confirm, say
from pack_servers.wiring.portable.imports import opened_export

EXAMPLES: Final = """\
  pack import ~/Downloads/chatgpt-export.zip --dry-run    see what would come
  pack import ~/Downloads/chatgpt-export.zip              what ChatGPT remembers
  pack import ~/Downloads/claude.zip --transcripts        conversations, too
  pack import ~/notes --from obsidian --with-attachments"""

_SHOWN: Final = 20


def run(
    source: Annotated[
        Path, typer.Argument(metavar="SOURCE", help="A zip, a folder or a file that a tool made.")
    ],
    kind: Annotated[
        ImportKind | None,
        typer.Option(
            "--from",
            metavar="KIND",
            help=f"What made it, if PACK cannot tell: {', '.join(ImportKind)}.",
            show_default=False,
        ),
    ] = None,
    transcripts: Annotated[
        bool,
        typer.Option("--transcripts", help="Take whole conversations, too, into archive/."),
    ] = False,
    with_attachments: Annotated[
        bool,
        typer.Option("--with-attachments", help="Copy files of other types in a vault as well."),
    ] = False,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    answer: FormatOption = Format.TEXT,
    *,
    local: LocalOption = None,
    github: GithubOption = None,
    writer: AsOption = None,
) -> None:
    """Bring in what another tool remembers of you; do it again for what is new."""

    def agree(planned: Imported) -> None:
        if can_ask() and not yes:
            _show(planned, dry_run=True)
            files = counted(planned.written, _things(planned))
            confirm(f"Write {files}?", f"importing {files}", yes=yes)

    with (
        opened(local, github, writer=writer) as memory,
        opened_export(source, kind, with_attachments=with_attachments) as reader,
        _progress() as tell,
    ):
        done = memory.importing.take(
            reader,
            transcripts=transcripts,
            dry_run=dry_run,
            agree=agree,
            tell=tell,
            starters=starter_files(),
            place=str(source.expanduser().resolve()),
        )
    if answer is Format.JSON:
        show_json(_fields(done))
    else:
        _show(done, dry_run=dry_run)


def _fields(done: Imported) -> dict[str, Any]:
    return {
        "kind": str(done.kind),
        "found": done.found,
        "written": done.written,
        "unchanged": done.unchanged,
        "skipped": [{"what": one.what, "why": one.why, "count": one.count} for one in done.skipped],
        "secrets": done.secrets,
        "commit": done.commit,
    }


def _show(done: Imported, *, dry_run: bool) -> None:
    # Imported here: rich is slow to import, and a program needs no table.
    from pack_servers.cli.shell.terminal import show_table, styled  # noqa: PLC0415

    taken = "would take" if dry_run else "taken"
    found = ", ".join(_amount(what, count) for what, count in done.found.items()) or "nothing"
    show(f"{done.kind}: {found}")
    things = _things(done)
    rows = [(f"{things}s", taken, done.written), (f"{things}s", "here already", done.unchanged)]
    rows += [(one.what, one.why, one.count) for one in done.skipped[:_SHOWN]]
    shown = [
        (styled(what), styled(f"{count:,}"), styled(why)) for what, why, count in rows if count
    ]
    if shown:
        show_table(("what", "count", "what becomes of it"), shown)
    if len(done.skipped) > _SHOWN:
        show(f"and {len(done.skipped) - _SHOWN:,} more that were left out: see --format json")
    if done.secrets:
        verb = "would bring" if dry_run else "brought"
        say(f"warning: this {verb} what looks like {counted(done.secrets, 'secret')}")
    if any(one.why == NOT_ASKED_FOR for one in done.skipped):
        say("--transcripts takes conversations, too; they go into archive/")
    if any(one.why == ATTACHMENTS_NOT_ASKED_FOR for one in done.skipped):
        say("--with-attachments takes files of other types, too")
    if dry_run:
        say(f"dry run: one commit with {counted(done.written, things)}; nothing was changed")
    elif done.commit is not None:
        show(f"  commit  {done.commit}")
    elif not done.written:
        say("nothing is new")


def _amount(what: str, count: int) -> str:
    one = "memory" if what == RecordClass.MEMORY else what.removesuffix("s")
    return f"{count:,} {one if count == 1 else what}"


def _things(done: Imported) -> str:
    """What an import is counted in."""
    return "file" if RecordClass.ATTACHMENT in done.found else "note"


@contextmanager
def _progress() -> Iterator[Tell]:
    """Shows on a terminal how far the reader is; the line is removed afterwards."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    # Imported here: rich is slow to import, and only a person should wait for it.
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn  # noqa: PLC0415

    columns = (TextColumn("reading"), BarColumn(), DownloadColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("reading", total=None)

        def tell(at: ReadProgress) -> None:
            bar.update(task, completed=at.done, total=at.total)

        yield tell
