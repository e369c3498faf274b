"""How an undo, a redo and a restore are shown and asked about."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from pack.errors import UndoConflict
from pack.history.undoing.undone import Undone, UndoneCommit
from pack.model import ConflictingTexts
from pack.provenance import Source
from pack.results import PlannedChange
from pack.times import format_time
from pack_servers.cli.shell.options import Format
from pack_servers.cli.shell.output import (
    counted,
    difference,
    held_fields,
    kind_of,
    show,
    show_held,
    show_json,
    warn,
)
from pack_servers.cli.shell.streams import confirm, printable, say

_SHOWN: Final = 10
_ID: Final = 12


def agree(plan: Sequence[UndoneCommit], verb: str, *, yes: bool) -> None:
    """Ask before more than one commit, or what somebody else wrote, is undone.

    Args:
        plan: What would be undone.
        verb: `undo` or `redo`.
        yes: Whether the answer is known.

    Raises:
        ConfirmationNeeded: Nobody can be asked.
        Exit: The answer was anything but yes.
    """
    is_own = all(one.origin.startswith(f"{Source.USER}:") for one in plan)
    if len(plan) == 1 and is_own:
        return
    what = counted(len(plan), "commit")
    if not yes:
        for one in plan:
            _show_commit(one)
    whose = "" if is_own else ", not all yours" if len(plan) > 1 else f" of {plan[0].origin}"
    confirm(f"{verb.capitalize()} {what}{whose}?", f"{verb}ing {what}{whose}", yes=yes)


def show_undone(done: Undone, verb: str, answer: Format, *, dry_run: bool) -> None:
    """Show what was undone, or, for a dry run, what would be."""
    if answer is Format.JSON:
        show_json(_fields(done, dry_run=dry_run))
        return
    warn(done.warnings)
    for one in done.undone:
        if dry_run:
            _show_commit(one)
            for change in one.changes:
                print(printable(difference(change)), end="")
        else:
            show(f"{verb} {one.commit[:_ID]}  {_first_line(one)}\n  commit  {one.by}")
    if done.held is not None:
        show_held(done.held)
    if dry_run:
        say(f"dry run: {counted(len(done.undone), 'commit')}; nothing was changed")


@contextmanager
def conflicts_shown(answer: Format) -> Iterator[None]:
    """Show both texts of a conflict before the command ends with it."""
    try:
        yield
    except UndoConflict as error:
        if answer is Format.JSON:
            found = [_conflict(each) for each in error.conflicts]
            show_json({"undone": [], "conflicts": found, "commit": None, "message": str(error)})
        else:
            for each in error.conflicts:
                show(f"conflict in {each.path}: now, and before {error.commit[:_ID]}")
                print(printable(difference(PlannedChange(each.path, each.ours, each.theirs))))
        raise


def _show_commit(one: UndoneCommit) -> None:
    say(f"{one.commit[:_ID]}  {format_time(one.at)}  {one.origin}  {_first_line(one)}")
    for change in one.changes[:_SHOWN]:
        say(f"  {kind_of(change):<7} {change.path}")
    if len(one.changes) > _SHOWN:
        say(f"  and {len(one.changes) - _SHOWN} more")


def _first_line(one: UndoneCommit) -> str:
    return one.message.partition("\n")[0]


def _fields(done: Undone, *, dry_run: bool) -> dict[str, object]:
    return {
        "undone": [
            {
                "commit": one.commit,
                "by": one.by,
                "origin": one.origin,
                "time": format_time(one.at),
                "message": one.message,
                "files": [
                    {"path": change.path, "change": kind_of(change)} for change in one.changes
                ],
            }
            for one in done.undone
        ],
        "conflicts": [],
        "commit": done.commit,
        "dry_run": dry_run,
        "warnings": done.warnings,
        **({"path": done.held.path, **held_fields(done.held)} if done.held else {}),
    }


def _conflict(each: ConflictingTexts) -> dict[str, object]:
    return {"path": each.path, "ours": _text(each.ours), "theirs": _text(each.theirs)}


def _text(content: bytes | None) -> str | None:
    return None if content is None else content.decode("utf-8", "replace")
