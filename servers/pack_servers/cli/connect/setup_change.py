"""Changing a client's settings for a person: shown, asked, done, told."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from pack.deferred import dataclass
from pack_servers.cli.connect.setup_text import change_fields, show_change, show_difference
from pack_servers.cli.shell.streams import confirm, say
from pack_servers.clients.change import SettingsChange, SettingsChangeKind
from pack_servers.clients.records import Records
from pack_servers.clients.table import Client

NAME: Final = "pack"
"""What clients call the memory unless it is said."""


@dataclass(frozen=True, slots=True)
class AskedSetup:
    """What a command line asks for, whatever is to be set up.

    Attributes:
        name: What the client calls the memory.
        project: The folder of a project; `None` for the user's settings.
        remove: Whether what was done is to be taken back.
        dry_run: Whether nothing is to change.
        yes: Whether the person has agreed.
        as_json: Whether the answer is for a program.
        plugin: Whether it is about the plugin.
    """

    name: str
    project: Path | None
    remove: bool
    dry_run: bool
    yes: bool
    as_json: bool
    plugin: bool = False

    def command(self, client: Client, *more: str) -> str:
        """The command line that is about the same place: that of the client, project and name.

        Args:
            client: The client.
            more: What it is to do there.
        """
        words = ["pack", "setup", client.name, *more]
        if self.plugin:
            return shlex.join([*words, "--plugin"])
        if self.project is not None:
            words += ["--project", str(self.project)]
        if self.name != NAME:
            words += ["--name", self.name]
        return shlex.join(words)


def _nothing_more() -> None:
    """For a change that is only one of the settings."""


def _next_steps(client: Client, asked: AskedSetup) -> Sequence[str]:
    return (
        f"{asked.command(client, '--check')}   try it as {client.title} would",
        f"Restart {client.title}, and tell it: remember that I prefer short answers",
    )


def carry_out(
    client: Client,
    change: SettingsChange,
    records: Records,
    asked: AskedSetup,
    also: Callable[[], None] = _nothing_more,
    next_steps: Sequence[str] | None = None,
) -> dict[str, object]:
    """Ask the person about a change of a client's settings, and make it.

    Args:
        client: The client.
        change: What would change.
        records: Where it is remembered.
        asked: What the command line asks for.
        also: What is to be done once they have agreed, before the settings change.
        next_steps: What they could do then; `None` for what follows a new server,
            or for nothing after a removal.

    Returns:
        What was done, for JSON.

    Raises:
        ConfirmationNeeded: Nobody can be asked.
        Exit: The answer was anything but yes.
        PackError: As `SettingsChange.make`.
    """
    backup = None
    if change.kind is not SettingsChangeKind.UNCHANGED and change.file.is_symlink():
        say(f"{change.file} is a link to {change.found.target}")
    if change.kind is not SettingsChangeKind.UNCHANGED and not asked.dry_run:
        if not asked.yes:
            show_difference(change)
        confirm(f"Change {change.file}?", f"changing {change.file}", yes=asked.yes)
        also()
        backup = change.make(records)
    if not asked.as_json:
        usual = () if asked.remove else _next_steps(client, asked)
        steps = usual if next_steps is None else next_steps
        show_change(client, change, backup, steps, dry_run=asked.dry_run)
    return change_fields(client, change, backup)
