"""`pack doctor`: what is configured, reachable and writable, and how to fix the rest."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Final

import typer

from pack.actions import Action
from pack.errors import PackError
from pack_servers.cli.care import checks
from pack_servers.cli.shell.options import Format, FormatOption, GithubOption, LocalOption
from pack_servers.cli.shell.output import counted, show, show_json
from pack_servers.cli.shell.wording import worded
from pack_servers.wiring.checks import Check, State

EXAMPLES: Final = """\
  pack doctor
  pack doctor --local notes
  pack doctor --github me/memory
  pack doctor --format json"""

_HERE: Final = rf"{re.escape(Action.DIAGNOSE)}( to [^.;]*)?"
_SEE_HERE: Final = re.compile(rf", (or|then) {_HERE}|^{_HERE}(; |\. ?|$)")
"""Advice to run `pack doctor`, after other advice or before it."""
_MARKS: Final = {State.OK: "ok  ", State.NOTE: "note", State.PROBLEM: "FAIL"}
_STYLES: Final = {State.OK: "green", State.NOTE: "yellow", State.PROBLEM: "bold red"}


def run(
    answer: FormatOption = Format.TEXT,
    local: LocalOption = None,
    github: GithubOption = None,
) -> None:
    """Check settings, git and the memory, and say what to do."""
    found = [_without_itself(check) for check in _examine(local, github)]
    if answer is Format.JSON:
        show_json({"ok": is_fine(found), "checks": [asdict(check) for check in found]})
    else:
        show_checks(found)
    if not is_fine(found):
        raise typer.Exit(1)


def is_fine(found: list[Check]) -> bool:
    """Whether nothing that was found is a problem."""
    return not any(check.state is State.PROBLEM for check in found)


def show_checks(found: list[Check]) -> None:
    """Print what was found, and what it comes to."""
    _show(found)
    show(f"\n{_summary(found)}")


def _examine(local: Path | None, github: str | None) -> Iterator[Check]:
    yield from checks.of_program()
    yield from _guarded("settings", checks.of_settings)
    yield from _guarded("extras", checks.of_extras)
    yield from _guarded("memory", lambda: checks.of_memory(local, github))
    yield from _guarded("http", checks.of_http)


def _summary(found: list[Check]) -> str:
    states = [check.state for check in found]
    problems, notes = states.count(State.PROBLEM), states.count(State.NOTE)
    if problems:
        return counted(problems, "problem")
    return f"no problem, {counted(notes, 'note')}" if notes else "everything is fine"


def _guarded(name: str, examine: Callable[[], Iterator[Check]]) -> Iterator[Check]:
    """The checks of one area; if an area cannot be checked, that is a finding too."""
    try:
        yield from examine()
    except PackError as error:
        yield Check(name, State.PROBLEM, str(error), error.remedy)


def _without_itself(check: Check) -> Check:
    """A check whose remedy does not send the reader here, where they are."""
    remedy = _SEE_HERE.sub("", check.remedy).strip()
    return replace(check, remedy=remedy[:1].upper() + remedy[1:])


def _show(found: list[Check]) -> None:
    # Imported here: rich is slow to import, and programs do not need it.
    from pack_servers.cli.shell.terminal import show_line, styled  # noqa: PLC0415

    width = max(len(check.name) for check in found)
    for check in found:
        mark = styled(_MARKS[check.state], _STYLES[check.state])
        show_line(mark, styled(f"  {check.name:<{width}}  {check.found}"))
        if check.remedy:
            show_line(styled(f"      {'':<{width}}  → {worded(check.remedy)}"))
