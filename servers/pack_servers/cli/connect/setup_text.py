"""How `pack setup` answers: the change of a file, the clients there are, how a server did."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pack_servers.cli.connect.setup_difference import difference_of, lines_for_a_person
from pack_servers.cli.shell.output import show
from pack_servers.cli.shell.streams import say
from pack_servers.clients.change import SettingsChange, SettingsChangeKind, Spot
from pack_servers.clients.places import FoundClient
from pack_servers.clients.table import Client

if TYPE_CHECKING:
    from pack_servers.clients.trial import Trial

_DONE: Final = {
    SettingsChangeKind.ADDED: "{} is set up in {}",
    SettingsChangeKind.UPDATED: "{} is set up in {}, in place of what was there",
    SettingsChangeKind.UNCHANGED: "{}: nothing to change in {}",
    SettingsChangeKind.REMOVED: "{} is no longer set up in {}",
}


def show_difference(change: SettingsChange) -> None:
    """Show a person what they are asked about."""
    for line in lines_for_a_person(difference_of(change)):
        say(line)


def show_change(
    client: Client,
    change: SettingsChange,
    backup: Path | None,
    next_steps: Sequence[str],
    *,
    dry_run: bool,
) -> None:
    """Show what was done, or what would be."""
    if dry_run and change.kind is not SettingsChangeKind.UNCHANGED:
        for line in lines_for_a_person(difference_of(change)):
            show(line)
        say("dry run: nothing was changed")
        return
    show(_DONE[change.kind].format(client.title, change.file))
    names = ", ".join(each.path[-1] for each in change.spots)
    if change.is_switched_off:
        show(f"  the client has it switched off: switch it on there, or in {change.file}")
    if change.brings_back:
        show(f"  your own entry {names}, which stood there before, is back")
    if change.is_foreign:
        show(f"  the entry {names} is not PACK's, and stays; delete it there if it is to go")
    if backup is not None:
        show(f"  backup  {backup}")
    if change.kind is not SettingsChangeKind.UNCHANGED:
        for step in next_steps:
            say(f"  → {step}")


def change_fields(client: Client, change: SettingsChange, backup: Path | None) -> dict[str, object]:
    """The fields of a change, for JSON."""
    return {
        "client": client.name,
        "file": str(change.file),
        "change": change.kind,
        "diff": difference_of(change),
        "backup": None if backup is None else str(backup),
    }


def trial_fields(client: Client, spot: Spot, trial: Trial) -> dict[str, object]:
    """The fields of a check, for JSON; the file is not changed by it."""
    return {
        "client": client.name,
        "file": str(spot.file),
        "change": SettingsChangeKind.UNCHANGED,
        "diff": "",
        "backup": None,
        "check": {
            "ok": trial.is_fine,
            "reason": trial.reason or None,
            "server": trial.server or None,
            "tools": trial.tools,
        },
    }


def show_trial(client: Client, spot: Spot, trial: Trial, again: str) -> None:
    """Show how a server did.

    Args:
        client: The client.
        spot: Where its settings name the server.
        trial: How it did.
        again: The command that sets it up.
    """
    if trial.is_fine:
        show(f"{client.title} reaches the memory: {trial.server}, {trial.tools} tools")
        return
    show(f"{client.title} does not reach the memory: {trial.reason}")
    if trial.is_switched_off:
        say(f"  → Switch it on in {client.title}, or in {spot.file}.")
    else:
        say(f"  → See what {spot.file} says, or run `{again}` again.")


def show_found(found: Sequence[FoundClient], plugins: Sequence[str]) -> None:
    """Show the clients as a table.

    Args:
        found: All of them.
        plugins: Those that have a plugin of PACK, by name.
    """
    width = max(len(each.client.name) for each in found)
    show(f"{'CLIENT':<{width}}  {'INSTALLED':<9}  {'SET UP':<6}  FILE")
    for each in found:
        is_found = "yes" if each.is_found else "no"
        other = "plugin" if each.client.name in plugins else "no"
        is_set_up = "yes" if each.is_configured else other
        show(f"{each.client.name:<{width}}  {is_found:<9}  {is_set_up:<6}  {each.spot.file}")
    for each in found:
        if each.problem:
            say(f"warning: {each.problem}")
