"""`pack init`: create a memory."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Final

import typer

from pack.imports.left_out import OTHER_TYPE, LeftOut, types_of
from pack.model import Mode
from pack.remote.remote import Exchange
from pack.use_cases.adoption import Adoption, Sized
from pack.use_cases.lifecycle import Initialised
from pack_servers.cli.shell.caller import calling_origin
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
    show_held,
    show_json,
    warn,
    written_fields,
)
from pack_servers.cli.shell.streams import ask, can_ask, confirm, say, working
from pack_servers.config.settings import load_settings
from pack_servers.wiring import memory as wiring
from pack_servers.wiring.place import Beginning, Place
from pack_servers.wiring.places import choose_place
from pack_servers.wiring.portable.notes_folder import read_notes

EXAMPLES: Final = """\
  pack init                              a new memory in ~/.pack/memory
  pack init --local notes --from vault   copy a folder of notes into a memory
  pack init --clone https://example.com/me/memory.git
  pack init --github me/memory           a private repository, without a clone"""

_SHOWN: Final = 20
_TYPES_SHOWN: Final = 8


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What was asked for, and the result."""

    place: Place
    named: Sequence[str]
    done: Initialised
    left_out: Sequence[LeftOut]
    dry_run: bool

    def skipped(self) -> list[LeftOut]:
        """Everything that was not taken over."""
        refused = (LeftOut(path, reason) for path, reason in self.done.skipped)
        return [*refused, *self.left_out]


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
    with_attachments: Annotated[
        bool,
        typer.Option("--with-attachments", help="With --from: copy files of other types as well."),
    ] = False,
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
        taken = read_notes(notes, with_attachments=with_attachments) if notes else None
    with prepared as there:
        done = wiring.init_memory(
            settings,
            there,
            notes=taken,
            agree=partial(_agree, place, agree),
            ask_root=None if yes or not can_ask() else _ask_root,
            dry_run=dry_run,
            origin=calling_origin(settings),
        )
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
    what = f"making {_amount(adoption)} memory ({_folders(adoption)})"
    if adoption.replaces_index:
        say("index.md is yours. PACK would put its own in its place, and keep yours in legacy/.")
        what = "replacing your index.md"
    if adoption.files:
        files = counted(adoption.files, "file")
        say(f"{place} holds {files} that would be memory, {adoption.size:,} bytes:")
        say(f"  {_folders(adoption)}")
    if adoption.outside:
        more = len(adoption.outside) - _SHOWN
        named = ", ".join(adoption.outside[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
        say(f"Staying outside: {named}")
    agree("Go on?", what)


def _ask_root(notes: Sequence[Sized]) -> bool:
    """Show the notes at the root, and ask whether they are memory."""
    more = len(notes) - _SHOWN
    named = [path for path, _ in notes[:_SHOWN]] + ([f"{more} more"] if more > 0 else [])
    size = sum(size for _, size in notes)
    say(f"{counted(len(notes), 'note')} at the root, {size:,} bytes: {', '.join(named)}")
    return ask("Are notes at the root memory?")


def _amount(adoption: Adoption) -> str:
    return f"{counted(adoption.files, 'file')}, {adoption.size:,} bytes,"


def _folders(adoption: Adoption) -> str:
    """The folders with their counts, in words."""
    named = [f"{one.name or 'the root'} {one.files:,}" for one in adoption.folders[:_SHOWN]]
    rest = len(adoption.folders) - _SHOWN
    return ", ".join(named) + (f" and {counted(rest, 'more folder')}" if rest > 0 else "")


def _fields(outcome: _Outcome) -> dict[str, object]:
    done = outcome.done
    skipped = outcome.skipped()
    return {
        "folder": str(outcome.place),
        "mode": "v1" if done.mode is Mode.V1 else "v2",
        "was": done.mode,
        "received": _received_fields(done.received),
        "adopted": done.adopted,
        "joining": {
            "files": done.joining.files,
            "bytes": done.joining.size,
            "folders": [
                {"folder": one.name, "files": one.files, "bytes": one.size}
                for one in done.joining.folders
            ],
        },
        "taken_over": done.taken_over,
        "attachments": done.attachments,
        "renamed": [{"from": old, "to": new} for old, new in done.renamed],
        "skipped": _left_out_fields(skipped),
        "other_types": types_of([*skipped, *done.left]),
        "outside": done.outside,
        "left": _left_out_fields(one for one in done.left if one.reason != OTHER_TYPE),
        **(written_fields(done.written) if done.written else {"commit": None}),
    }


def _received_fields(received: Exchange | None) -> dict[str, object] | None:
    if received is None or received.branch is None:
        return None
    return {"from": received.branch.label, "commits": received.received}


def _left_out_fields(left_out: Iterable[LeftOut]) -> list[dict[str, object]]:
    return [{"path": one.path, "reason": one.reason, "files": one.files} for one in left_out]


def _show(outcome: _Outcome) -> None:
    done = outcome.done
    what = "nothing was changed"
    if done.received is not None and done.received.branch is not None:
        commits = counted(done.received.received, "commit")
        what = f"{commits} taken in from {done.received.branch.label}"
    if done.mode is Mode.V1:
        show(f"{outcome.place} holds a v1 memory; {what}")
        say(f"  → {_command(outcome, 'migrate', '--dry-run')}   see how it would be split")
        say(f"  → {_command(outcome, 'migrate')}   split it; the original is kept")
        return
    _show_files(outcome)
    if outcome.dry_run and done.written is not None:
        show_changes(done.written.changes)
    elif done.written is None:
        is_copy = done.received is not None
        show(f"{outcome.place} is {'now' if is_copy else 'already'} a memory; {what}")
        _show_next(outcome)
    elif done.written.commit is None:
        show(f"{outcome.place} is already a memory; {what}")
        show_held(done.written)
    else:
        warn(done.written.warnings)
        show(
            f"{'created' if done.mode is Mode.EMPTY else 'added to'} the memory in {outcome.place}"
        )
        show(f"  commit  {done.written.commit}")
        show_held(done.written)
        _show_next(outcome)


def _show_next(outcome: _Outcome) -> None:
    say(f"  → {_command(outcome, 'list')}   see what is in it")
    say(f"  → {_command(outcome, 'serve', '--http')}   serve it to MCP clients")


def _command(outcome: _Outcome, *words: str) -> str:
    """A command for this memory, to copy."""
    return shlex.join(["pack", *words, *outcome.named])


def _show_files(outcome: _Outcome) -> None:
    done = outcome.done
    if done.joining.files:
        files, size = counted(done.joining.files, "file"), f"{done.joining.size:,} bytes"
        show(f"{files} already there, now part of the memory, unchanged ({size})")
    if done.taken_over:
        show(f"{counted(len(done.taken_over), 'note')} copied, unchanged")
    if done.attachments:
        show(f"{counted(len(done.attachments), 'attachment')} copied, unchanged")
    _show_some("renamed", [f"{old} → {new}" for old, new in done.renamed])
    skipped = outcome.skipped()
    _show_left_out("skipped", skipped)
    if types_of(skipped):
        say("  → pack init --from DIR --with-attachments   copy the files of other types too")
    words = dict.fromkeys(done.outside, "it is for git or for other tools")
    words |= dict.fromkeys(done.root_notes, "notes at the root are no memory here")
    _show_some("left as it is", [f"{path}: {why}" for path, why in words.items()])
    if done.root_notes and not (done.written and done.written.proposal):
        again = f"PACK_ROOT_NOTES=true {_command(outcome, 'init')}"
        say(f"  → {again}   make the notes at the root memory too")
    _show_left_out("left as it is", done.left)


def _show_left_out(word: str, left_out: Sequence[LeftOut]) -> None:
    """A line for each thing, and one for all files of other types together."""
    others = types_of(left_out)
    if others:
        kinds = [f"{number} {kind}" for kind, number in others.items()]
        more = ", …" if len(kinds) > _TYPES_SHOWN else ""
        files = counted(sum(others.values()), "file")
        show(f"{word}: {files} of other types ({', '.join(kinds[:_TYPES_SHOWN])}{more})")
    rest = [one for one in left_out if one.reason != OTHER_TYPE]
    _show_some(word, [f"{_place_of(one)}: {one.reason}" for one in rest])


def _place_of(one: LeftOut) -> str:
    return f"{one.path}/ ({counted(one.files, 'file')})" if one.is_folder else one.path


def _show_some(word: str, lines: Sequence[str]) -> None:
    for line in lines[:_SHOWN]:
        show(f"{word}: {line}")
    if len(lines) > _SHOWN:
        show(f"{word}: {len(lines) - _SHOWN} more (--format json lists all)")
