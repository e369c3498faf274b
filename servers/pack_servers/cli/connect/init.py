"""`pack init`: create a memory."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Final

import typer

from pack.model import Mode
from pack.use_cases.lifecycle import Adoption, Initialised
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
from pack_servers.config.settings import load_settings
from pack_servers.wiring import memory as wiring
from pack_servers.wiring.notes_folder import read_notes
from pack_servers.wiring.place import Beginning, Place
from pack_servers.wiring.places import choose_place

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
    branch: Annotated[
        str | None,
        typer.Option("--branch", metavar="NAME", help="With URL: the branch that is the memory."),
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
    source = url or clone
    # A clone is a memory of its own, wherever it is made.
    place = choose_place(settings, local, github, say if source is None else None)
    if source is not None and place.why_no_clone is not None:
        raise typer.TyperException(f"{place.arguments[0]}: {place.why_no_clone}")
    if branch is not None and source is None:
        raise typer.TyperException("--branch: use it with URL")
    agree = partial(confirm, yes=yes)
    prepared = place.prepare(Beginning(settings, say, agree, source, branch, dry_run))
    with working("reading what is there"):
        taken = read_notes(notes) if notes is not None else None
    files = taken.files if taken else None
    with prepared as there:
        agreed = partial(_agree, place, agree)
        done = wiring.init_memory(settings, there, notes=files, agree=agreed, dry_run=dry_run)
    named = ["--local", str(local)] if local else ["--github", github] if github else []
    outcome = _Outcome(place, named, done, taken.left_out if taken else (), dry_run)
    if answer is Format.JSON:
        show_json(_fields(outcome))
    else:
        _show(outcome)


def _agree(place: Place, agree: Callable[[str, str], None], adoption: Adoption) -> None:
    """Show what is there, and go on only if the person agrees.

    Raises:
        ConfirmationNeeded: Nobody can be asked.
        Exit: The answer was anything but yes.
    """
    folders = ", ".join(f"{folder} {count:,}" for folder, count in adoption.folders[:_SHOWN])
    rest = len(adoption.folders) - _SHOWN
    more = f" and {counted(rest, 'more folder')}" if rest > 0 else ""
    what = f"making {counted(adoption.files, 'file')} memory ({folders}{more})"
    if adoption.replaces_index:
        say("index.md is yours. PACK would put its own in its place, and keep yours in legacy/.")
        what = "replacing your index.md"
    if adoption.files:
        say(f"{place} holds {counted(adoption.files, 'file')} that would be memory:")
        say(f"  {folders}{more}")
    agree("Go on?", what)


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
