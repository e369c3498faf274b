"""`pack export`."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Final

import typer

from pack.exports.exports import ExportTally
from pack.exports.values import ExportedPiece, ExportKind
from pack_servers.cli.shell.opening import opened
from pack_servers.cli.shell.options import (
    AsOfOption,
    DirOption,
    Format,
    FormatOption,
    GithubOption,
    LocalOption,
    TagOption,
    YesOption,
)
from pack_servers.cli.shell.output import counted, past_fields, say_past, show_json, warn
from pack_servers.cli.shell.streams import confirm, say, working, write_bytes
from pack_servers.wiring.portable.export_files import WrittenExport, is_taken, write_export

EXAMPLES: Final = """\
  pack export --to zip --output memory.zip       everything, as it is
  pack export --to markdown --output -           one text, on stdout
  pack export --to agents --output AGENTS.md --dir projects/website
  pack export --to mem0 --output memories.jsonl"""

_STDOUT: Final = Path("-")
_SHOWN: Final = 5
_AGENTS_READ: Final = 32 * 1024
"""What Codex reads of all such files together, unless it is told otherwise."""


def run(
    kind: Annotated[
        ExportKind,
        typer.Option(
            "--to",
            metavar="KIND",
            help=f"{', '.join(ExportKind)}.",
        ),
    ],
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            metavar="PATH",
            help="The file, or the folder for claude-memory; - is stdout, for one text.",
        ),
    ],
    folder: DirOption = None,
    tag: TagOption = None,
    as_of: AsOfOption = None,
    yes: YesOption = False,
    answer: FormatOption = Format.TEXT,
    *,
    local: LocalOption = None,
    github: GithubOption = None,
) -> None:
    """Write the memory in a form that other tools take."""
    is_stdout = output == _STDOUT
    if is_stdout and not kind.is_one_text:
        raise typer.TyperException(f"--output: {kind} is not one text; name a file or a folder")
    if is_stdout and answer is Format.JSON:
        raise typer.TyperException("--output: stdout has room for one answer; name a file")
    if not is_stdout and is_taken(kind, output):
        confirm(f"Replace what is in {output}?", f"replacing {output}", yes=yes)
    tally = ExportTally()
    with opened(local, github) as present:
        memory = present.as_of(as_of)
        pieces = memory.exports.pieces(kind, tally, folder=folder, tag=tag)
        if is_stdout:
            size = _print(pieces)
            say_past(memory.past)
            warn(_warnings(kind, size, tally))
            return
        with working("exporting"):
            written = write_export(kind, pieces, output)
    if answer is Format.JSON:
        show_json(_fields(kind, output, written, tally) | past_fields(memory.past))
    else:
        say_past(memory.past)
        warn(_warnings(kind, written.size, tally))
        notes = counted(tally.notes, "note")
        others = f" and {counted(tally.attachments, 'other file')}" if tally.attachments else ""
        say(f"exported {notes}{others} to {output} ({written.size:,} bytes)")


def _print(pieces: Iterable[ExportedPiece]) -> int:
    size = 0
    for piece in pieces:
        write_bytes(piece.content)
        size += len(piece.content)
    return size


def _fields(
    kind: ExportKind, output: Path, written: WrittenExport, tally: ExportTally
) -> dict[str, object]:
    return {
        "kind": kind,
        "output": str(output),
        "notes": tally.notes,
        "attachments": tally.attachments,
        "files": written.files,
        "bytes": written.size,
        "secrets": sum(tally.secrets.values()),
        "skipped": [
            {"what": one.path, "why": one.why, "count": one.count} for one in tally.skipped
        ],
        "warnings": _warnings(kind, written.size, tally),
    }


def _warnings(kind: ExportKind, size: int, tally: ExportTally) -> tuple[str, ...]:
    """What a person should know before the export goes anywhere."""
    found: list[str] = []
    if tally.secrets:
        much = counted(sum(tally.secrets.values()), "place")
        found.append(f"what looks like a key or a password is in {much}: {_named(tally.secrets)}")
    if tally.unshared:
        notes = counted(len(tally.unshared), "note")
        found.append(f"{notes} that `sync: false` keeps from copies: {_named(tally.unshared)}")
    if kind is ExportKind.AGENTS and size > _AGENTS_READ:
        found.append(
            f"the block has {size:,} bytes, and some agents read no more than {_AGENTS_READ:,} of "
            "such a file: --dir or --tag chooses notes"
        )
    found += [f"left out: {one.path}: {one.why}" for one in tally.skipped[:_SHOWN]]
    if len(tally.skipped) > _SHOWN:
        found.append(f"left out: {len(tally.skipped) - _SHOWN} more")
    return tuple(found)


def _named(paths: Iterable[str]) -> str:
    every = list(paths)
    more = f" and {len(every) - _SHOWN} more" if len(every) > _SHOWN else ""
    return ", ".join(every[:_SHOWN]) + more
