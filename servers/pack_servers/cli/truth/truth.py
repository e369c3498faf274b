"""`pack truth`."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Final

import typer

from pack.actions import Action
from pack.errors import InvalidRequest
from pack.truth.assigning import AssignPlan
from pack_servers.cli.shell.opening import opened
from pack_servers.cli.shell.options import (
    DryRunOption,
    Format,
    FormatOption,
    GithubOption,
    LocalOption,
    YesOption,
)
from pack_servers.cli.shell.output import counted, show, show_json
from pack_servers.cli.shell.streams import confirm
from pack_servers.cli.truth.person import for_the_person

EXAMPLES: Final = """\
  pack truth assign ..2026-01-31 5           all until then is by an AI in the cloud
  pack truth assign 1a2b3c4 unattributed     nobody knows who wrote this commit
  pack truth assign 1a2b3c4..5d6e7f8 1       what these brought is yours
  pack truth assign .. --clear               go back to what the commits say"""

_NOBODYS: Final = "unattributed"


class _TruthAction(StrEnum):
    ASSIGN = "assign"


def run(
    action: Annotated[
        _TruthAction,
        typer.Argument(metavar="assign", help="Say how far commits are trusted."),
    ],
    commits: Annotated[
        str,
        typer.Argument(
            metavar="RANGE",
            help="A commit; A..B, what follows A up to B; or ..2026-01-31, all until then.",
            show_default=False,
        ),
    ],
    level: Annotated[
        str | None,
        typer.Argument(
            metavar="[LEVEL]",
            help="1 (you) to 5 (an AI in the cloud), or unattributed.",
            show_default=False,
        ),
    ] = None,
    clear: Annotated[
        bool, typer.Option("--clear", help="Take back what you have said about these commits.")
    ] = False,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    *,
    answer: FormatOption = Format.TEXT,
    local: LocalOption = None,
    github: GithubOption = None,
) -> None:
    """Say how far past commits are trusted; no commit changes."""
    if clear == (level is not None):
        raise InvalidRequest("give the level that the commits get, or --clear")
    what = "--clear" if level is None else level
    command = ("pack", "truth", action.value, commits, what)
    with (
        opened(local, github) as memory,
        for_the_person(memory, Action.ASSIGN_LEVELS, *command) as via,
    ):
        assigning = memory.assigning
        if level is None:
            plan = assigning.plan_clearing(commits)
        else:
            plan = assigning.plan(commits, _number(level), via)
        if answer is Format.TEXT:
            _show(plan, what)
        if plan.changed and not dry_run:
            question = f"Give {counted(plan.changed, 'commit')} {_said(what)}?"
            confirm(question, "assigning levels", yes=yes)
            assigning.carry_out(plan)
            if answer is Format.TEXT:
                show("done; `--clear` takes it back")
    if answer is Format.JSON:
        show_json(_fields(plan, level, is_done=not dry_run))


def _number(level: str) -> int | None:
    """The level that a person types; `None` for `unattributed`."""
    if level.strip().lower() == _NOBODYS:
        return None
    if not (level.isascii() and level.isdecimal()):
        raise InvalidRequest(f"{level[:20]!r} is no level; give 1 to 5, or {_NOBODYS}")
    return int(level[:9])


def _show(plan: AssignPlan, what: str) -> None:
    if not plan.changed:
        show(f"nothing to change in {counted(plan.found, 'commit')}")
        return
    show(
        f"{plan.changed:,} of {counted(plan.found, 'commit')} would get {_said(what)}; now they are"
    )
    for one in plan.writers:
        show(f"  {one.commits:>7,}  {one.origin} (level {one.level})")


def _said(what: str) -> str:
    if what == "--clear":
        return "their own level back"
    return what if what == _NOBODYS else f"level {what}"


def _fields(plan: AssignPlan, level: str | None, *, is_done: bool) -> dict[str, object]:
    number = _number(level) if level is not None else None
    return {
        "level": _NOBODYS if level is not None and number is None else number,
        "commits": plan.found,
        "changed": plan.changed,
        "writers": [
            {"origin": one.origin, "level": one.level, "commits": one.commits}
            for one in plan.writers
        ],
        "done": is_done,
    }
