"""`pack init`: create a memory."""

from __future__ import annotations

import shlex
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import typer

from pack.errors import NotFound
from pack.model import Mode
from pack.use_cases.lifecycle import Initialised
from pack_servers.cli.shell.options import (
    DryRunOption,
    Format,
    FormatOption,
    GithubOption,
    LocalOption,
    YesOption,
)
from pack_servers.cli.shell.output import (
    counted,
    show,
    show_changes,
    show_json,
    warn,
    written_fields,
)
from pack_servers.cli.shell.streams import confirm, say, working
from pack_servers.config.place import GithubPlace, Place, choose_place
from pack_servers.config.settings import Settings, load_settings
from pack_servers.wiring import memory as wiring
from pack_servers.wiring.clock import clock
from pack_servers.wiring.notes_folder import read_notes

EXAMPLES: Final = """\
  pack init                              a new memory in ~/.pack/memory
  pack init --local notes --from vault   copy a folder of notes into a memory
  pack init --clone https://example.com/me/memory.git
  pack init --github me/memory           a private repository, without a clone"""

_SHOWN: Final = 20


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What was asked for, and the result."""

    place: Place
    named: Sequence[str]
    done: Initialised
    left_out: Sequence[tuple[str, str]]
    dry_run: bool


def run(
    url: Annotated[
        str | None,
        typer.Argument(
            metavar="[URL]", help="A git repository to clone first.", show_default=False
        ),
    ] = None,
    notes: Annotated[
        Path | None,
        typer.Option(
            "--from", metavar="DIR", help="Copy the markdown files of a folder into the memory."
        ),
    ] = None,
    clone: Annotated[
        str | None,
        typer.Option("--clone", metavar="URL", help="The same as URL."),
    ] = None,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    *,
    answer: FormatOption = Format.TEXT,
    local: LocalOption = None,
    github: GithubOption = None,
) -> None:
    """Create a memory, or turn a folder or a repository into one."""
    if url is not None and clone is not None:
        raise typer.TyperException("--clone: the repository to clone is given twice")
    settings = load_settings()
    place = choose_place(settings, local, github)
    source = url or clone
    if isinstance(place, GithubPlace):
        if source is not None:
            raise typer.TyperException("--github: a memory on GitHub is used without a clone")
        _check_repository(settings, place, dry_run=dry_run, yes=yes)
    with working("reading what is there"):
        done, left_out = _init(settings, place, source, notes, dry_run=dry_run)
    named = ["--local", str(local)] if local else ["--github", github] if github else []
    outcome = _Outcome(place, named, done, left_out, dry_run)
    if answer is Format.JSON:
        show_json(_fields(outcome))
    else:
        _show(outcome)


def _check_repository(settings: Settings, place: GithubPlace, *, dry_run: bool, yes: bool) -> None:
    """Make sure the repository exists; use a public one only if the person agrees."""
    from pack_servers.wiring.github import create_repository, find_repository  # noqa: PLC0415

    found = find_repository(settings, place, clock, say)
    if found is None and dry_run:
        raise NotFound(f"the repository {place.full_name}", "Leave out --dry-run to create it.")
    if found is None:
        create_repository(settings, place, clock, say)
        say(f"created the private repository {place.full_name}")
    elif not found.is_private and not dry_run:
        say(f"WARNING: {place.full_name} is PUBLIC: anyone can read what you store in it.")
        confirm("Use it anyway?", f"a memory that anyone can read ({place})", yes=yes)


def _init(
    settings: Settings, place: Place, url: str | None, source: Path | None, *, dry_run: bool
) -> tuple[Initialised, Sequence[tuple[str, str]]]:
    notes = read_notes(source) if source is not None else None
    files, left_out = (notes.files, notes.left_out) if notes else (None, ())
    if isinstance(place, GithubPlace):
        done = wiring.init_there(settings, place, notes=files, dry_run=dry_run)
    elif url is None:
        done = wiring.init_memory(settings, place.folder, notes=files, dry_run=dry_run)
    elif dry_run:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary:
            copy = Path(temporary, "memory")
            wiring.clone_memory(url, copy)
            done = wiring.init_memory(settings, copy, notes=files, dry_run=True)
    else:
        wiring.clone_memory(url, place.folder)
        done = wiring.init_memory(settings, place.folder, notes=files)
    return done, left_out


def _fields(outcome: _Outcome) -> dict[str, object]:
    done = outcome.done
    skipped = [*done.skipped, *outcome.left_out]
    return {
        "folder": str(outcome.place),
        "mode": "v1" if done.mode is Mode.V1 else "v2",
        "was": done.mode,
        "adopted": done.adopted,
        "taken_over": done.taken_over,
        "renamed": [{"from": old, "to": new} for old, new in done.renamed],
        "skipped": [{"path": path, "reason": reason} for path, reason in skipped],
        "outside": done.outside,
        **(written_fields(done.written) if done.written else {"commit": None}),
    }


def _show(outcome: _Outcome) -> None:
    done = outcome.done
    if done.mode is Mode.V1:
        show(f"{outcome.place} holds a v1 memory; nothing was changed")
        say(f"  → {_command(outcome, 'migrate', '--dry-run')}   see how it would be split")
        say(f"  → {_command(outcome, 'migrate')}   split it; the original is kept")
        return
    _show_files(outcome)
    if outcome.dry_run and done.written is not None:
        show_changes(done.written.changes)
    elif done.written is None:
        show(f"{outcome.place} is already a memory; nothing was changed")
    else:
        warn(done.written.warnings)
        show(
            f"{'created' if done.mode is Mode.EMPTY else 'added to'} the memory in {outcome.place}"
        )
        show(f"  commit  {done.written.commit}")
        say(f"  → {_command(outcome, 'list')}   see what is in it")
        say(f"  → {_command(outcome, 'serve', '--http')}   serve it to MCP clients")


def _command(outcome: _Outcome, *words: str) -> str:
    """A command for this memory, to copy."""
    return shlex.join(["pack", *words, *outcome.named])


def _show_files(outcome: _Outcome) -> None:
    done = outcome.done
    if done.adopted:
        show(
            f"{counted(len(done.adopted), 'file')} already there, now part of the memory, unchanged"
        )
    if done.taken_over:
        show(f"{counted(len(done.taken_over), 'note')} copied, unchanged")
    _show_some("renamed", [f"{old} → {new}" for old, new in done.renamed])
    skipped = [*done.skipped, *outcome.left_out]
    _show_some("skipped", [f"{path}: {reason}" for path, reason in skipped])
    outside = [f"{path}: memory files are in folders" for path in done.outside]
    _show_some("left as it is", outside)


def _show_some(word: str, lines: Sequence[str]) -> None:
    for line in lines[:_SHOWN]:
        show(f"{word}: {line}")
    if len(lines) > _SHOWN:
        show(f"{word}: {len(lines) - _SHOWN} more (--format json lists all)")
